package encodedword

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"switchboard/normalize/charset"
	"switchboard/normalize/transfer"
)

// octets decodes the text of the word; underscore is what "_" stands for (a space, by
// RFC 2047 §4.2).
func (w word) octets(underscore byte) []byte {
	if !w.base64 {
		return quotedOctets(w.text, underscore)
	}
	octets := transfer.LooseBase64([]byte(w.text))
	switch {
	case !charset.IsASCII([]byte(w.text)):
		return []byte(w.text) // no base64, and no sign that there was any
	case w.plausible(octets):
		return octets
	case hasHexPair(w.text):
		// Encoded by the other of the two encodings (RFC 2047 §4).
		if quoted := quotedOctets(w.text, underscore); w.plausible(quoted) {
			return quoted
		}
	case transfer.LikeWords([]byte(w.text)):
		return []byte(w.text)
	}
	return octets
}

// quotedOctets decodes the Q encoding (RFC 2047 §4.2). Programs that encode as if for a
// body leave soft line breaks (RFC 2045 §6.7): "=" before white space, after a letter.
func quotedOctets(text string, underscore byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '_':
			c = underscore
		case c == '=':
			if octet, ok := transfer.HexPair(text[i+1:]); ok {
				c = octet
				i += 2
			} else if rest := strings.TrimLeft(text[i+1:], " \t\r\n"); i > 0 && text[i-1] > ' ' && text[i-1] != '_' && len(rest) < len(text)-i-1 {
				i = len(text) - len(rest) - 1
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

// plausible reports whether octets may be text in the charset of the word: they have
// no control characters and, in UTF-8, are valid except for characters cut at the ends
// (which RFC 2047 §5 forbids, but is frequent).
func (w word) plausible(octets []byte) bool {
	name := charset.Name(w.charset)
	if !charset.IsStateful(name) {
		for _, c := range octets {
			if c < ' ' && c != '\t' && c != '\r' && c != '\n' && c != 0x1b || c == 0x7f {
				return false
			}
		}
	}
	if name != "utf-8" {
		return true
	}
	for i := 0; i < 3 && len(octets) > 0 && !utf8.RuneStart(octets[0]); i++ {
		octets = octets[1:]
	}
	for i := 1; i <= min(3, len(octets)); i++ {
		if last := octets[len(octets)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				octets = octets[:len(octets)-i]
			}
			break
		}
	}
	return utf8.Valid(octets)
}

// hasHexPair reports whether a text has an octet as the Q encoding writes it, and not
// just the padding of base64.
func hasHexPair(text string) bool {
	b := []byte(text)
	for {
		i := bytes.IndexByte(b, '=')
		if i < 0 {
			return false
		}
		b = b[i+1:]
		if _, ok := transfer.HexPair(string(plainPrefix(b))); ok {
			return true
		}
	}
}

func plainPrefix(b []byte) []byte { return b[:min(len(b), 2)] }
