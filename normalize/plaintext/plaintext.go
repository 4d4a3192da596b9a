// Package plaintext has the primitives of plain text that the steps of normalization
// share: cleaning, lines, clipping, phrases, and the text formats of RFC 3676 and RFC
// 1896.
package plaintext

import "strings"

// Clean converts line ends to LF and removes control characters, which editors,
// terminals and databases do not handle.
func Clean(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c == 0xc2 && i+1 < len(s) && s[i+1] < 0xa0 {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\r\n", "\n"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r', r == '\u0085':
			return '\n'
		case r == '\n' || r == '\t':
			return r
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return -1
		}
		return r
	}, s)
}

// TrimBlankLines removes blank lines at both ends of a text and keeps those inside.
func TrimBlankLines(s string) string {
	s = strings.Trim(s, "\n")
	return strings.TrimRight(s, " \t\n")
}

// IsBlank reports whether s consists of white space only, including the invisible
// characters that HTML leaves behind.
func IsBlank(s string) bool {
	for _, r := range s {
		switch {
		case r <= ' ', r == '\u00a0', r >= '\u2000' && r <= '\u200f', r == '\u2028', r == '\u2029', r == '\u3000', r == '\ufeff', r == '\u2060', r == '\u00ad', r == '\u034f':
		default:
			return false
		}
	}
	return true
}
