package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/agent"
	"switchboard/desk"
)

// ProblemDetails is every error's answer (RFC 9457), as application/problem+json.
type ProblemDetails struct {
	Type      string              `json:"type" format:"uri-reference" doc:"about:blank: the status says it all (RFC 9457 §4.2.1)"`
	Title     string              `json:"title" doc:"The status in words"`
	Status    int                 `json:"status"`
	Detail    string              `json:"detail" doc:"What happened, for a person"`
	Errors    []*huma.ErrorDetail `json:"errors,omitempty" doc:"What is wrong, and where"`
	RequestID string              `json:"request_id" doc:"Names this request in the server's log"`
	LastSeq   *int64              `json:"last_seq,omitempty" doc:"With 409 after a reply: the newest message's number"`
	Newer     *int                `json:"newer,omitempty" doc:"With 409 after a reply: how many messages are newer than expected_seq"`

	headers http.Header
}

func (p *ProblemDetails) Error() string             { return p.Detail }
func (p *ProblemDetails) GetStatus() int            { return p.Status }
func (p *ProblemDetails) GetHeaders() http.Header   { return p.headers }
func (p *ProblemDetails) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// statusOf is the HTTP edge's table of Kinds.
var statusOf = map[desk.Kind]int{
	desk.KindInternal:  http.StatusInternalServerError,
	desk.KindInvalid:   http.StatusUnprocessableEntity,
	desk.KindNotFound:  http.StatusNotFound,
	desk.KindConflict:  http.StatusConflict,
	desk.KindDenied:    http.StatusForbidden,
	desk.KindTemporary: http.StatusServiceUnavailable,
}

// retryAfter is what a 503 suggests, in seconds.
const retryAfter = "2"

// problem makes a Problem of a status and a sentence.
func problem(status int, detail string) *ProblemDetails {
	return &ProblemDetails{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

// invalid is a 422 that points at a place: "query.q", "body.until".
func invalid(location, message string, value any) *ProblemDetails {
	p := problem(http.StatusUnprocessableEntity, message)
	p.Errors = []*huma.ErrorDetail{{Location: location, Message: message, Value: value}}
	return p
}

func noSuch(what string) *ProblemDetails { return problem(http.StatusNotFound, "no such "+what) }

// explain turns whatever a handler returned into a Problem. What the caller can
// do nothing about is logged and not told.
func (s *server) explain(ctx context.Context, err error) *ProblemDetails {
	var known *ProblemDetails
	if errors.As(err, &known) {
		return known
	}
	if ctx.Err() != nil {
		return problem(http.StatusServiceUnavailable, "the request was given up")
	}
	kind := desk.KindOf(err)
	p := problem(statusOf[kind], err.Error())
	var stale *agent.Stale
	if errors.As(err, &stale) {
		p.LastSeq, p.Newer = &stale.LastSeq, &stale.Newer
	}
	switch kind {
	case desk.KindInvalid:
		p.Errors = []*huma.ErrorDetail{{Location: place(p.Detail), Message: p.Detail}}
	case desk.KindInternal:
		p.Detail = "something went wrong on our side"
		s.log.ErrorContext(ctx, "request failed", "error", err, "request_id", requestID(ctx))
	case desk.KindTemporary:
		p.Detail = "not at this moment; try again"
		p.headers = http.Header{"Retry-After": {retryAfter}}
		s.log.WarnContext(ctx, "request put off", "error", err, "request_id", requestID(ctx))
	}
	return p
}

// place is where a refusal of the desk points: its text begins with the field's
// name ("text: it holds a NUL character"), or is about the request as a whole.
func place(detail string) string {
	name, _, found := strings.Cut(detail, ": ")
	if !found || strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }) {
		return "body"
	}
	return "body." + name
}

// finish is the last hand on every answer: the library's own errors become
// Problems, and every Problem names its request.
func finish(ctx huma.Context, _ string, v any) (any, error) {
	var p *ProblemDetails
	switch e := v.(type) {
	case *ProblemDetails:
		c := *e
		p = &c
	case *huma.ErrorModel:
		p = problem(e.Status, e.Detail)
		p.Errors = e.Errors
	default:
		return v, nil
	}
	p.RequestID = requestID(ctx.Context())
	p.Errors = presentable(p.Errors, ctx.Operation())
	return p, nil
}

// presentable drops the values that an answer should not repeat: long ones, whole
// bodies, and everything that was sent to sign in.
func presentable(in []*huma.ErrorDetail, op *huma.Operation) []*huma.ErrorDetail {
	out := make([]*huma.ErrorDetail, 0, len(in))
	for _, e := range in {
		if e == nil {
			continue
		}
		c := *e
		switch v := c.Value.(type) {
		case nil, bool, float64, int, int64:
		case string:
			if len(v) > 200 {
				c.Value = nil
			}
		default:
			c.Value = nil
		}
		if op.OperationID == opSignIn && strings.HasPrefix(c.Location, "body") {
			c.Value = nil
		}
		out = append(out, &c)
	}
	return out
}

// writeProblem answers outside of the library: unknown paths, panics, refused origins.
func writeProblem(w http.ResponseWriter, r *http.Request, p *ProblemDetails) {
	c := *p
	c.RequestID = requestID(r.Context())
	body, err := json.Marshal(&c)
	if err != nil {
		http.Error(w, p.Title, p.Status)
		return
	}
	for k, v := range p.headers {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", problemType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	w.Write(body) // a client that has gone away needs no answer
}
