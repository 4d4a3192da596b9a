// Package transfer decodes Content-Transfer-Encodings (RFC 2045 §6), also where they
// are damaged.
package transfer

import (
	"bytes"

	"github.com/jhillyerd/enmime/v2"

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

// Known reports whether encoding is the name of a Content-Transfer-Encoding (RFC 2045
// §6.1), or close to one, in lower case.
func Known(encoding string) bool {
	switch encoding {
	case "7bit", "8bit", "binary":
		return true
	}
	return isBase64Name(encoding) || isQuotedPrintableName(encoding) || isUuencodeName(encoding)
}

func isBase64Name(s string) bool {
	return s == "base64" || s == "base-64" || s == "b64" || s == "b"
}

func isQuotedPrintableName(s string) bool {
	switch s {
	case "quoted-printable", "quoted-printible", "quotedprintable", "quoted_printable", "qp", "q", "quoted":
		return true
	}
	return false
}

func isUuencodeName(s string) bool {
	return s == "x-uuencode" || s == "uuencode" || s == "x-uue" || s == "uue"
}

// Decode decodes a body by its Content-Transfer-Encoding (RFC 2045 §6), in lower
// case. Unknown encodings leave it unchanged.
func Decode(body []byte, encoding string) []byte {
	switch {
	case isBase64Name(encoding):
		return DecodeBase64(body)
	case isQuotedPrintableName(encoding):
		return decodeQuotedPrintable(body)
	case isUuencodeName(encoding):
		if _, files := uuencode.Extract(string(body)); len(files) > 0 {
			return files[0].Data
		}
	}
	return body
}

func decodeQuotedPrintable(body []byte) []byte {
	if bytes.IndexByte(body, '=') < 0 || !likeQuotedPrintable(body) {
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
