package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"switchboard/api/middleware"
	"switchboard/api/problem"
	"switchboard/desk"
)

// Page is the response of every list.
type Page[T any] struct {
	Data       []T     `json:"data"`
	NextCursor *string `json:"next_cursor" doc:"Pass it as cursor; null: this is the last page"`
}

// ListInput has the parameters of every list. It is exported because huma reads
// only exported embedded fields.
type ListInput struct {
	Cursor string `query:"cursor" maxLength:"500" doc:"next_cursor of the previous page"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// listOutput is a page with its Link header (RFC 8288).
type listOutput[T any] struct {
	Link string `header:"Link" doc:"rel=next: the next page (RFC 8288)"`
	Body Page[T]
}

// paged returns a page of rows, of which one more than limit was read to know
// whether there is a next page.
func paged[T, C any](ctx context.Context, rows []T, limit int, cursorOf func(T) C) (*listOutput[T], error) {
	out := &listOutput[T]{Body: Page[T]{Data: rows}}
	if out.Body.Data == nil {
		out.Body.Data = []T{}
	}
	if len(rows) <= limit {
		return out, nil
	}
	out.Body.Data = rows[:limit]
	next, err := encodeCursor(cursorOf(rows[limit-1]))
	if err != nil {
		return nil, err
	}
	out.Body.NextCursor = &next
	out.Link = nextLink(ctx, "cursor", next)
	return out, nil
}

// whole returns a list that is short enough to have one page.
func whole[T any](rows []T) *listOutput[T] {
	if rows == nil {
		rows = []T{}
	}
	return &listOutput[T]{Body: Page[T]{Data: rows}}
}

// nextLink returns the current request's URL with one parameter changed.
func nextLink(ctx context.Context, param, value string) string {
	r := middleware.RequestOf(ctx)
	if r == nil {
		return ""
	}
	q := r.URL.Query()
	q.Set(param, value)
	next := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
	return "<" + next.String() + `>; rel="next"`
}

// encodeCursor returns a cursor: JSON in base64url, opaque to clients.
func encodeCursor(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", desk.Errorf(desk.KindInternal, "encode cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// decodeCursor decodes a cursor into v; an empty one leaves v unchanged.
func decodeCursor(cursor string, v any) error {
	if cursor == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields() // another list's cursor would restart this one
		err = d.Decode(v)
	}
	if err != nil {
		return problem.Invalid("query.cursor", "not a cursor of this list", cursor)
	}
	return nil
}

// pathID parses an identifier in a path; an invalid one is a 404.
func pathID[T comparable](text, what string, parse func(string) (T, error)) (T, error) {
	var none T
	id, err := parse(text)
	if err != nil || id == none {
		return none, problem.NotFound(what)
	}
	return id, nil
}

// seqCursor is a cursor in a list that is numbered per conversation.
type seqCursor struct {
	After int64 `json:"after"`
}

// conversationNumber parses "1042" or "#1042".
func conversationNumber(text string) (int64, bool) {
	text = strings.TrimPrefix(text, "#")
	if strings.HasPrefix(text, "+") {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0
}
