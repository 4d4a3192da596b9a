package egress

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"code.dny.dev/ssrf"
)

var png = "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 100)

func TestDialGuard(t *testing.T) {
	t.Parallel()
	guard := dialGuard(nil)
	for address, want := range map[string]bool{
		"93.184.216.34:443": true, "93.184.216.34:80": true, "[2606:4700::1111]:443": true, "8.8.8.8:443": true,
		"93.184.216.34:22": false, "93.184.216.34:8080": false, "93.184.216.34:25": false, "[2606:4700::1111]:6379": false,
		"127.0.0.1:80": false, "127.1.2.3:80": false, "[::1]:80": false, "[::ffff:127.0.0.1]:80": false, "[::127.0.0.1]:80": false,
		"0.0.0.0:80": false, "0.1.2.3:80": false, "[::]:80": false, "[::ffff:0.0.0.0]:80": false,
		"10.0.0.1:80": false, "172.16.0.1:80": false, "172.31.255.255:80": false, "192.168.1.1:443": false,
		"[::ffff:10.0.0.1]:80": false, "[::ffff:192.168.0.1]:443": false, "[fc00::1]:80": false, "[fd12:3456::1]:80": false,
		"169.254.169.254:80": false, "[::ffff:169.254.169.254]:80": false, "[fe80::1]:80": false, "[fe80::1%eth0]:80": false, "[fd00:ec2::254]:80": false,
		"100.64.0.1:80": false, "100.100.100.200:80": false, "100.127.255.255:80": false, "168.63.129.16:80": false,
		"224.0.0.1:80": false, "239.255.255.250:80": false, "[ff02::1]:80": false, "[ff0e::1]:80": false, "255.255.255.255:80": false, "240.0.0.1:80": false,
		"192.0.0.1:80": false, "192.88.99.1:80": false, "192.0.2.1:80": false, "198.18.0.1:80": false, "198.51.100.7:80": false, "203.0.113.7:80": false,
		"[64:ff9b::a00:1]:80": false, "[64:ff9b::7f00:1]:80": false, "[64:ff9b::808:808]:443": false, "[64:ff9b:1::1]:80": false, "[2002:7f00:1::]:80": false, "[2002:a00:1::1]:443": false,
		"[2001::1]:80": false, "[2001:0:4136:e378::1]:80": false, "[2606:4700::1111%eth0]:443": false, "[2001:db8::1]:80": false, "[100::1]:80": false, "[fec0::1]:80": false, "[3fff::1]:443": false, "[4000::1]:443": false,
		"localhost:80": false, "": false, "127.0.0.1": false,
	} {
		network := "tcp4"
		if strings.HasPrefix(address, "[") {
			network = "tcp6"
		}
		if err := guard(network, address, nil); (err == nil) != want {
			t.Errorf("%s: %v, want allowed %t", address, err, want)
		}
	}
	if err := guard("udp4", "8.8.8.8:443", nil); err == nil {
		t.Error("UDP is allowed")
	}
	internal := dialGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("fd00::/8")})
	for address, want := range map[string]bool{
		"[::ffff:127.0.0.1]:9999": true, "127.0.0.1:25": true, "[fd12::1]:8080": true, "[fd12::1%eth0]:80": false,
		"10.0.0.1:80": false, "8.8.8.8:443": true, "8.8.8.8:8080": false,
	} {
		if err := internal("tcp4", address, nil); (err == nil) != want {
			t.Errorf("with internal networks allowed, %s: %v, want allowed %t", address, err, want)
		}
	}
}

// TestInternalServerIsUnreachable tries several spellings of a loopback address and
// a redirect from an allowed server.
func TestInternalServerIsUnreachable(t *testing.T) {
	t.Parallel()
	reached := 0
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reached++; w.Write([]byte(png)) }))
	defer inside.Close()
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	closed := New(nil)
	for _, u := range []string{
		"http://127.0.0.1:" + port, "http://localhost:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://2130706433:" + port, "http://0x7f.1:" + port,
		"http://0:" + port, "http://127.1:" + port, "http://user@127.0.0.1:" + port, "ftp://127.0.0.1:" + port, "file:///etc/passwd", "gopher://127.0.0.1:" + port,
		"http://", "//127.0.0.1:" + port, "http://127.0.0.1:" + port + "\r\nx", "data:image/png;base64,AA==", "",
	} {
		if _, _, err := closed.Image(t.Context(), u); err == nil {
			t.Errorf("fetched %q from an internal server", u)
		}
	}
	// An allowed server on another loopback address redirects to the internal one.
	half := New([]netip.Prefix{netip.MustParsePrefix("127.0.0.2/32"), netip.MustParsePrefix("::1/128")})
	for target, want := range map[string]error{"http://127.0.0.1:" + port: ssrf.ErrProhibitedPort, "http://127.0.0.1/": ssrf.ErrProhibitedIP} {
		redirecting := serve(t, secondLoopback(), func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target, http.StatusFound)
		})
		if _, _, err := half.Image(t.Context(), redirecting); !errors.Is(err, want) {
			t.Errorf("redirect to %s: %v, want %v", target, err, want)
		}
	}
	if reached != 0 {
		t.Errorf("internal server received %d requests", reached)
	}
}

func TestImagesOnly(t *testing.T) {
	t.Parallel()
	client := New([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
	var referer string
	base := serve(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png") // for every response
		switch r.URL.Path {
		case "/png":
			referer = r.Header.Get("Referer")
			w.Write([]byte(png))
		case "/moved":
			http.Redirect(w, r, "/png", http.StatusMovedPermanently)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/svg":
			w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`))
		case "/html":
			w.Write([]byte("<html><script>alert(1)</script>"))
		case "/large":
			w.Write([]byte(png + strings.Repeat("x", maxSize)))
		default:
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte(png))
		}
	})
	for path, want := range map[string]bool{"/png": true, "/moved": true, "/loop": false, "/svg": false, "/html": false, "/large": false, "/none": false} {
		kind, body, err := client.Image(t.Context(), base+path)
		if (err == nil) != want || want && (kind != "image/png" || string(body) != png) {
			t.Errorf("%s: %s, %d bytes, %v; want success %t", path, kind, len(body), err, want)
		}
	}
	if referer != "" {
		t.Errorf("Referer %q was sent", referer)
	}
}

// secondLoopback returns a loopback address other than 127.0.0.1. macOS configures
// no other IPv4 one, so it falls back to IPv6.
func secondLoopback() string {
	if l, err := net.Listen("tcp", "127.0.0.2:0"); err == nil {
		l.Close()
		return "127.0.0.2"
	}
	return "[::1]"
}

func serve(t *testing.T, ip string, h http.HandlerFunc) string {
	t.Helper()
	l, err := net.Listen("tcp", ip+":0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

// TestGet: only https, also after a redirect, and no more than asked for.
func TestGet(t *testing.T) {
	t.Parallel()
	client := New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/plain":
			http.Redirect(w, r, "http://"+r.Host+"/", http.StatusFound)
		case "/moved":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/away":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.Write([]byte(r.Header.Get("Accept")))
		}
	}))
	defer server.Close()
	client.http.Transport.(*http.Transport).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	for path, want := range map[string]string{"/": "text/calendar", "/moved": "text/calendar", "/plain": `"http" is not https`, "/away": "503"} {
		body, err := client.Get(t.Context(), server.URL+path, "text/calendar", 100)
		if got := string(body); err == nil && got != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want %s", path, got, err, want)
		}
	}
	if _, err := client.Get(t.Context(), server.URL, "text/calendar", 5); err == nil {
		t.Error("more was read than asked for")
	}
	if _, err := client.Get(t.Context(), strings.Replace(server.URL, "https", "http", 1), "text/calendar", 100); err == nil {
		t.Error("http was used")
	}
	if _, err := New(nil).Get(t.Context(), server.URL, "text/calendar", 100); err == nil {
		t.Error("a private address was reached")
	}
}
