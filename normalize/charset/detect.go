package charset

import (
	"strings"
	"sync"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

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

// mislabelled returns the charset of text whose label accepts its octets but is plainly
// false, or "". Programs write "iso-8859-1" where they do not know the charset.
func mislabelled(b []byte, name string) string {
	enc := lookup(name)
	switch enc {
	case nil:
		return ""
	case charmap.ISO8859_1, charmap.ISO8859_15:
		name = charsetdetect.Western
	default:
		name = modelNames()[enc]
	}
	return charsetdetect.Mislabelled(plaintext.ClipBytes(b, detectSample), name)
}

// Of returns the charset of 8-bit text next to which declared is declared: that one if
// the text may be in it, or the detected one, or "".
func Of(b []byte, declared string) string {
	if declared == "" || declared == "us-ascii" || declared == "utf-8" {
		return Detect(b)
	}
	if other := mislabelled(b, declared); other != "" {
		return other
	}
	if _, ok := DecodeDeclared(b, declared); ok {
		return declared
	}
	if other := eightBit(b, declared); other != "" {
		return other
	}
	if other := Detect(b); other != "" {
		return other
	}
	return declared
}

// modelNames are the names under which charsetdetect knows encodings.
var modelNames = sync.OnceValue(func() map[encoding.Encoding]string {
	names := make(map[encoding.Encoding]string)
	for _, name := range charsetdetect.Charsets() {
		names[lookup(name)] = name
	}
	return names
})

// eightBit are the charsets that programs write under the name of one whose octets are
// all ASCII.
func eightBit(b []byte, name string) string {
	switch {
	case strings.HasPrefix(name, "iso-2022-jp"), strings.HasPrefix(name, "cp5022"):
		return charsetdetect.Choose(b, "shift_jis", "euc-jp")
	case strings.HasPrefix(name, "iso-2022-kr"):
		return charsetdetect.Choose(b, "euc-kr")
	case strings.HasPrefix(name, "iso-2022-cn"), name == "hz-gb-2312":
		return charsetdetect.Choose(b, "gb18030", "big5")
	}
	return ""
}
