package transfer

import (
	"bytes"
	"unicode/utf8"

	"switchboard/normalize/plaintext"
)

// DecodeBase64 decodes base64. enmime would record an error per foreign octet (a
// gigabyte for four million of them) and stop at early padding. Text that was
// declared base64 but is not stays unchanged.
func DecodeBase64(body []byte) []byte {
	if !likeBase64(firstParagraph(plaintext.ClipBytes(body, 1024))) {
		return body
	}
	return LooseBase64(trimFooter(body))
}

// firstParagraph returns the text before the first blank line, skipping leading ones.
func firstParagraph(b []byte) []byte {
	b = plaintext.SkipBlankLines(b)
	for rest := b; len(rest) > 0; {
		line, next := plaintext.CutLine(rest)
		if len(line) == 0 {
			return b[:len(b)-len(rest)]
		}
		rest = next
	}
	return b
}

// likeBase64 reports whether most of a sample belongs to the base64 alphabet and does
// not read as words.
func likeBase64(sample []byte) bool {
	foreign, words, digits := 0, 0, 0
	for i, c := range sample {
		switch {
		case base64Value[c] >= 0 || c == '=':
			digits++
		case c == ' ':
			if i > 0 && i+1 < len(sample) && sample[i-1] > ' ' && sample[i+1] > ' ' {
				words++
			}
		case c > ' ':
			foreign++
		}
	}
	return (foreign+words)*8 <= digits && !LikeWords(sample)
}

// maxWord is longer than almost all words, and shorter than a line of base64.
const maxWord = 48

// LikeWords reports whether a sample reads as words rather than as base64: nearly all of
// it is in tokens that are written as people write them. In base64, capitals and digits
// are anywhere. A single token must also decode to what is not text.
func LikeWords(sample []byte) bool {
	natural, total, tokens := 0, 0, 0
	for _, token := range bytes.Fields(sample) {
		tokens++
		total += len(token)
		if len(token) <= maxWord && naturalCase(bytes.Trim(token, "=/+.,;:!?()'\"-_*")) {
			natural += len(token)
		}
	}
	if total == 0 || natural*10 < total*8 {
		return false
	}
	return tokens > 1 || !likeText(LooseBase64(sample))
}

// naturalCase reports whether a token is a word in small letters, perhaps with a capital
// first, a short one in capitals, a number, or several of these joined by punctuation.
func naturalCase(token []byte) bool {
	for len(token) > 0 {
		n := 0
		for n < len(token) && (token[n] >= '0' && token[n] <= '9' || isUpper(token[n]) || isLower(token[n]) || token[n] >= 0x80) {
			n++
		}
		if !naturalWord(token[:n]) {
			return false
		}
		token = token[min(n+1, len(token)):]
	}
	return true
}

func naturalWord(word []byte) bool {
	upper, lower, digit := 0, 0, 0
	for _, c := range word {
		switch {
		case isUpper(c):
			upper++
		case c >= '0' && c <= '9':
			digit++
		default:
			lower++
		}
	}
	switch {
	case upper == 0:
		return lower == 0 && digit <= 12 || digit == 0 && !repeats(word)
	case lower == 0:
		return upper+digit <= 12 && !repeats(word)
	}
	return digit == 0 && upper == 1 && isUpper(word[0])
}

// repeats reports whether a word of some length is one letter, as base64 of zeros is.
func repeats(word []byte) bool {
	return len(word) > 3 && len(bytes.Trim(word, string(word[:1]))) == 0
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

// likeText reports whether b is UTF-8 without control characters.
func likeText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return utf8.Valid(b)
}

// trimFooter cuts off what was appended to the data: a stray boundary and, after the
// padding or a blank line, everything from the first line that is not base64.
func trimFooter(body []byte) []byte {
	ended := false
	for rest := body; len(rest) > 0; {
		line, next := plaintext.CutLine(rest)
		line = bytes.TrimSpace(line)
		if ended && !allBase64(line) || bytes.HasPrefix(line, []byte("--")) {
			return body[:len(body)-len(rest)]
		}
		if len(line) == 0 || line[len(line)-1] == '=' {
			ended = true
		}
		rest = next
	}
	return body
}

func allBase64(line []byte) bool {
	for _, c := range line {
		if base64Value[c] < 0 && c != '=' {
			return false
		}
	}
	return true
}

// likeQuotedPrintable reports whether text that is declared quoted-printable is. An
// equals sign of the text itself is always encoded (RFC 2045 §6.7), so that "?id=12" in
// text without any soft line break or encoded equals sign shows that nothing is encoded.
func likeQuotedPrintable(body []byte) bool {
	encoded, literal := 0, 0
	for rest := plaintext.ClipBytes(body, 64<<10); ; {
		i := bytes.IndexByte(rest, '=')
		if i < 0 {
			return encoded > 0 || literal == 0
		}
		before := byte('\n')
		if i > 0 {
			before = rest[i-1]
		}
		rest = rest[i+1:]
		if line, _ := plaintext.CutLine(rest); len(bytes.TrimSpace(line)) == 0 {
			return true // a soft line break
		}
		switch c, ok := HexPair(string(rest[:min(len(rest), 2)])); {
		case !ok:
			literal++
		case c == '=':
			return true
		case c >= 0x80 && !isAlphanumeric(before), c >= 0x80 && len(rest) > 2 && rest[2] == '=', c == ' ', c == '\t', c == '\r', c == '\n':
			encoded++
		case c >= 0x80:
			encoded++
			literal++
		case isAlphanumeric(before):
			literal++ // letters, digits and control characters need no encoding
		default:
			encoded++
		}
		if encoded > 0 && encoded >= literal && encoded > 8 {
			return true
		}
	}
}

func isAlphanumeric(c byte) bool {
	return isUpper(c) || isLower(c) || c >= '0' && c <= '9'
}
