// Package publicpage has what the public pages share: their security headers, answers to
// requests for what a client has already, and whose requests count together.
package publicpage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"switchboard/internal/clientlimit"
)

// Policy is the Content-Security-Policy of pages without scripts; style is where their styles
// come from, such as 'self', and images where their images do, with a space before it.
func Policy(style, images string) string {
	return "default-src 'none'; style-src " + style + "; img-src 'self'" + images + "; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// Write writes a page with its security headers. One that was found is checked against the
// ETag that the client has.
func Write(w http.ResponseWriter, r *http.Request, status int, policy string, page []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusOK {
		sum := sha256.Sum256(page)
		h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
		h.Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page)) // answers If-None-Match
		return
	}
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(page)
}

// Peer returns the address of the connection's other end.
func Peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// Limited spends a token of the client. If there is none, it says when to come back, and
// returns false: the caller answers with http.StatusTooManyRequests.
func Limited(limits *clientlimit.Limiter, w http.ResponseWriter, r *http.Request) bool {
	wait := limits.Take(Peer(r), 1, time.Now())
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	return wait <= 0
}
