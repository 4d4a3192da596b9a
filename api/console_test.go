package api

import (
	"strings"
	"testing"

	"switchboard/api/problem"
)

// The console works under every path, or says how to build it.
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
	if a.Header.Get("Allow") != "GET, PATCH" {
		t.Errorf("Allow %q", a.Header.Get("Allow"))
	}
	if a := d.as("ana", "DELETE", "/session/x", nil).want(t, 404); a.Header.Get("Content-Type") != problem.MediaType {
		t.Errorf("Content-Type %q", a.Header.Get("Content-Type"))
	}
	if got := a.Header.Get("X-Request-Id"); len(got) != 24 || !strings.Contains(a.body, got) {
		t.Errorf("request id %q is not in %s", got, a.body)
	}
}
