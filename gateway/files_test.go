package gateway_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/mailtest"
	"switchboard/normalize"
)

// upload sends a file as the agent.
func (r *running) upload(name string, data []byte) (u view.Upload) {
	r.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		r.t.Fatal(err)
	}
	part.Write(data)
	w.Close()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.base+"/uploads", &b)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+r.key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&u); err != nil || res.StatusCode != http.StatusCreated {
		r.t.Fatalf("upload: status %d, %v", res.StatusCode, err)
	}
	return u
}

// TestFormattedReply: formatting, a picture in the text and a file reach the customer, and
// the customer's answer to them is read as their new text.
func TestFormattedReply(t *testing.T) {
	t.Parallel()
	sink := mailtest.NewSMTPSink(t)
	r := start(t, func(cfg *config.Config) { cfg.Smarthost = config.Smarthost{Addr: sink.Addr, TLS: "none"} })
	r.post("jo@acme.example", "support@desk.example", letter("Jo <jo@acme.example>", "support@desk.example", "Plug", "f1@acme.example", "Which plug?"))
	c := r.only("Plug")

	var shot bytes.Buffer
	if err := png.Encode(&shot, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<17) // 2 MB: more than other requests may have
	picture, file := r.upload("shot.png", shot.Bytes()), r.upload("Überblick.pdf", big)
	text := "Press **this** one:\n\n![the plug](cid:" + picture.ID.String() + ")\n\nNot <that>."
	if status := r.call("POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": text, "attachments": []string{file.ID.String(), picture.ID.String()}}, nil); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	sent := normalize.Email(desk.Raw{Channel: desk.ChannelEmail, Bytes: sink.Await(1)[0].Content})
	if sent.TextBody != "Press **this** one:\n\n[image: the plug]\n\nNot <that>." {
		t.Errorf("text %q", sent.TextBody)
	}
	if len(sent.Attachments) != 2 {
		t.Fatalf("%d files", len(sent.Attachments))
	}
	for _, p := range sent.Attachments {
		switch {
		case p.Name == "Überblick.pdf" && p.Type == "application/pdf" && p.Disposition == "attachment" && p.CID == "" && bytes.Equal(p.Data, big):
		case p.Name == "shot.png" && p.Type == "image/png" && p.Disposition == "inline" && strings.Contains(sent.HTMLBody, `src="cid:`+p.CID+`"`) && bytes.Equal(p.Data, shot.Bytes()):
		default:
			t.Errorf("%s %s %s %q, %d bytes", p.Name, p.Type, p.Disposition, p.CID, p.Size)
		}
	}
	if !strings.Contains(sent.HTMLBody, "<strong>this</strong>") || !strings.Contains(sent.HTMLBody, "Not &lt;that&gt;.") {
		t.Errorf("HTML %s", sent.HTMLBody)
	}
	for _, m := range r.messages(c.ID) {
		if m.Direction == "outbound" && (m.Display != "html" || len(m.Attachments) != 2) {
			t.Errorf("the console shows %s with %d files", m.Display, len(m.Attachments))
		}
	}
}
