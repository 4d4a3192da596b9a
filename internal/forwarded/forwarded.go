// Package forwarded restores the client's address and scheme behind an HTTP proxy,
// from the X-Forwarded-For and X-Forwarded-Proto fields of trusted proxies.
package forwarded

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Handler calls next with RemoteAddr set to the client's address (port 0 if it was
// reported by a proxy) and URL.Scheme set to "https" if a trusted proxy reports
// that the client uses TLS. The fields are ignored if the peer is not trusted.
func Handler(trusted []netip.Prefix, next http.Handler) http.Handler {
	t := proxies(trusted)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer := Addr(r.RemoteAddr); t.contains(peer) {
			r = r.Clone(r.Context())
			r.URL.Scheme = ""
			if strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
				r.URL.Scheme = "https"
			}
			if client := t.client(peer, r.Header.Values("X-Forwarded-For")); client != peer {
				r.RemoteAddr = netip.AddrPortFrom(client, 0).String()
			}
		} else {
			r.URL.Scheme = ""
		}
		next.ServeHTTP(w, r)
	})
}

type proxies []netip.Prefix

func (t proxies) contains(a netip.Addr) bool {
	return slices.ContainsFunc(t, func(p netip.Prefix) bool { return p.Contains(a) })
}

// client returns the last address that is not a trusted proxy. Each proxy appends
// the address of its peer, so everything before that address may be forged.
func (t proxies) client(peer netip.Addr, fields []string) netip.Addr {
	for _, hop := range slices.Backward(strings.Split(strings.Join(fields, ","), ",")) {
		a := Addr(strings.TrimSpace(hop))
		if !a.IsValid() {
			break
		}
		peer = a
		if !t.contains(a) {
			break
		}
	}
	return peer
}

// Addr parses an address with or without a port; it returns the zero value if the
// text is neither.
func Addr(text string) netip.Addr {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap()
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}
