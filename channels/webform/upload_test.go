package webform_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"switchboard/channels/webform"
)

type upload struct{ field, name, contentType, content string }

func multipartBody(t testing.TB, values url.Values, files ...upload) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, vs := range values {
		for _, v := range vs {
			if err := w.WriteField(name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, f := range files {
		h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + f.field + `"; filename="` + f.name + `"`}, "Content-Type": {f.contentType}}
		part, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

func TestFiles(t *testing.T) {
	s := openSite(t, webform.Config{})
	contentType, body := multipartBody(t, good("colour", "caf\xe9 \x80"),
		upload{"attachment", `C:\\fakepath\\a.txt`, "text/plain", "one\x00\xff"},
		upload{"picture", "../../ü.png", "image/png", "two"},
		upload{"attachment", "", "application/octet-stream", ""}, // a file field without a file
		upload{"attachment", "empty.txt", "text/plain", ""},
	)
	resp, answer := s.send("plain", contentType, body, map[string]string{"Accept": "application/json"})
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("%s %s", resp.Status, answer)
	}
	f := s.last()
	if len(f.Files) != 3 || f.Files[0].Name != "a.txt" || string(f.Files[0].Data) != "one\x00\xff" || f.Files[0].Type != "text/plain" ||
		f.Files[1].Name != "ü.png" || string(f.Files[1].Data) != "two" || f.Files[2].Name != "empty.txt" {
		t.Errorf("%+v", f.Files)
	}
	if f.Fields["colour"] != "café €" { // windows-1252
		t.Errorf("%q", f.Fields["colour"])
	}
}

func TestFileLimits(t *testing.T) {
	s := openSite(t, webform.Config{MaxFiles: 3, MaxFile: 1000, MaxTotal: 2000})
	file := func(n int) upload { return upload{"f", "f.bin", "application/octet-stream", strings.Repeat("x", n)} }
	for _, tt := range []struct {
		name   string
		files  []upload
		status int
	}{
		{"exactly at the limits", []upload{file(1000), file(999), file(1)}, 303},
		{"one file too large", []upload{file(1001)}, 413},
		{"files too large in total", []upload{file(1000), file(1000), file(1)}, 413},
		{"too many", []upload{file(1), file(1), file(1), file(1)}, 413},
		{"far too large", []upload{file(3 << 20)}, 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			contentType, body := multipartBody(t, good(), tt.files...)
			resp, page := s.send("plain", contentType, body, map[string]string{"Accept": "text/html"})
			if resp.StatusCode != tt.status {
				t.Fatalf("%s, want %d", resp.Status, tt.status)
			}
			if tt.status == 413 && !strings.Contains(page, "larger than") && !strings.Contains(page, "more than") {
				t.Errorf("%s", page)
			}
		})
	}
	if n := len(s.sink.Raws()); n != 1 {
		t.Errorf("%d journaled, want 1", n)
	}
}
