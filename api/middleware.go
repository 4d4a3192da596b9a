package api

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"unicode/utf8"
)

type contextKey int

const (
	keyRequest contextKey = iota
	keyRequestID
	keyCaller
)

// requestID names the request in logs and problems; empty outside of one.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(keyRequestID).(string)
	return id
}

// requestOf is the HTTP request behind a context, nil outside of one.
func requestOf(ctx context.Context) *http.Request {
	r, _ := ctx.Value(keyRequest).(*http.Request)
	return r
}

// around puts what every request passes around the routes: a name, a bound, the
// refusal of foreign origins, and an answer even after a panic.
func (s *server) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := newRequestID()
		ctx := context.WithValue(r.Context(), keyRequestID, id)
		r = r.WithContext(ctx)
		r = r.WithContext(context.WithValue(ctx, keyRequest, r))
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		watched := &watchedWriter{ResponseWriter: w}
		defer s.recover(watched, r)
		if p := s.refuse(r); p != nil {
			writeProblem(watched, r, p)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
		}
		r.Body = http.MaxBytesReader(watched, r.Body, maxBody)
		next.ServeHTTP(watched, r)
	})
}

// refuse says why a request goes no further. Requests that carry a key in a
// header come from no browser's ambient credentials, so their origin is free.
func (s *server) refuse(r *http.Request) *ProblemDetails {
	if r.Header.Get("Authorization") == "" {
		if err := s.origin.Check(r); err != nil {
			return problem(http.StatusForbidden, "this request comes from another site's page")
		}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return problem(http.StatusBadRequest, "the query string cannot be read: "+err.Error())
	}
	for name, values := range query {
		for _, v := range values {
			if !plain(v) || !plain(name) {
				return invalid("query."+strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), "?"), "not UTF-8 text, or with NUL in it", nil)
			}
		}
	}
	if !plain(r.URL.Path) {
		return noSuch("path")
	}
	return nil
}

// plain reports whether a text can be stored and looked for.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func (s *server) recover(w *watchedWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	s.log.ErrorContext(r.Context(), "request panicked", "panic", v, "request_id", requestID(r.Context()), "stack", string(debug.Stack()))
	if !w.wrote {
		writeProblem(w, r, problem(http.StatusInternalServerError, "something went wrong on our side"))
	}
}

// watchedWriter knows whether an answer has begun.
type watchedWriter struct {
	http.ResponseWriter
	wrote bool
}

func (w *watchedWriter) WriteHeader(status int) {
	w.wrote = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *watchedWriter) Write(b []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(b)
}

// Unwrap serves http.ResponseController.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack serves the event socket.
func (w *watchedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.wrote = true
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

func newRequestID() string {
	b := make([]byte, 12)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// secure reports whether the browser speaks TLS to us, so that cookies may ask for it.
func (s *server) secure(r *http.Request) bool {
	switch {
	case r.TLS != nil:
		return true
	case s.public != nil:
		return s.public.Scheme == "https"
	}
	return r.URL.Scheme == "https" // as a trusted proxy says
}
