package store

import (
	"bytes"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// uuidText is an identifier for a uuid[] parameter.
func uuidText[T ~[16]byte](id T) string { return uuid.UUID(id).String() }

// clean makes a string fit for a text column, which holds neither NUL nor
// invalid UTF-8. Bytes that matter are in the journal.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// jsonText is a value for a jsonb column. The escape \u0000 is valid JSON and
// refused by jsonb, so it is dropped.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: %T does not marshal: %v", v, err)) // a programming error
	}
	if !bytes.Contains(b, []byte(`\u0000`)) {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] != '\\':
			out = append(out, b[i])
		case bytes.HasPrefix(b[i:], []byte(`\u0000`)):
			i += len(`\u0000`) - 1
		default: // keep an escape whole, so that the text \\u0000 stays what it is
			out = append(out, b[i], b[i+1])
			i++
		}
	}
	return string(out)
}

// column is one parameter that holds a column of a batch: an array literal in
// PostgreSQL's text form (manual, 8.15.6), for unnest.
type column struct{ literal []byte }

// Value implements driver.Valuer.
func (c *column) Value() (driver.Value, error) {
	if c.literal == nil {
		return "{}", nil
	}
	return string(append(c.literal, '}')), nil
}

func (c *column) next() {
	if c.literal == nil {
		c.literal = append(c.literal, '{')
		return
	}
	c.literal = append(c.literal, ',')
}

func (c *column) null() {
	c.next()
	c.literal = append(c.literal, "NULL"...)
}

// text appends a string, made fit for a text column.
func (c *column) text(s string) {
	c.next()
	c.literal = append(c.literal, '"')
	s = clean(s)
	for {
		i := strings.IndexAny(s, "\"\\")
		if i < 0 {
			break
		}
		c.literal = append(append(c.literal, s[:i]...), '\\', s[i])
		s = s[i+1:]
	}
	c.literal = append(append(c.literal, s...), '"')
}

// list appends a list as one string, to be split by string_to_array.
func (c *column) list(items []string) { c.text(strings.Join(items, unitSeparator)) }

// unitSeparator joins the items of a list; control characters are in none of them.
const unitSeparator = "\x1f"

func (c *column) json(v any) { c.text(jsonText(v)) }

func (c *column) number(n int64) {
	c.next()
	c.literal = strconv.AppendInt(c.literal, n, 10)
}

func (c *column) boolean(b bool) {
	c.next()
	c.literal = strconv.AppendBool(c.literal, b)
}

// instant appends a timestamptz; the zero time is NULL.
func (c *column) instant(t time.Time) {
	if t.IsZero() {
		c.null()
		return
	}
	c.next()
	c.literal = append(c.literal, '"')
	c.literal = t.UTC().AppendFormat(c.literal, "2006-01-02T15:04:05.999999Z07:00")
	c.literal = append(c.literal, '"')
}

// uuid appends an identifier; the zero one is NULL.
func (c *column) uuid(id [16]byte) {
	if id == [16]byte{} {
		c.null()
		return
	}
	c.next()
	c.literal = append(c.literal, uuid.UUID(id).String()...)
}

// bytes appends a bytea in hex form.
func (c *column) bytes(b []byte) {
	c.next()
	c.literal = append(c.literal, `"\\x`...)
	c.literal = hex.AppendEncode(c.literal, b)
	c.literal = append(c.literal, '"')
}

// domainOf returns the lower-case domain of an addr-spec, or "".
func domainOf(address string) string {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	return domain
}
