package forwarded

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestHandler(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct{ peer, forwarded, proto, want, scheme string }{
		{"192.0.2.1:99", "198.51.100.7", "https", "192.0.2.1:99", ""},
		{"10.0.0.1:99", "198.51.100.7", "https", "198.51.100.7:0", "https"},
		{"10.0.0.1:99", "203.0.113.5, 198.51.100.7, 10.9.9.9", "http", "198.51.100.7:0", ""},
		{"10.0.0.1:99", "garbage", "", "10.0.0.1:99", ""},
		{"10.0.0.1:99", "198.51.100.7, garbage", "", "10.0.0.1:99", ""},
		{"10.0.0.1:99", "", "HTTPS", "10.0.0.1:99", "https"},
		{"10.0.0.1:99", "198.51.100.7:4711", "", "198.51.100.7:0", ""},
		{"[::ffff:10.0.0.1]:99", "2001:db8::1", "", "[2001:db8::1]:0", ""},
		{"@", "198.51.100.7", "https", "@", ""},
	} {
		r := httptest.NewRequest("GET", "https://desk.example/", nil) // a proxy may send an absolute URL
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-For", c.forwarded)
		r.Header.Set("X-Forwarded-Proto", c.proto)
		Handler(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.RemoteAddr != c.want || r.URL.Scheme != c.scheme {
				t.Errorf("%+v: got %s %q", c, r.RemoteAddr, r.URL.Scheme)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
}
