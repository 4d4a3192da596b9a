// Package repeat makes POST requests safe to send again: of the requests with the
// same Idempotency-Key one is carried out, and the others get its answer
// (draft-ietf-httpapi-idempotency-key-header-07).
package repeat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/credential"
)

const (
	// Header is the name of the request header.
	Header = "Idempotency-Key"
	// Replayed is the response header that marks a repeated answer.
	Replayed = "Idempotency-Replayed"
	// MaxKey bounds the length of a key.
	MaxKey = 255
)

// Secret is a key of huma.Operation.Metadata: true for operations whose answer
// contains a secret. It is stored encrypted with the credentials of the request.
const Secret = "secretAnswer"

// Keeper remembers requests and their answers.
type Keeper interface {
	// ClaimRepeat claims a key for a request with this fingerprint, or returns what
	// is known about it; with view.RepeatAnswered, the answer.
	ClaimRepeat(ctx context.Context, c view.Claim, fingerprint []byte) (view.Repeat, view.Answer, error)
	// BindRepeat returns a context whose writes belong to the claimed request: they
	// are committed only while it holds its claim.
	BindRepeat(ctx context.Context, c view.Claim) context.Context
	KeepRepeat(ctx context.Context, c view.Claim, a view.Answer) error
	// ReleaseRepeat forgets a request that wrote nothing.
	ReleaseRepeat(ctx context.Context, c view.Claim) error
}

// storeTimeout bounds how long an answer may wait for being stored.
const storeTimeout = 5 * time.Second

// retryAfter is when a request in progress should have been answered, in seconds.
const retryAfter = "2"

// Describe adds the request header to the description of a POST operation.
func Describe(op *huma.Operation) {
	limit := MaxKey
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: Header, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &limit},
		Description: "Chosen by the client. A request with the key of an earlier one is not carried out again: it gets the same answer, for 24 hours.",
	})
}

// Middleware is a huma middleware for authenticated requests.
func Middleware(keeper Keeper, log *slog.Logger) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		by := auth.AgentOf(ctx.Context())
		values := r.Header.Values(Header)
		if r.Method != http.MethodPost || len(values) == 0 || by.ID.IsZero() {
			next(ctx)
			return
		}
		if len(values) > 1 || !valid(values[0]) {
			problem.Write(w, r, problem.Invalid("header."+Header, "must be one value of 1 to "+strconv.Itoa(MaxKey)+" visible ASCII characters", nil))
			return
		}
		fingerprint, err := fingerprint(r)
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			problem.Write(w, r, problem.TooLarge(tooLarge.Limit))
			return
		} else if err != nil {
			problem.Write(w, r, problem.New(http.StatusBadRequest, "the request body could not be read completely"))
			return
		}
		request := request{keeper: keeper, log: log, claim: view.Claim{Agent: by.ID, Key: values[0], Token: uuid.New()}, r: r}
		if secret, _ := ctx.Operation().Metadata[Secret].(bool); secret {
			request.secret = auth.Credential(r)
		}
		known, answer, err := keeper.ClaimRepeat(ctx.Context(), request.claim, fingerprint)
		switch {
		case err != nil:
			problem.Write(w, r, problem.Explain(ctx.Context(), log, err))
		case known == view.RepeatNew:
			request.run(ctx, next)
		case known == view.RepeatAnswered:
			request.replay(ctx.Context(), w, answer)
		default:
			problem.Write(w, r, refusal(known))
		}
	}
}

// valid reports whether a key may be stored: visible ASCII characters.
func valid(key string) bool {
	return key != "" && len(key) <= MaxKey && !strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' })
}

// refusal explains why a request that cannot be repeated is not carried out.
func refusal(known view.Repeat) *problem.Details {
	switch known {
	case view.RepeatDifferent:
		return problem.Invalid("header."+Header, "the key was already used for a different request; use a new key for each request", nil)
	case view.RepeatLost:
		return problem.New(http.StatusConflict, "the request was carried out, but its answer was lost; load the result to see it")
	}
	return problem.New(http.StatusConflict, "a request with this key is in progress").WithHeader("Retry-After", retryAfter)
}

// fingerprint identifies a request by its method, path and body, and rewinds the
// body. JSON counts by its content, because a client may encode it anew each time.
func fingerprint(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	h := sha256.New()
	io.WriteString(h, r.Method+" "+r.URL.RequestURI()+"\n")
	h.Write(canonical(body))
	return h.Sum(nil), nil
}

// canonical returns JSON with sorted keys and without spaces, anything else unchanged.
func canonical(body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil || d.More() {
		return body
	}
	if out, err := json.Marshal(value); err == nil {
		return out
	}
	return body
}

// request is a request that has an Idempotency-Key.
type request struct {
	keeper Keeper
	log    *slog.Logger
	claim  view.Claim
	secret string // encrypts the answer; "" when that is not necessary
	r      *http.Request
}

// run carries out the request and keeps its answer. A refusal is not kept: nothing
// was done, and the reason may be gone when the request is sent again.
func (q *request) run(ctx huma.Context, next func(huma.Context)) {
	rec := &recorder{inner: huma.WithContext(ctx, q.keeper.BindRepeat(ctx.Context(), q.claim)), header: map[string]string{}}
	defer func() {
		// The client may be gone, and the answer is for its next attempt.
		store, cancel := context.WithTimeout(context.WithoutCancel(ctx.Context()), storeTimeout)
		defer cancel()
		if err := q.finish(store, rec); err != nil {
			q.log.WarnContext(store, "AnswerNotKept", "error", err, "request_id", problem.RequestID(store))
		}
		rec.send()
	}()
	next(rec)
}

func (q *request) finish(ctx context.Context, rec *recorder) error {
	if rec.status < 200 || rec.status > 299 {
		return q.keeper.ReleaseRepeat(ctx, q.claim)
	}
	a := view.Answer{Status: rec.status, Header: rec.header, Body: bytes.Clone(rec.body.Bytes())}
	if q.secret != "" {
		var err error
		if a.Body, err = credential.Seal(q.secret, q.context(), a.Body); err != nil {
			return err
		}
	}
	return q.keeper.KeepRepeat(ctx, q.claim, a)
}

// replay writes a stored answer.
func (q *request) replay(ctx context.Context, w http.ResponseWriter, a view.Answer) {
	if q.secret != "" {
		var err error
		if a.Body, err = credential.Open(q.secret, q.context(), a.Body); desk.KindOf(err) == desk.KindDenied && err != nil {
			problem.Write(w, q.r, problem.New(http.StatusConflict, "the request was carried out with other credentials, which alone can read its answer"))
			return
		} else if err != nil {
			problem.Write(w, q.r, problem.Explain(ctx, q.log, err))
			return
		}
	}
	for name, value := range a.Header {
		w.Header().Set(name, value)
	}
	w.Header().Set(Replayed, "true")
	w.WriteHeader(a.Status)
	w.Write(a.Body) // an error means that the client is gone
}

// context binds an encrypted answer to its key.
func (q *request) context() string { return "answer " + q.claim.Agent.String() + " " + q.claim.Key }

// recorder holds back an answer until it is stored: what the client has seen is
// then what it sees again.
type recorder struct {
	inner
	status int
	header map[string]string
	body   bytes.Buffer
}

// inner is huma.Context under a name that does not hide its method Context.
type inner huma.Context

// Unwrap is for humago.Unwrap.
func (c *recorder) Unwrap() huma.Context         { return c.inner }
func (c *recorder) SetStatus(code int)           { c.status = code }
func (c *recorder) Status() int                  { return c.status }
func (c *recorder) SetHeader(name, value string) { c.header[name] = value }
func (c *recorder) BodyWriter() io.Writer        { return &c.body }
func (c *recorder) AppendHeader(name, value string) {
	if before, ok := c.header[name]; ok {
		value = before + ", " + value
	}
	c.header[name] = value
}

// send writes the answer to the client.
func (c *recorder) send() {
	if c.status == 0 { // a panic, which the outer middleware answers
		return
	}
	for name, value := range c.header {
		c.inner.SetHeader(name, value)
	}
	c.inner.SetStatus(c.status)
	if c.body.Len() > 0 {
		c.inner.BodyWriter().Write(c.body.Bytes()) // an error means that the client is gone
	}
}
