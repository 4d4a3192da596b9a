package store

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"switchboard/desk"
)

// uuidText is an identifier for a uuid[] parameter.
func uuidText[T ~[16]byte](id T) string { return uuid.UUID(id).String() }

// instant is a time for a timestamptz[] parameter.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999Z07:00") }

// clean makes a string fit for a text column, which holds neither NUL nor
// invalid UTF-8. Bytes that matter are in the journal.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// jsonText is a value for a jsonb parameter. \u0000 is valid JSON and refused by jsonb.
func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", desk.Errorf(desk.KindInternal, "encode for the database: %w", err)
	}
	return strings.ReplaceAll(string(b), `\u0000`, ""), nil
}
