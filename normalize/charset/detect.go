package charset

import (
	"golang.org/x/text/encoding"

	"switchboard/normalize/charsetdetect"
	"switchboard/normalize/plaintext"
)

// detectSample is how many octets of a text are examined.
const detectSample = 8 << 10

// Detect returns the charset of text that declares none, in the form that Name
// returns, or "" if it cannot tell or the text is UTF-8.
func Detect(b []byte) string {
	b = plaintext.ClipBytes(b, detectSample)
	// The octets of UTF-8 are valid pairs in some legacy charsets.
	if _, ok := repairUTF8(b); ok {
		return ""
	}
	return charsetdetect.Detect(b)
}

// detectEncoding is Detect, returning a decoder; nil if the charset is unknown.
func detectEncoding(b []byte) encoding.Encoding { return lookup(Detect(b)) }
