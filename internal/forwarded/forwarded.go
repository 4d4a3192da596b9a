// Package forwarded tells the program who asks when a proxy stands in front: it
// puts the client's address and scheme, which a trusted proxy writes into
// X-Forwarded-For and X-Forwarded-Proto, in the place of the proxy's own.
package forwarded

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Handler passes requests on with RemoteAddr as that of the client (port 0 when a
// proxy named it), and with URL.Scheme as "https" when a trusted proxy says that
// the client speaks TLS. What an untrusted peer says of itself counts for nothing.
func Handler(trusted []netip.Prefix, next http.Handler) http.Handler {
	t := proxies(trusted)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer := Addr(r.RemoteAddr); t.hold(peer) {
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

func (t proxies) hold(a netip.Addr) bool {
	return slices.ContainsFunc(t, func(p netip.Prefix) bool { return p.Contains(a) })
}

// client is the nearest address that is no proxy of ours. Each proxy adds the one
// that it saw at the end; what stands before the first stranger is his own words.
func (t proxies) client(peer netip.Addr, fields []string) netip.Addr {
	for _, hop := range slices.Backward(strings.Split(strings.Join(fields, ","), ",")) {
		a := Addr(strings.TrimSpace(hop))
		if !a.IsValid() {
			break
		}
		peer = a
		if !t.hold(a) {
			break
		}
	}
	return peer
}

// Addr reads an address with or without a port; the zero value when it is none.
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
