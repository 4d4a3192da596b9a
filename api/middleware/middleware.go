// Package middleware wraps every HTTP request: request ID, security headers,
// cross-origin protection, a limit on the body, and recovery from panics.
package middleware

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"switchboard/api/problem"
	"switchboard/api/site"
)

// MaxBody bounds the body of a request, other than of one with a file, in bytes.
const MaxBody = 1 << 20

// hsts makes browsers use TLS for this host only, and only for a year after the last
// visit (RFC 6797 §6.1).
const hsts = "max-age=31536000"

type requestKey struct{}

// RequestOf returns the HTTP request of a context, nil outside of one.
func RequestOf(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r
}

// Wrap returns next with everything that applies to all requests.
func Wrap(next http.Handler, site site.Site, limit func(*http.Request) int64, log *slog.Logger) (http.Handler, error) {
	cop := http.NewCrossOriginProtection()
	if origin := site.Origin(); origin != "" {
		if err := cop.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := newRequestID()
		ctx := problem.WithRequestID(r.Context(), id)
		r = r.WithContext(ctx)
		r = r.WithContext(context.WithValue(ctx, requestKey{}, r))
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if site.Secure(r) {
			h.Set("Strict-Transport-Security", hsts)
		}
		tracked := &trackedWriter{ResponseWriter: w}
		defer recoverPanic(tracked, r, log)
		if p := refuse(r, cop); p != nil {
			problem.Write(tracked, r, p)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
		}
		r.Body = http.MaxBytesReader(tracked, r.Body, limit(r))
		next.ServeHTTP(tracked, r)
	}), nil
}

// refuse returns the problem of a request that must not reach any route, or nil.
// Requests with an Authorization header are exempt from the origin check: no
// browser adds that by itself.
func refuse(r *http.Request, cop *http.CrossOriginProtection) *problem.Details {
	if r.Header.Get("Authorization") == "" {
		if err := cop.Check(r); err != nil {
			return problem.New(http.StatusForbidden, "cross-site request refused")
		}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return problem.New(http.StatusBadRequest, "invalid query string: "+err.Error())
	}
	for name, values := range query {
		for _, v := range values {
			if !storable(v) || !storable(name) {
				name = strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), "?")
				return problem.Invalid("query."+name, "must be UTF-8 text without NUL", nil)
			}
		}
	}
	if !storable(r.URL.Path) {
		return problem.NotFound("path")
	}
	return nil
}

// storable reports whether PostgreSQL accepts a text.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// recoverPanic logs a panic and answers 500 unless a response has begun.
func recoverPanic(w *trackedWriter, r *http.Request, log *slog.Logger) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	log.ErrorContext(r.Context(), "RequestPanicked", "panic", v, "request_id", problem.RequestID(r.Context()), "stack", string(debug.Stack()))
	if !w.wrote {
		problem.Write(w, r, problem.New(http.StatusInternalServerError, problem.InternalDetail))
	}
}

// trackedWriter records whether a response has begun.
type trackedWriter struct {
	http.ResponseWriter
	wrote bool
}

func (w *trackedWriter) WriteHeader(status int) {
	w.wrote = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *trackedWriter) Write(b []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *trackedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack is for the event socket.
func (w *trackedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.wrote = true
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

func newRequestID() string {
	b := make([]byte, 12)
	rand.Read(b)
	return hex.EncodeToString(b)
}
