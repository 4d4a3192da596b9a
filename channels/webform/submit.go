package webform

import (
	"context"
	"net/http"
	"strings"
	"time"

	"switchboard/channels"
	"switchboard/desk"
)

const storeWithin = 30 * time.Second

// submit handles a submission: it applies the rate limit, reads, checks and journals the
// form and only then responds.
func (s *Server) submit(w http.ResponseWriter, r *http.Request, f Form) {
	sink := s.enter()
	if sink == nil {
		s.fail(w, r, f, submission{}, &fault{status: http.StatusServiceUnavailable, detail: "Forms cannot be submitted at the moment. Please try again.", retry: 5 * time.Second})
		return
	}
	defer s.inFlight.Done()
	if wait := s.limits.Take(s.cfg.ClientIP(r), 1, time.Now()); wait > 0 {
		s.fail(w, r, f, submission{}, &fault{status: http.StatusTooManyRequests, detail: "Too many forms were submitted from your network. Please try again later.", retry: wait})
		return
	}
	release, err := s.reserve(r)
	if err != nil {
		s.fail(w, r, f, submission{}, err)
		return
	}
	defer release()
	sub, err := s.decode(w, r)
	if err == nil {
		sub.Form = f.Key
		sub.tidy()
		if errs := sub.check(f); errs != nil {
			err = &fault{status: http.StatusUnprocessableEntity, detail: "The form is incomplete or has errors.", errs: errs}
		}
	}
	if err != nil {
		s.fail(w, r, f, sub, err)
		return
	}
	receipt, err := s.accept(r, sink, f, sub)
	if err != nil {
		s.fail(w, r, f, sub, err)
		return
	}
	s.succeed(w, r, f, sub, receipt.ID)
}

// reserve limits the memory of the submissions being processed. Each is held as it was
// received, as JSON, and as it is written to the database.
func (s *Server) reserve(r *http.Request) (release func(), err error) {
	size := r.ContentLength
	if size >= 0 && size <= maxBody {
		return func() {}, nil
	}
	if size < 0 || size > s.cfg.MaxTotal+maxBody {
		size = s.cfg.MaxTotal + maxBody
	}
	size = min(3*size, s.cfg.Memory)
	ctx, cancel := context.WithTimeout(r.Context(), readIdle)
	defer cancel()
	if s.memory.Acquire(ctx, size) != nil {
		return nil, &fault{status: http.StatusServiceUnavailable, detail: "Too many files are being uploaded. Please try again in a moment.", retry: 10 * time.Second}
	}
	return func() { s.memory.Release(size) }, nil
}

// accept journals a submission. If the trap field was filled in, the submission is
// quarantined, where an administrator can look at it and replay it: browsers sometimes
// fill in the field for legitimate visitors.
func (s *Server) accept(r *http.Request, sink channels.Sink, f Form, sub submission) (desk.Receipt, error) {
	body, err := sub.encode()
	if err != nil {
		return desk.Receipt{}, err
	}
	raw := desk.Raw{
		ID: desk.NewID[desk.RawID](), Channel: desk.ChannelForm, Endpoint: f.Key, SourceKey: sub.sourceKey(body),
		RemoteAddr: r.RemoteAddr, ReceivedAt: time.Now(), Size: int64(len(body)), Bytes: body,
	}
	if sub.trap != "" {
		raw.State, raw.Problem = desk.RawQuarantined, "spam: the hidden field was filled in"
	}
	// Even if the visitor disconnects, the submission is stored.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storeWithin)
	defer cancel()
	receipt, err := sink.Accept(ctx, raw)
	switch {
	case err == nil:
		s.log.Info("Accepted", "raw", receipt.ID, "form", f.Key, "duplicate", receipt.Duplicate, "spam", sub.trap != "")
		return receipt, nil
	case desk.KindOf(err) == desk.KindInvalid:
		s.log.Warn("Refused", "form", f.Key, "error", err)
		return receipt, &fault{status: http.StatusUnprocessableEntity, detail: "The form cannot be accepted."}
	}
	s.log.Warn("NotStored", "form", f.Key, "error", err)
	return receipt, &fault{status: http.StatusServiceUnavailable, detail: "The form could not be stored and nothing was sent. Please try again.", retry: 5 * time.Second}
}

// preflight responds to a CORS preflight request (Fetch §4.8).
func (s *Server) preflight(w http.ResponseWriter, _ *http.Request, _ Form) {
	h := w.Header()
	if h.Get("Access-Control-Allow-Origin") != "" {
		h.Set("Access-Control-Allow-Methods", "POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type, Accept, Idempotency-Key")
		h.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}

// allowOrigin allows a page of an allowed origin to read the response. Any page may
// submit, because no cookies are used that a foreign page could exploit.
func allowOrigin(w http.ResponseWriter, r *http.Request, f Form) {
	origin := r.Header.Get("Origin")
	w.Header().Add("Vary", "Origin")
	for _, a := range f.Origins {
		if origin != "" && (a == "*" || strings.EqualFold(a, origin)) {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			return
		}
	}
}
