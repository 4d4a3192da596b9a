package charset

import (
	"cmp"
	"slices"
	"strings"
	"switchboard/normalize/plaintext"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding"
)

// detectSample is as much text as detection needs.
const detectSample = 8 << 10

// detect finds the charset of octets nobody declared, or nil.
func detectEncoding(b []byte) encoding.Encoding { return lookup(Detect(b)) }

// detectName names it, or is empty.
func Detect(b []byte) string {
	b = plaintext.ClipBytes(b, detectSample)
	high := 0
	for _, c := range b {
		if c >= utf8.RuneSelf {
			high++
		}
	}
	// A few accents say nothing about a language; Windows-1252 is the best bet.
	if high < 8 {
		return ""
	}
	all, err := chardet.NewTextDetector().DetectAll(b)
	if err != nil || all[0].Confidence < 30 {
		return ""
	}
	best := slices.MinFunc(all, likelier)
	switch best.Charset {
	case "UTF-8", "UTF-16BE", "UTF-16LE", "UTF-32BE", "UTF-32LE", "IBM420_ltr", "IBM420_rtl", "IBM424_ltr", "IBM424_rtl":
		return ""
	}
	return Name(best.Charset)
}

// likelier puts the surer guess first and of equal ones the Western one, then by
// name: the library has them in the order in which its goroutines end, and the
// same octets must always make the same text.
func likelier(a, b chardet.Result) int {
	western := func(r chardet.Result) int {
		if r.Charset == "ISO-8859-1" || r.Charset == "windows-1252" {
			return 0
		}
		return 1
	}
	return cmp.Or(b.Confidence-a.Confidence, western(a)-western(b), strings.Compare(a.Charset, b.Charset))
}
