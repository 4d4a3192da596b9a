package api

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"switchboard/desk/view"
	"switchboard/internal/uploads"
)

// upload sends a file as an agent.
func (d *desks) upload(who, field, name string, data []byte) answer {
	d.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		d.t.Fatal(err)
	}
	part.Write(data)
	w.Close()
	r := d.request(http.MethodPost, "/uploads", b.String())
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Authorization", "Bearer "+d.keys[who])
	return d.send(r)
}

// TestUploads: an agent's files are theirs alone, until they send them.
func TestUploads(t *testing.T) {
	d := newDesk(t)
	var u view.Upload
	d.upload("ana", "file", "../invoice.html", []byte("<script>alert(1)</script>")).want(t, 201).json(t, &u)
	if u.Name != "invoice.html" || u.Size != 25 || u.Type != "text/html" {
		t.Errorf("%+v", u)
	}
	at := "/uploads/" + u.ID.String()
	var again view.Upload
	if d.as("ana", "GET", at, nil).want(t, 200).json(t, &again); again != u {
		t.Errorf("%+v, want %+v", again, u)
	}
	page := d.as("ana", "GET", at+"/content", nil).want(t, 200)
	if page.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(page.Header.Get("Content-Disposition"), "attachment") || page.body != "<script>alert(1)</script>" {
		t.Errorf("%v %q", page.Header, page.body)
	}
	for _, method := range []string{"GET", "DELETE"} {
		d.as("ben", method, at, nil).want(t, 404)
	}
	d.as("ben", "GET", at+"/content", nil).want(t, 404)
	replies := "/conversations/" + d.open.id.String() + "/replies"
	reply := func(ids ...string) map[string]any { return map[string]any{"text": "Here.", "attachments": ids} }
	d.as("ben", "POST", replies, reply(u.ID.String())).want(t, 422).contains(t, "attachments[0]")
	d.as("ana", "POST", replies, reply(u.ID.String(), u.ID.String())).want(t, 422).contains(t, "twice")
	d.as("ana", "POST", replies, reply("up_1")).want(t, 422).contains(t, "body.attachments[0]")

	var m view.Message
	d.as("ana", "POST", replies, reply(u.ID.String())).want(t, 201).json(t, &m)
	if len(m.Attachments) != 1 || m.Attachments[0].Name != "invoice.html" || m.Attachments[0].Disposition != "attachment" || m.Display != view.DisplayText {
		t.Errorf("%+v, shown as %s", m.Attachments, m.Display)
	}
	d.as("ana", "DELETE", at, nil).want(t, 204)
	d.as("ana", "GET", at, nil).want(t, 404)
	path := strings.TrimPrefix(m.Attachments[0].URL, base)
	if a := d.as("ana", "GET", path, nil).want(t, 200); a.body != "<script>alert(1)</script>" {
		t.Errorf("the message's file is %q", a.body)
	}

	d.upload("ana", "other", "x", nil).want(t, 422)
	d.upload("ana", "file", "big.bin", make([]byte, uploads.MaxFile+1)).want(t, 413).contains(t, "send a link")
	d.upload("ana", "file", "just.bin", make([]byte, uploads.MaxFile)).want(t, 201)
	d.upload("ana", "file", "empty.txt", nil).want(t, 201).json(t, &u)

	d.exec(`update uploads set size = 1 << 30 where id = $1`, u.ID)
	d.upload("ana", "file", "more.txt", []byte("x")).want(t, 422).contains(t, "1024 MB")
	d.exec(`update uploads set created_at = now() - interval '3 days' where id = $1`, u.ID)
	if more, err := d.st.SweepUploads(t.Context()); err != nil || more {
		t.Error(more, err)
	}
	d.as("ana", "GET", "/uploads/"+u.ID.String(), nil).want(t, 404)
}

// What the customer sees is shown, even if a client sends a text and HTML that differ.
func TestReplyShowsWhatIsSent(t *testing.T) {
	d := newDesk(t)
	var m view.Message
	d.as("ana", "POST", "/conversations/"+d.open.id.String()+"/replies", map[string]any{"text": "We will look.", "html": "<p>Pay now.</p>"}).want(t, 201).json(t, &m)
	if m.Display != view.DisplayHTML {
		t.Errorf("shown as %s", m.Display)
	}
}

// Formatting of a reply is shown; a reply without any is shown as text.
func TestReplyDisplay(t *testing.T) {
	d := newDesk(t)
	for text, want := range map[string]view.Display{
		"Hello,\n\nsee https://shop.example/?a=1&b=2 or write to help@desk.example.\n\nAna": view.DisplayText,
		"Press **this**.":                          view.DisplayHTML,
		"See [the manual](https://help.example/).": view.DisplayHTML,
		"- one\n- two":                             view.DisplayHTML,
		"Type <b>":                                 view.DisplayText,
		`Not \*bold\*`:                             view.DisplayHTML,
	} {
		var m view.Message
		d.as("ana", "POST", "/conversations/"+d.open.id.String()+"/replies", map[string]any{"text": text}).want(t, 201).json(t, &m)
		if m.Display != want || !strings.HasPrefix(m.HTML, "<div") && m.HTMLURL == "" {
			t.Errorf("%q is shown as %s: %s", text, m.Display, m.HTML)
		}
	}
}

// contains checks that an answer says something.
func (a answer) contains(t *testing.T, text string) answer {
	t.Helper()
	if !strings.Contains(a.body, text) {
		t.Errorf("%s %s: %.400s does not contain %q", a.Request.Method, a.Request.URL, a.body, text)
	}
	return a
}
