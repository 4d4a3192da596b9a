package console

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestStaticFiles(t *testing.T) {
	files := &static{files: fstest.MapFS{
		"console/index.html":               {Data: []byte("<html>")},
		"console/assets/index-DK4b7tyz.js": {Data: []byte("plain js")}, "console/assets/index-DK4b7tyz.js.gz": {Data: []byte("gzip js")},
		"console/assets/index-DK4b7tyz.js.br": {Data: []byte("brotli js")},
		"v1/widget.js":                        {Data: []byte("widget")},
		"demo/index.html":                     {Data: []byte("demo")},
		".keep":                               {Data: []byte("")},
	}}
	for _, c := range []struct {
		path, accept string
		status       int
		body, coding string
		immutable    bool
	}{
		{"/assets/index-DK4b7tyz.js", "", 200, "plain js", "", true},
		{"/assets/index-DK4b7tyz.js", "gzip, deflate", 200, "gzip js", "gzip", true},
		{"/assets/index-DK4b7tyz.js", "gzip, br", 200, "brotli js", "br", true},
		{"/assets/index-DK4b7tyz.js", "br;q=0, gzip;q=0.5", 200, "gzip js", "gzip", true},
		{"/v1/widget.js", "gzip", 200, "widget", "", false},
		{"/demo/", "", 200, "demo", "", false},
		{"/assets/index-DK4b7tyz.js.gz", "", 404, "", "", false},
		{"/.keep", "", 404, "", "", false},
		{"/../deps.go", "", 404, "", "", false},
		{"/assets", "", 404, "", "", false},
		{"/none.js", "", 404, "", "", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = c.path
		r.Header.Set("Accept-Encoding", c.accept)
		w := httptest.NewRecorder()
		files.ServeHTTP(w, r)
		if w.Code != c.status || c.status == 200 && w.Body.String() != c.body || w.Header().Get("Content-Encoding") != c.coding {
			t.Errorf("%s (%s): %d %q %v", c.path, c.accept, w.Code, w.Body.String(), w.Header())
		}
		if got := strings.Contains(w.Header().Get("Cache-Control"), "immutable"); got != c.immutable {
			t.Errorf("%s: Cache-Control %q", c.path, w.Header().Get("Cache-Control"))
		}
		if c.status == 200 && strings.HasSuffix(c.path, ".js") && !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
			t.Errorf("%s: Content-Type %q", c.path, w.Header().Get("Content-Type"))
		}
	}
	w := httptest.NewRecorder()
	files.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/widget.js", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

// Relative links become absolute, so that the page works under every path.
func TestIndexPage(t *testing.T) {
	page, err := indexPage(fstest.MapFS{"console/index.html": {Data: []byte(`<script src="./assets/x.js"></script>`)}})
	if err != nil || string(page.body) != `<script src="/assets/x.js"></script>` {
		t.Errorf("%s, %v", page.body, err)
	}
}
