package normalize

import (
	"strings"
	"switchboard/internal/imf"
	"unicode/utf8"
)

// decodeHeader returns a header value as one line of UTF-8: encoded words
// (RFC 2047) decoded, raw 8-bit text read by the charset order, control
// characters gone. hint is the charset the mail declares elsewhere; it may be
// empty.
func decodeHeader(s, hint string) string {
	return imf.OneLine(decodeText(s, hint))
}

// decodeText decodes encoded words and raw 8-bit text and leaves white space be.
// Some programs encode what is encoded already, so it looks again, twice at most.
func decodeText(s, hint string) string {
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

// decodeWords decodes one layer of encoded words. The octets of neighbours with
// the same charset are joined before conversion, because programs cut
// multi-octet characters in two (RFC 2047 §5 forbids it).
func decodeWords(s, hint string) (out string, found bool) {
	var b strings.Builder
	var pending, literal []byte // decoded octets of the words being joined
	charset, afterWord := "", false
	flush := func() {
		if len(pending) > 0 {
			b.WriteString(wordText(pending, literal, charset))
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
		// White space between encoded words is not text (RFC 2047 §6.2).
		if gap := s[:start]; !afterWord || strings.TrimSpace(gap) != "" {
			flush()
			b.WriteString(rawText(gap, hint))
		}
		if !strings.EqualFold(charset, w.charset) {
			flush()
		}
		found, afterWord, charset = true, true, w.charset
		pending = append(pending, w.octets(' ')...)
		if !w.base64 && isDoubleByte(charsetName(charset)) {
			literal = append(literal, w.octets('_')...)
		}
		s = s[start+n:]
	}
	flush()
	b.WriteString(rawText(s, hint))
	return b.String(), found
}

// wordText converts joined words. Some programs leave an underscore bare that is
// half of an East Asian character; literal holds the octets read that way.
func wordText(octets, literal []byte, charset string) string {
	text, _ := toUTF8(octets, charset, false)
	if len(literal) == len(octets) {
		if _, ok := decodeDeclared(octets, charsetName(charset)); !ok {
			if other, ok := decodeDeclared(literal, charsetName(charset)); ok {
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
	text, _ := toUTF8([]byte(s), hint, false)
	return text
}

// word is an encoded word taken apart.
type word struct {
	charset string
	base64  bool
	text    string
}

// readWord reads the encoded word at the start of s and returns its length, 0
// if there is none. It forgives blanks inside the text and a lost end.
func readWord(s string) (word, int) {
	i := strings.IndexByte(s[2:], '?')
	if i < 0 || i > 60 {
		return word{}, 0
	}
	charset := s[2 : 2+i]
	if strings.ContainsAny(charset, "\t=<>@,") {
		return word{}, 0
	}
	rest := s[2+i+1:]
	if len(rest) < 2 || rest[1] != '?' || !strings.ContainsRune("bBqQ", rune(rest[0])) {
		return word{}, 0
	}
	text := rest[2:]
	end := strings.Index(text, "?=")
	skip := 2
	// "?=" may be the beginning of "?==20": the mark must end the word.
	if next := strings.Index(text, "=?"); next >= 0 && (end < 0 || next < end) && !strings.HasPrefix(text[next:], "=?=") {
		end, skip = next, 0 // the next word begins before this one has ended
	}
	if end < 0 {
		end, skip = len(strings.TrimRight(text, " \t?")), len(text)-len(strings.TrimRight(text, " \t?"))
		if end == 0 {
			return word{}, 0
		}
	}
	// RFC 2231 §5 puts a language after the charset.
	if star := strings.IndexByte(charset, '*'); star >= 0 {
		charset = charset[:star]
	}
	w := word{charset: charset, base64: rest[0] == 'b' || rest[0] == 'B', text: text[:end]}
	return w, 2 + i + 1 + 2 + end + skip
}

// octets decodes the word's text; underscore is what "_" stands for (a space by
// RFC 2047 §4.2).
func (w word) octets(underscore byte) []byte {
	if w.base64 {
		return looseBase64([]byte(w.text))
	}
	out := make([]byte, 0, len(w.text))
	for i := 0; i < len(w.text); i++ {
		c := w.text[i]
		switch {
		case c == '_':
			c = underscore
		case c == '=' && i+2 < len(w.text) && isHex(w.text[i+1]) && isHex(w.text[i+2]):
			c = unhex(w.text[i+1])<<4 | unhex(w.text[i+2])
			i += 2
		}
		out = append(out, c)
	}
	return out
}

func isPlainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf || s[i] == 0x1b {
			return false
		}
	}
	return true
}
