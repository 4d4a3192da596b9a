// Package encodedword decodes header values: encoded words (RFC 2047) and raw 8-bit
// text, also where the RFC does not allow them.
package encodedword

import (
	"strings"
	"unicode/utf8"

	"switchboard/internal/imf"
	"switchboard/normalize/charset"
)

// Decode returns a header value as one line of UTF-8: encoded words (RFC 2047)
// decoded, raw 8-bit text converted, control characters removed. hint is the charset
// that the message declares elsewhere; it may be empty.
func Decode(s, hint string) string {
	return imf.OneLine(DecodeText(s, hint))
}

// DecodeText decodes encoded words and raw 8-bit text and keeps white space. Some
// programs encode twice, so it decodes up to three layers.
func DecodeText(s, hint string) string {
	if isPlainASCII(s) && !strings.Contains(s, "=?") {
		return s
	}
	for range 3 {
		out, found := decodeWords(s, hint)
		s = out
		if !found || !strings.Contains(s, "=?") {
			break
		}
	}
	return s
}

// decodeWords decodes one layer of encoded words. Adjacent words in the same charset
// are joined before they are converted, because some programs split multi-octet
// characters, which RFC 2047 §5 forbids.
func decodeWords(s, hint string) (out string, found bool) {
	var b strings.Builder
	var pending, literal []byte // decoded octets of the words being joined
	label, afterWord := "", false
	flush := func() {
		if len(pending) > 0 {
			b.WriteString(wordText(pending, literal, label))
			pending, literal = nil, nil
		}
	}
	for s != "" {
		start := strings.Index(s, "=?")
		if start < 0 {
			break
		}
		w, n := readWord(s[start:])
		if n == 0 {
			flush()
			b.WriteString(rawText(s[:start+2], hint))
			s, afterWord = s[start+2:], false
			continue
		}
		// White space between encoded words is ignored (RFC 2047 §6.2).
		if gap := s[:start]; !afterWord || strings.TrimSpace(gap) != "" {
			flush()
			b.WriteString(rawText(gap, hint))
		}
		if !strings.EqualFold(label, w.charset) {
			flush()
		}
		found, afterWord, label = true, true, w.charset
		pending = append(pending, w.octets(' ')...)
		if !w.base64 && charset.IsDoubleByte(charset.Name(label)) {
			literal = append(literal, w.octets('_')...)
		}
		s = s[start+n:]
	}
	flush()
	b.WriteString(rawText(s, hint))
	return b.String(), found
}

// wordText converts joined words. Some programs leave a literal underscore that is
// half of an East Asian character; literal holds the octets read that way.
func wordText(octets, literal []byte, label string) string {
	text, _ := charset.ToUTF8(octets, label, false)
	if len(literal) == len(octets) {
		if _, ok := charset.DecodeDeclared(octets, charset.Name(label)); !ok {
			if other, ok := charset.DecodeDeclared(literal, charset.Name(label)); ok {
				return other
			}
		}
	}
	return text
}

func rawText(s, hint string) string {
	if isPlainASCII(s) {
		return s
	}
	text, _ := charset.ToUTF8([]byte(s), hint, false)
	return text
}

// word is an encoded word, split but not decoded.
type word struct {
	charset string
	base64  bool
	text    string
}

// readWord reads the encoded word at the start of s and returns its length, or 0 if
// there is none. It tolerates blanks in the text and a missing end.
func readWord(s string) (word, int) {
	i := strings.IndexByte(s[2:], '?')
	if i < 0 || i > 60 {
		return word{}, 0
	}
	label := s[2 : 2+i]
	if strings.ContainsAny(label, "\t=<>@,") {
		return word{}, 0
	}
	rest := s[2+i+1:]
	if len(rest) < 2 || rest[1] != '?' || !strings.ContainsRune("bBqQ", rune(rest[0])) {
		return word{}, 0
	}
	text := rest[2:]
	end := strings.Index(text, "?=")
	skip := 2
	// "?=" may be the start of "?==20": the delimiter must end the word.
	if next := strings.Index(text, "=?"); next >= 0 && (end < 0 || next < end) && !strings.HasPrefix(text[next:], "=?=") {
		end, skip = next, 0 // the next word starts before this one has ended
	}
	if end < 0 {
		end, skip = len(strings.TrimRight(text, " \t?")), len(text)-len(strings.TrimRight(text, " \t?"))
		if end == 0 {
			return word{}, 0
		}
	}
	// RFC 2231 §5 appends a language to the charset.
	if star := strings.IndexByte(label, '*'); star >= 0 {
		label = label[:star]
	}
	w := word{charset: label, base64: rest[0] == 'b' || rest[0] == 'B', text: text[:end]}
	return w, 2 + i + 1 + 2 + end + skip
}

func isPlainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf || s[i] == 0x1b {
			return false
		}
	}
	return true
}
