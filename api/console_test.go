package api

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"switchboard/agent"
	"switchboard/desk"
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

// The console's page works at every depth, or says how to build it.
func TestConsolePage(t *testing.T) {
	d := newDesk(t)
	a := d.send(d.request("GET", "/./", nil)).want(t, 200)
	if strings.Contains(a.body, "make web") {
		d.send(d.request("GET", "/./c/1", nil)).want(t, 404)
		return
	}
	for _, path := range []string{"/./", "/./login", "/./c/cv_1"} {
		a := d.send(d.request("GET", path, nil)).want(t, 200)
		if strings.Contains(a.body, `="./`) || !strings.Contains(a.Header.Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	page, err := consolePage(fstest.MapFS{"console/index.html": {Data: []byte(`<script src="./assets/x.js"></script>`)}})
	if err != nil || string(page.body) != `<script src="/assets/x.js"></script>` {
		t.Errorf("%s, %v", page.body, err)
	}
}

func TestHealth(t *testing.T) {
	d := newDesk(t)
	d.send(d.request("GET", "/./livez", nil)).want(t, 200)
	d.send(d.request("GET", "/./readyz", nil)).want(t, 200)
	var report struct {
		Status string
		Checks []check
	}
	d.send(d.request("GET", "/./readyz?verbose", nil)).want(t, 200).json(t, &report)
	if report.Status != "ok" || len(report.Checks) != 2 {
		t.Errorf("report %+v", report)
	}
	d.exec(`insert into schema_migrations (version, name, checksum) values (9999, 'from the future', '')`)
	d.send(d.request("GET", "/./readyz?verbose", nil)).want(t, 503).json(t, &report)
	if report.Status != "not ready" || report.Checks[0].OK != true || report.Checks[1].OK {
		t.Errorf("report %+v", report)
	}
	d.send(d.request("GET", "/./readyz", nil)).want(t, 503)
	d.send(d.request("GET", "/./livez", nil)).want(t, 200)
}

func TestUnknownPathsAndMethods(t *testing.T) {
	d := newDesk(t)
	d.as("ana", "GET", "/nothing", nil).want(t, 404)
	a := d.as("ana", "PUT", "/conversations/"+d.open.id.String(), "{}").want(t, 405)
	if a.Header.Get("Allow") != "GET" {
		t.Errorf("Allow %q", a.Header.Get("Allow"))
	}
	if a := d.as("ana", "DELETE", "/session/x", nil).want(t, 404); a.Header.Get("Content-Type") != problemType {
		t.Errorf("Content-Type %q", a.Header.Get("Content-Type"))
	}
	if got := a.Header.Get("X-Request-Id"); len(got) != 24 || !strings.Contains(a.body, got) {
		t.Errorf("request id %q is not in %s", got, a.body)
	}
}

// What the caller can do nothing about stays inside; what goes out has its Kind's status.
func TestProblems(t *testing.T) {
	s := &server{log: slog.New(slog.DiscardHandler)}
	for _, c := range []struct {
		err    error
		status int
		says   string
	}{
		{desk.Errorf(desk.KindInvalid, "too long"), 422, "too long"},
		{desk.Errorf(desk.KindNotFound, "no such thing"), 404, "no such thing"},
		{desk.Errorf(desk.KindDenied, "not yours"), 403, "not yours"},
		{desk.Errorf(desk.KindConflict, "moved on"), 409, "moved on"},
		{desk.Errorf(desk.KindTemporary, "dial tcp 10.0.0.1: refused"), 503, "try again"},
		{errors.New("pq: relation does not exist"), 500, "something went wrong"},
		{desk.Errorf(desk.KindConflict, "reply: %w", &agent.Stale{LastSeq: 7, Newer: 2}), 409, "2 newer messages"},
	} {
		p := s.explain(t.Context(), c.err)
		if p.Status != c.status || !strings.Contains(p.Detail, c.says) {
			t.Errorf("%v: %+v", c.err, p)
		}
		if (c.status == 503) != (p.headers.Get("Retry-After") != "") {
			t.Errorf("%v: headers %v", c.err, p.headers)
		}
		if (p.LastSeq != nil) != strings.Contains(c.says, "newer") {
			t.Errorf("%v: last_seq %v", c.err, p.LastSeq)
		}
	}
}
