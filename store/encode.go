package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// uuidText is an identifier for a uuid[] parameter.
func uuidText[T ~[16]byte](id T) string { return uuid.UUID(id).String() }

// clean makes a string valid for a text column, which can store neither NUL nor
// invalid UTF-8. The original bytes are in the journal.
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

// emptyNotNull makes a nil slice the empty JSON array.
func emptyNotNull[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
