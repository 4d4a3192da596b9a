package imf

import (
	"strings"
	"unicode/utf8"
)

// previewRunes is the length of a preview.
const previewRunes = 200

// Preview returns the beginning of a text on one line, at most 200 characters of it
// (the preview of RFC 8621 §4.1.4).
func Preview(s string) string {
	// Enough bytes for that many characters and for white space that collapses.
	if len(s) > 16*previewRunes {
		s = strings.ToValidUTF8(s[:16*previewRunes], "")
	}
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= previewRunes {
		return s
	}
	return string([]rune(s)[:previewRunes])
}
