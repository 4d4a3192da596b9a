package uploads_test

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"switchboard/internal/uploads"
)

func TestNew(t *testing.T) {
	var shot bytes.Buffer
	if err := png.Encode(&shot, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, declared       string
		data                 []byte
		want, media, picture string
	}{
		{`C:\Users\jo\in/voice.pdf`, "application/pdf", []byte("x"), "voice.pdf", "application/pdf", ""},
		{"../../etc/passwd\r\nBcc: x", "", nil, "", "application/octet-stream", ""},
		{"shot.png", "application/octet-stream", shot.Bytes(), "shot.png", "image/png", "image/png"},
		{"shot.png", "image/png", []byte("no image"), "shot.png", "image/png", "none"},
		{"", "text/plain; charset=utf-8", []byte("hello"), "", "text/plain", ""},
	} {
		p := uploads.New(c.name, c.declared, c.data)
		if c.want != "" && p.Name != c.want || p.Name == "" || bytes.ContainsAny([]byte(p.Name), "/\\\r\n") || p.Type != c.media || p.Picture != c.picture || p.Size != int64(len(c.data)) || len(p.BlobID) != 64 {
			t.Errorf("%q %q: %+v", c.name, c.declared, p)
		}
	}
}
