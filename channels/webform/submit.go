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

// submit takes a form: count, read, check, journal, and only then answer.
func (s *Server) submit(w http.ResponseWriter, r *http.Request, f Form) {
	sink := s.enter()
	if sink == nil {
		s.fail(w, r, f, submission{}, &fault{status: http.StatusServiceUnavailable, detail: "Forms are not taken at this moment. Please try again.", retry: 5 * time.Second})
		return
	}
	defer s.inFlight.Done()
	if wait := s.limits.take(s.cfg.ClientIP(r), time.Now()); wait > 0 {
		s.fail(w, r, f, submission{}, &fault{status: http.StatusTooManyRequests, detail: "Too many forms came from your network. Please try again later.", retry: wait})
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
			err = &fault{status: http.StatusUnprocessableEntity, detail: "The form is not complete.", errs: errs}
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

// reserve keeps the bodies in flight within the memory they may take: each is
// held as it came, as JSON and on its way to the database.
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

// accept journals a submission. One that fell into the trap is journaled as
// quarantined: it opens nothing, and a person may still look at it and replay it,
// as browsers sometimes fill the trap in for an honest visitor.
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
		raw.State, raw.Problem = desk.RawQuarantined, "spam: the field that people do not see was filled in"
	}
	// The visitor may hang up; what he has sent is stored all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storeWithin)
	defer cancel()
	receipt, err := sink.Accept(ctx, raw)
	switch {
	case err == nil:
		s.log.Info("Accepted", "raw", receipt.ID, "form", f.Key, "duplicate", receipt.Duplicate, "spam", sub.trap != "")
		return receipt, nil
	case desk.KindOf(err) == desk.KindInvalid:
		s.log.Warn("Refused", "form", f.Key, "error", err)
		return receipt, &fault{status: http.StatusUnprocessableEntity, detail: "The form cannot be taken."}
	}
	s.log.Warn("not stored", "form", f.Key, "error", err)
	return receipt, &fault{status: http.StatusServiceUnavailable, detail: "The form could not be stored and nothing was sent. Please try again.", retry: 5 * time.Second}
}

// preflight answers a browser that asks before it sends (Fetch §4.8).
func (s *Server) preflight(w http.ResponseWriter, _ *http.Request, _ Form) {
	h := w.Header()
	if h.Get("Access-Control-Allow-Origin") != "" {
		h.Set("Access-Control-Allow-Methods", "POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type, Accept, Idempotency-Key")
		h.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}

// allowOrigin lets a page of an allowed origin read the answer. Anybody may
// send: there is no cookie that a foreign page could borrow.
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
