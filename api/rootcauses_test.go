package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

// rootCause creates a root cause.
func (d *desks) rootCause(who, body string) desk.RootCauseID {
	d.t.Helper()
	var r view.RootCause
	d.as(who, "POST", "/root-causes", body).want(d.t, 201).json(d.t, &r)
	return r.ID
}

// written creates a root cause of the open conversation, with an update.
func (d *desks) written() (desk.RootCauseID, desk.UpdateID) {
	d.t.Helper()
	id := d.rootCause("root", `{"title": "Firmware 7"}`)
	at := "/root-causes/" + id.String()
	d.as("root", "POST", at+"/conversations", map[string]any{"conversation": d.open.id.String()}).want(d.t, 200)
	var u UpdateAnswer
	d.as("root", "POST", at+"/updates", `{"text": "It is fixed."}`).want(d.t, 200).json(d.t, &u)
	return id, u.Update.ID
}

// TestRootCauses: who sees, changes and links what.
func TestRootCauses(t *testing.T) {
	d := newDesk(t)
	d.agent("out", desk.Agent{Name: "Out", Email: "out@other.example", Tiers: []desk.Tier{2}})
	d.exec(`update agents set inboxes = '{billing}', inboxes_only = true where name = 'Out'`)
	for body, want := range map[string]string{`{"title": " "}`: "body.title", `{"title": "a", "url": "javascript:alert(1)"}`: "body.url", `{"title": "a", "status": "gone"}`: "body.status"} {
		if a := d.as("ana", "POST", "/root-causes", body).want(t, 422); !strings.Contains(a.body, want) {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	id := d.rootCause("ana", `{"title": "Firmware 7", "note": "Prints blank pages", "url": "https://tracker.example/7"}`)
	at := "/root-causes/" + id.String()
	link := func(who string, number int64, want int) {
		t.Helper()
		d.as(who, "POST", at+"/conversations", map[string]any{"conversation": fmt.Sprint("#", number)}).want(t, want)
	}
	link("ana", d.open.number, 200)
	link("ana", d.open.number, 200) // again
	link("ana", d.secret.number, 404)
	link("sam", d.secret.number, 200)
	read := func(who string) (r view.RootCause) {
		t.Helper()
		d.as(who, "GET", at, nil).want(t, 200).json(t, &r)
		return r
	}
	if r := read("ana"); r.Conversations != 1 || r.Hidden != 1 || len(r.Affected) != 1 || r.Affected[0].Conversation.ID != d.open.id || r.Affected[0].Contact.Address != "jo@acme.example" || r.Contacts != 1 || r.Accounts != 1 ||
		r.Affected[0].LinkedBy.Name != "Ana" || r.Affected[0].MergedInto != nil {
		t.Errorf("ana: %+v", r)
	}
	if r := read("sam"); len(r.Affected) != 2 || r.Hidden != 0 {
		t.Errorf("sam: %+v", r)
	}
	var log Page[map[string]any]
	d.as("ana", "GET", "/conversations/"+d.open.id.String()+"/events", nil).want(t, 200).json(t, &log)
	if last := log.Data[len(log.Data)-1]; last["kind"] != "root-cause.linked" || last["data"].(map[string]any)["title"] != "Firmware 7" || len(log.Data) != 3 {
		t.Errorf("%v", log.Data)
	}

	// An agent who is limited to inboxes sees it only once they read a conversation of it.
	d.as("out", "GET", at, nil).want(t, 404)
	list := func(who, query string) int {
		t.Helper()
		var page Page[view.RootCauseRow]
		d.as(who, "GET", "/root-causes"+query, nil).want(t, 200).json(t, &page)
		return len(page.Data)
	}
	if n := list("out", ""); n != 0 {
		t.Errorf("a limited agent sees %d", n)
	}
	d.as("out", "POST", at+"/updates", `{"text": "Hi"}`).want(t, 404)
	theirs := d.conversation("billing", false, "Blank pages", "Blank", time.Now())
	link("ben", theirs.number, 200)
	if r := read("out"); len(r.Affected) != 1 || r.Hidden != 2 {
		t.Errorf("out: %+v", r)
	}
	d.as("out", "PATCH", at, `{"status": "fixed"}`).want(t, 403)
	for query, want := range map[string]int{"?status=open": 1, "?status=fixed": 0, "?q=BLANK": 1, "?q=100%25": 0, "?conversation=" + d.open.id.String(): 1, "?limit=1": 1} {
		if n := list("ana", query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	d.as("ana", "GET", "/root-causes?conversation="+d.secret.id.String(), nil).want(t, 404)

	// A change of what somebody else has changed meanwhile.
	a := d.as("ana", "GET", at, nil).want(t, 200)
	d.as("ben", "PATCH", at, `{"status": "fixed", "note": "Firmware 8 helps"}`).want(t, 200)
	stale := d.request("PATCH", at, `{"title": "Firmware"}`)
	stale.Header.Set("Authorization", "Bearer "+d.keys["ana"])
	stale.Header.Set("If-Match", a.Header.Get("ETag"))
	d.send(stale).want(t, 412)
	if r := read("ana"); r.State != desk.RootCauseFixed || r.FixedAt == nil || r.Title != "Firmware 7" || r.Note != "Firmware 8 helps" {
		t.Errorf("%+v", r)
	}
	d.as("ana", "DELETE", at+"/conversations/"+d.open.id.String(), nil).want(t, 204)
	d.as("ana", "DELETE", at+"/conversations/"+d.open.id.String(), nil).want(t, 404)
	d.as("ana", "DELETE", at+"/conversations/"+d.secret.id.String(), nil).want(t, 404)
}

// TestUpdateIsPreviewed: what each customer would get, without sending anything.
func TestUpdateIsPreviewed(t *testing.T) {
	d := newDesk(t)
	id := d.rootCause("root", `{"title": "Firmware 7"}`)
	at := "/root-causes/" + id.String()
	d.as("root", "POST", at+"/updates", `{"text": "Hi"}`).want(t, 409) // to nobody
	closed, absorbed := d.conversation("frontline", false, "Closed", "x", time.Now()), d.conversation("frontline", false, "Twice", "x", time.Now())
	d.as("root", "POST", "/conversations/"+closed.id.String()+"/status", `{"status": "closed"}`).want(t, 200)
	for _, f := range []fixture{d.secret, closed, absorbed, d.open} {
		d.as("root", "POST", at+"/conversations", map[string]any{"conversation": f.id.String()}).want(t, 200)
	}
	d.as("root", "POST", "/conversations/"+absorbed.id.String()+"/merge", map[string]any{"into": fmt.Sprint(d.open.number)}).want(t, 200)
	for body, want := range map[string]int{`{"text": " ", "preview": true}`: 422, `{"text": "{{contact.nam}}", "preview": true}`: 422, `{"text": "Hi", "then": "close"}`: 422} {
		d.as("root", "POST", at+"/updates", body).want(t, want)
	}
	var p UpdateAnswer
	d.as("ana", "POST", at+"/updates", `{"text": "Hello {{contact.first_name}}, #{{conversation.number}} is fixed.", "preview": true}`).want(t, 200).json(t, &p)
	got := map[desk.ConversationID]UpdatePreview{}
	for _, x := range p.Preview {
		got[x.Conversation.ID] = x
	}
	if want := fmt.Sprintf("Hello Jo, #%d is fixed.", d.open.number); p.Update != nil || p.Recipients != 1 || p.LeftOut != 1 || len(p.Preview) != 3 || got[d.open.id].Text != want && got[absorbed.id].Text != want {
		t.Errorf("%+v", p)
	}
	if !strings.Contains(got[closed.id].Reason, "closed; reopen it") || !strings.Contains(got[absorbed.id].Reason+got[d.open.id].Reason, fmt.Sprintf("merged into #%d", d.open.number)) {
		t.Errorf("%+v", p.Preview)
	}
	d.as("ana", "POST", at+"/updates", `{"text": "{{account.name}} {{contact.name}}", "preview": true}`).want(t, 200).json(t, &p)
	d.exec(`update contacts set name = ''`)
	if d.as("ana", "POST", at+"/updates", `{"text": "{{contact.name}}", "preview": true}`).want(t, 200).json(t, &p); p.Recipients != 0 || !strings.Contains(p.Preview[0].Reason+p.Preview[1].Reason, "{{contact.name|...}}") {
		t.Errorf("without a name: %+v", p.Preview)
	}
	var sent int
	if err := d.db.QueryRow(`select (select count(*) from root_cause_updates) + (select count(*) from messages where direction = 'outbound')`).Scan(&sent); err != nil || sent != 0 {
		t.Errorf("a preview wrote %d rows, %v", sent, err)
	}
}
