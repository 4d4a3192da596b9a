package plaintext

import "strings"

// cleanText makes LF the only line end and drops control characters, which no
// text has and which editors, terminals and databases choke on.
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

// tidyText trims blank lines around a text; those inside are the sender's.
func TrimBlankLines(s string) string {
	s = strings.Trim(s, "\n")
	return strings.TrimRight(s, " \t\n")
}

// isBlank treats every kind of space, also those HTML leaves behind, as nothing.
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
