package imf

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// OneLine makes s safe to use as a single line: a subject, a display name, a file
// name, a log attribute. Runs of white space and control characters, line ends
// included, become single blanks; there are none at either end. Byte order marks and
// the bidirectional controls that can make one name display as another (Unicode TR36
// §3.2) are removed. Octets that are not UTF-8 become U+FFFD.
func OneLine(s string) string {
	if isOneLine(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s { // invalid octets are read as U+FFFD
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			gap = b.Len() > 0
			continue
		case isInvisibleControl(r):
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// isOneLine reports whether OneLine would return s unchanged.
func isOneLine(s string) bool {
	blank := true // the previous character was a blank, or there is none
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c > ' ' && c < 0x7f:
			blank = false
		case c == ' ' && !blank:
			blank = true
		case c < utf8.RuneSelf:
			return false
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 || unicode.IsSpace(r) || unicode.IsControl(r) || isInvisibleControl(r) {
				return false
			}
			blank = false
			i += n - 1
		}
	}
	return !blank || s == ""
}

// isInvisibleControl reports whether r is a byte order mark or an explicit
// bidirectional embedding, override or isolate.
func isInvisibleControl(r rune) bool {
	return r == '\ufeff' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
