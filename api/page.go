package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"switchboard/desk"
)

// Page is the answer of every list.
type Page[T any] struct {
	Data       []T     `json:"data"`
	NextCursor *string `json:"next_cursor" doc:"Pass it as cursor; null is the end"`
}

// ListInput is what every list takes. It is exported because the library sees
// exported embedded fields only.
type ListInput struct {
	Cursor string `query:"cursor" maxLength:"500" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// listOutput is a page with its Link (RFC 8288).
type listOutput[T any] struct {
	Link string `header:"Link" doc:"rel=next: the page after this one (RFC 8288)"`
	Body Page[T]
}

// paged cuts a list that was read with one row more than asked, and makes the
// cursor of the last row that stays.
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

// whole is a list that is never long.
func whole[T any](rows []T) *listOutput[T] {
	if rows == nil {
		rows = []T{}
	}
	return &listOutput[T]{Body: Page[T]{Data: rows}}
}

// nextLink is the present request with one parameter changed.
func nextLink(ctx context.Context, param, value string) string {
	r := requestOf(ctx)
	if r == nil {
		return ""
	}
	q := r.URL.Query()
	q.Set(param, value)
	next := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
	return "<" + next.String() + `>; rel="next"`
}

// A cursor is JSON in base64url: opaque to clients, readable in a log.
func encodeCursor(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", desk.Errorf(desk.KindInternal, "encode cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// decodeCursor reads a cursor into v; an empty one leaves v as it is.
func decodeCursor(cursor string, v any) error {
	if cursor == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields() // another list's cursor would begin this one anew
		err = d.Decode(v)
	}
	if err != nil {
		return invalid("query.cursor", "this is not a cursor of this list", cursor)
	}
	return nil
}

// pathID reads an identifier out of a path. What is none names nothing.
func pathID[T comparable](text, what string, parse func(string) (T, error)) (T, error) {
	var none T
	id, err := parse(text)
	if err != nil || id == none {
		return none, noSuch(what)
	}
	return id, nil
}

// seqCursor is a place in a list that is numbered per conversation.
type seqCursor struct {
	After int64 `json:"after"`
}

// conversationNumber reads "1042" or "#1042".
func conversationNumber(text string) (int64, bool) {
	text = strings.TrimPrefix(text, "#")
	if strings.HasPrefix(text, "+") {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0
}
