// Package transfer decodes Content-Transfer-Encodings (RFC 2045 §6), also where they
// are damaged.
package transfer

import (
	"bytes"

	"github.com/jhillyerd/enmime/v2"

	"switchboard/normalize/plaintext"
	"switchboard/normalize/uuencode"
)

// leafParser only ever sees a single part: enmime takes exponential time on unclosed
// multiparts. Its charset handling is off; charset.ToUTF8 says why.
var leafParser = enmime.NewParser(
	enmime.SkipMalformedParts(true),
	enmime.MultipartWOBoundaryAsSinglePart(true),
	enmime.StripMediaTypeInvalidCharacters(true),
	enmime.DisableCharacterDetection(true),
	enmime.DisableTextConversion(true),
	enmime.MaxStoredPartErrors(50),
	enmime.SetReadPartErrorPolicy(func(*enmime.Part, error) bool { return true }),
)

var quotedLeaf = []byte("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")

// Decode decodes a body by its Content-Transfer-Encoding (RFC 2045 §6), in lower
// case. Unknown encodings leave it unchanged.
func Decode(body []byte, encoding string) []byte {
	switch encoding {
	case "base64", "base-64", "b64", "b":
		return DecodeBase64(body)
	case "quoted-printable", "quoted-printible", "quotedprintable", "quoted_printable", "qp", "q", "quoted":
		return decodeQuotedPrintable(body)
	case "x-uuencode", "uuencode", "x-uue", "uue":
		if _, files := uuencode.Extract(string(body)); len(files) > 0 {
			return files[0].Data
		}
	}
	return body
}

func decodeQuotedPrintable(body []byte) []byte {
	if bytes.IndexByte(body, '=') < 0 {
		return body
	}
	msg := make([]byte, 0, len(quotedLeaf)+len(body))
	msg = append(append(msg, quotedLeaf...), body...)
	leaf, err := leafParser.ReadParts(bytes.NewReader(msg))
	if err != nil {
		return body
	}
	return leaf.Content
}

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

// likeBase64 reports whether most of a sample belongs to the base64 alphabet and its
// lines do not consist of words.
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
	return (foreign+words)*8 <= digits
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
