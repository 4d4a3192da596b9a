package api

import (
	"slices"
	"strings"
	"testing"

	"switchboard/desk/view"
)

// TestDraftsKeepFiles: the files of a draft stay as long as it does, and only those of its
// author count.
func TestDraftsKeepFiles(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String() + "/drafts/reply"
	var plan, log, theirs view.Upload
	d.upload("ana", "file", "plan.txt", []byte("plan")).want(t, 201).json(t, &plan)
	d.upload("ana", "file", "log.txt", []byte("log")).want(t, 201).json(t, &log)
	d.upload("ben", "file", "theirs.txt", []byte("theirs")).want(t, 201).json(t, &theirs)
	save := func(status int, base string, ids ...string) (saved view.Draft) {
		t.Helper()
		body := map[string]any{"text": "See the plan", "seen": 2, "based_on": base, "attachments": ids}
		if a := d.as("ana", "PUT", at, body).want(t, status); status == 200 {
			a.json(t, &saved)
		}
		return saved
	}
	drafts := func() []view.Draft {
		var page Page[view.Draft]
		d.as("ana", "GET", "/drafts", nil).want(t, 200).json(t, &page)
		return page.Data
	}
	if got := save(200, "none", log.ID.String(), theirs.ID.String(), plan.ID.String()).Attachments; !slices.Equal(got, []view.Upload{log, plan}) {
		t.Errorf("saved with %+v", got)
	}
	if got := drafts(); len(got) != 1 || !slices.Equal(got[0].Attachments, []view.Upload{log, plan}) {
		t.Errorf("stored with %+v", got)
	}
	save(422, "none", "up_1")
	save(409, "none", plan.ID.String()) // the same text with other files is another version

	d.exec(`update uploads set created_at = now() - interval '3 days'`)
	if _, err := d.st.SweepUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d.as("ben", "GET", "/uploads/"+theirs.ID.String(), nil).want(t, 404); len(drafts()[0].Attachments) != 2 {
		t.Errorf("swept: %+v", drafts())
	}
	d.as("ana", "DELETE", "/uploads/"+log.ID.String(), nil).want(t, 204)
	if got := drafts(); len(got[0].Attachments) != 1 || got[0].Attachments[0].ID != plan.ID {
		t.Errorf("after one was removed: %+v", got)
	}
	d.as("ana", "DELETE", at, nil).want(t, 204)
	if _, err := d.st.SweepUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.as("ana", "GET", "/uploads/"+plan.ID.String(), nil).want(t, 404)
}

// TestTakenBackWithFiles: what is taken back is a draft with its files and pictures again,
// even if its uploads are gone, and sending it again sends them; the files of messages that
// it passes on are not among them.
func TestTakenBackWithFiles(t *testing.T) {
	d := newDesk(t)
	at := "/conversations/" + d.open.id.String()
	pixel := []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;")
	var plan, picture view.Upload
	d.upload("ana", "file", "plan.txt", []byte("plan")).want(t, 201).json(t, &plan)
	d.upload("ana", "file", "a.gif", pixel).want(t, 201).json(t, &picture)
	shown := `![the "A" &'s C](cid:` + picture.ID.String() + ")"
	letter := map[string]any{"text": "Press " + shown + " now", "attachments": []string{plan.ID.String(), picture.ID.String()}, "undo_s": 60}
	var sent view.Message
	d.as("ana", "POST", at+"/replies", letter).want(t, 201).json(t, &sent)
	d.exec(`delete from uploads`)
	back := func(m view.Message) (kept view.Draft) {
		t.Helper()
		d.as("ana", "DELETE", "/messages/"+m.ID.String()+"/send", nil).want(t, 200).json(t, &kept)
		return kept
	}
	check := func(kept view.Draft, text string) (ids []string) {
		t.Helper()
		var names []string
		for _, u := range kept.Attachments {
			names, ids = append(names, u.Name), append(ids, u.ID.String())
		}
		if kept.Text != text || !slices.Equal(names, []string{"plan.txt", "a.gif"}) || ids[1] != picture.ID.String() || kept.Attachments[1].Picture != "image/gif" {
			t.Fatalf("taken back: %+v, want the text %q", kept, text)
		}
		return ids
	}
	kept := back(sent)
	ids := check(kept, letter["text"].(string))
	if a := d.as("ana", "GET", "/uploads/"+ids[0]+"/content", nil).want(t, 200); a.body != "plan" {
		t.Errorf("plan.txt has %q", a.body)
	}
	d.as("ben", "GET", "/uploads/"+ids[0], nil).want(t, 404)

	// The draft is still there when the same text is sent and taken back again.
	letter["text"], letter["attachments"] = kept.Text, ids
	d.as("ana", "POST", at+"/replies", letter).want(t, 201).json(t, &sent)
	if again := check(back(sent), kept.Text); !slices.Equal(again, ids) {
		t.Errorf("taken back twice: %v, %v", ids, again)
	}
	delete(letter, "undo_s")
	d.as("ana", "POST", at+"/replies", letter).want(t, 201).json(t, &sent)
	if len(sent.Attachments) != 2 || !strings.Contains(sent.HTML, `alt="the &#34;A&#34; &amp;&#39;s C"`) {
		t.Errorf("%+v %s", sent.Attachments, sent.HTML)
	}

	d.as("ana", "POST", at+"/forward", map[string]any{"to": []string{"rep@supplier.example"}, "text": "Yours? " + shown, "messages": []string{sent.ID.String()}, "attachments": ids, "undo_s": 60}).want(t, 201).json(t, &sent)
	if len(sent.Attachments) != 4 {
		t.Errorf("forwarded with %+v", sent.Attachments)
	}
	if kept := back(sent); kept.Kind != view.DraftForward {
		t.Errorf("%+v", kept)
	} else {
		check(kept, "Yours? "+shown)
	}
	var uploads int
	if err := d.db.QueryRow(`select count(*) from uploads`).Scan(&uploads); err != nil || uploads != 4 {
		t.Errorf("%d uploads, %v", uploads, err)
	}
}
