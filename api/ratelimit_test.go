package api

import (
	"net/http"
	"regexp"
	"testing"
)

// TestRateLimit: each answer to an API key says how many requests it has left, and one without any is refused, while
// other keys and the console's sessions go on.
func TestRateLimit(t *testing.T) {
	d := newDeskWith(t, func(c *Config) { c.RateLimit = 5 })
	refused := false
	for range 20 { // a minute may end meanwhile
		a := d.as("ana", "GET", "/counts", nil)
		if got := a.Header.Get("RateLimit-Policy"); got != `"key";q=5;w=60` {
			t.Fatalf("RateLimit-Policy: %s", got)
		}
		left := regexp.MustCompile(`^"key";r=([0-5]);t=([1-9]|[1-5][0-9]|60)$`).FindStringSubmatch(a.Header.Get("RateLimit"))
		if left == nil {
			t.Fatalf("RateLimit: %s", a.Header.Get("RateLimit"))
		}
		if a.StatusCode == http.StatusTooManyRequests {
			refused = true
			if left[1] != "0" || a.Header.Get("Retry-After") != left[2] {
				t.Errorf("refused with %s left, Retry-After: %s", left[0], a.Header.Get("Retry-After"))
			}
			break
		}
		a.want(t, 200)
	}
	if !refused {
		t.Error("20 requests passed")
	}
	d.as("ben", "GET", "/counts", nil).want(t, 200)
	cookie := d.signIn("ana@desk.example", password)
	for range 20 {
		if a := d.with(cookie, "GET", "/counts", nil); a.StatusCode != 200 || a.Header.Get("RateLimit") != "" {
			t.Fatalf("the console gets %d, %s", a.StatusCode, a.Header.Get("RateLimit"))
		}
	}
	d.send(d.request("GET", "/counts", nil)).want(t, 401)
}
