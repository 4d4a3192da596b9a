// Package problem turns errors into problem details (RFC 9457), the one error
// format of the HTTP API.
package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/agent"
	"switchboard/desk"
)

// MediaType is the content type of every error response.
const MediaType = "application/problem+json"

// RedactBody is a key of huma.Operation.Metadata. When it is true, error
// responses of the operation never repeat values from the request body.
const RedactBody = "redactBody"

// Details is the body of every error response (RFC 9457), as application/problem+json.
type Details struct {
	Type      string              `json:"type" format:"uri-reference" doc:"Always about:blank: the status is the type (RFC 9457 §4.2.1)"`
	Title     string              `json:"title" doc:"The name of the HTTP status"`
	Status    int                 `json:"status"`
	Detail    string              `json:"detail" doc:"What went wrong, in readable form"`
	Errors    []*huma.ErrorDetail `json:"errors,omitempty" doc:"Which fields are invalid, and why"`
	RequestID string              `json:"request_id" doc:"Identifies this request in the server log"`
	LastSeq   *int64              `json:"last_seq,omitempty" doc:"With 409 after a reply: number of the newest message"`
	Newer     *int                `json:"newer,omitempty" doc:"With 409 after a reply: how many messages are newer than expected_seq"`

	Unreachable []desk.Unreachable `json:"unreachable,omitempty" doc:"With 422 after a reply or a redirect: the addresses that get no replies"`

	headers http.Header
}

func (d *Details) Error() string             { return d.Detail }
func (d *Details) GetStatus() int            { return d.Status }
func (d *Details) GetHeaders() http.Header   { return d.headers }
func (d *Details) ContentType(string) string { return MediaType }

// WithHeader sets a header of the response and returns d.
func (d *Details) WithHeader(name, value string) *Details {
	if d.headers == nil {
		d.headers = http.Header{}
	}
	d.headers.Set(name, value)
	return d
}

// statusOf maps error kinds to HTTP statuses.
var statusOf = map[desk.Kind]int{
	desk.KindInternal:  http.StatusInternalServerError,
	desk.KindInvalid:   http.StatusUnprocessableEntity,
	desk.KindNotFound:  http.StatusNotFound,
	desk.KindConflict:  http.StatusConflict,
	desk.KindDenied:    http.StatusForbidden,
	desk.KindTemporary: http.StatusServiceUnavailable,
}

// retryAfter is the Retry-After of a 503, in seconds.
const retryAfter = "2"

// InternalDetail is the text of every 500; the cause is only logged.
const InternalDetail = "internal error; the server log has the details"

// New returns the details for an HTTP status.
func New(status int, detail string) *Details {
	return &Details{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

// Invalid returns a 422 for one field, such as "query.q" or "body.until".
func Invalid(location, message string, value any) *Details {
	d := New(http.StatusUnprocessableEntity, message)
	d.Errors = []*huma.ErrorDetail{{Location: location, Message: message, Value: value}}
	return d
}

// NotFound returns a 404 for the named kind of object.
func NotFound(what string) *Details { return New(http.StatusNotFound, "no such "+what) }

// TooLarge returns a 413 for a request body of more than limit bytes.
func TooLarge(limit int64) *Details {
	if limit > 2<<20 {
		return New(http.StatusRequestEntityTooLarge, fmt.Sprintf("the file is too large: at most %d MB are accepted; make it smaller, or send a link to it", limit>>20))
	}
	return New(http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is too large: at most %d KiB are accepted; shorten the text", limit>>10))
}

// Unauthorized returns a 401 that asks for an API key.
func Unauthorized(detail string) *Details {
	return New(http.StatusUnauthorized, detail).WithHeader("WWW-Authenticate", `Bearer realm="switchboard"`)
}

// Explain maps any error of a handler to Details. Internal and temporary errors
// are logged, and the response does not repeat their text.
func Explain(ctx context.Context, log *slog.Logger, err error) *Details {
	var known *Details
	if errors.As(err, &known) {
		return known
	}
	if ctx.Err() != nil {
		return New(http.StatusServiceUnavailable, "request canceled")
	}
	kind := desk.KindOf(err)
	d := New(statusOf[kind], err.Error())
	var stale *agent.Stale
	if errors.As(err, &stale) {
		d.LastSeq, d.Newer = &stale.LastSeq, &stale.Newer
	}
	var unreachable *agent.Unreachable
	if errors.As(err, &unreachable) {
		d.Unreachable = unreachable.Addresses
	}
	switch kind {
	case desk.KindInvalid:
		d.Errors = []*huma.ErrorDetail{{Location: location(d.Detail), Message: d.Detail}}
		var fields agent.FieldErrors
		if errors.As(err, &fields) {
			d.Errors = nil
			for _, f := range fields {
				d.Errors = append(d.Errors, &huma.ErrorDetail{Location: "body." + f.Field, Message: f.Reason})
			}
		}
	case desk.KindInternal:
		d.Detail = InternalDetail
		log.ErrorContext(ctx, "RequestFailed", "error", err, "request_id", RequestID(ctx))
	case desk.KindTemporary:
		d.Detail = "temporarily unavailable; try again"
		d.WithHeader("Retry-After", retryAfter)
		log.WarnContext(ctx, "RequestDeferred", "error", err, "request_id", RequestID(ctx))
	}
	return d
}

// location returns the field a domain error is about: its text starts with the
// field's name ("text: contains a NUL character"), or concerns the whole body.
func location(detail string) string {
	name, _, found := strings.Cut(detail, ": ")
	if !found || strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }) {
		return "body"
	}
	return "body." + name
}

// Transform is a huma.Transformer. It replaces huma's own errors by Details and
// adds the request ID to all of them.
func Transform(ctx huma.Context, _ string, v any) (any, error) {
	var d *Details
	switch e := v.(type) {
	case *Details:
		c := *e
		d = &c
	case *huma.ErrorModel:
		d = fromHuma(e)
	default:
		return v, nil
	}
	d.RequestID = RequestID(ctx.Context())
	d.Errors = withoutUnsafeValues(d.Errors, ctx.Operation())
	return d, nil
}

// fromHuma returns huma's own error in words that say what to do where a text or the
// whole request is too long, which happens to people who paste.
func fromHuma(e *huma.ErrorModel) *Details {
	var limit int64
	if _, err := fmt.Sscanf(e.Detail, "request body is too large limit=%d bytes", &limit); err == nil {
		return TooLarge(limit)
	}
	d := New(e.Status, e.Detail)
	d.Errors = e.Errors
	for i, one := range e.Errors {
		if one == nil {
			continue
		}
		if _, err := fmt.Sscanf(one.Message, "expected length <= %d", &limit); err == nil {
			c := *one
			c.Message = fmt.Sprintf("%s is too long: at most %d characters are accepted; shorten it, or send it as a file", strings.TrimPrefix(one.Location, "body."), limit)
			d.Errors[i], d.Detail = &c, c.Message
		}
	}
	return d
}

// withoutUnsafeValues removes the values that a response must not repeat: long
// ones, objects and, with RedactBody, everything from the body.
func withoutUnsafeValues(in []*huma.ErrorDetail, op *huma.Operation) []*huma.ErrorDetail {
	redact, _ := op.Metadata[RedactBody].(bool)
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
		if redact && strings.HasPrefix(c.Location, "body") {
			c.Value = nil
		}
		out = append(out, &c)
	}
	return out
}

// Write sends d from code that huma does not run: unknown paths, panics,
// cross-site requests.
func Write(w http.ResponseWriter, r *http.Request, d *Details) {
	c := *d
	c.RequestID = RequestID(r.Context())
	body, err := json.Marshal(&c)
	if err != nil {
		http.Error(w, d.Title, d.Status)
		return
	}
	for k, v := range d.headers {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", MediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(d.Status)
	w.Write(body) // an error means that the client is gone
}

type requestIDKey struct{}

// WithRequestID returns a context that carries the request's ID.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID identifies the request in logs and problems; empty outside of one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
