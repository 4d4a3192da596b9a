package charset

import (
	"unicode/utf8"

	"golang.org/x/text/encoding"

	"switchboard/normalize/plaintext"
)

// Undeclared charsets are detected here and not by a library. The ports of ICU's
// detector (gogs/chardet, saintfish/chardet) are no longer maintained, run forty
// goroutines per text and read Turkish and Thai wrongly. The maintained port of
// Python's chardet (wlynxg/chardet 1.0.5) reads Polish, Czech, Hungarian, Turkish
// and Arabic of the length of a mail wrongly and takes ten times as long. TestDetect
// has the texts by which they were compared.
//
// Each model is a charset with a language. A text is scored by all of them, and
// the model with the best mean score per character wins.

const (
	// detectSample is how many octets of a text are looked at.
	detectSample = 8 << 10
	// minHigh is how many octets beyond ASCII a text must have: a few accents say
	// nothing about a language, and Windows-1252 is the best bet.
	minHigh = 8
	// minDistinct is how many different ones.
	minDistinct = 3
	// minScore is the mean score that a model must reach. Text of a model's own
	// language reaches about 1.
	minScore = 0.3
)

// Detect returns the charset of text that nothing declares, in the form of Name,
// or "" when the text does not tell. The same octets always give the same answer.
func Detect(b []byte) string {
	b = plaintext.ClipBytes(b, detectSample)
	var seen [256]bool
	high, distinct := 0, 0
	for _, c := range b {
		if c >= utf8.RuneSelf {
			high++
			if !seen[c] {
				seen[c] = true
				distinct++
			}
		}
	}
	if high < minHigh || distinct < minDistinct {
		return ""
	}
	if _, ok := repairUTF8(b); ok {
		return "" // UTF-8 is no legacy charset, and its octets are pairs in others
	}
	best, name := minScore, ""
	for _, m := range singleByteModels() {
		if score := m.score(b); score > best {
			best, name = score, m.charset
		}
	}
	for _, m := range doubleByteModels {
		if score := m.score(b); score > best {
			best, name = score, m.charset
		}
	}
	return name
}

// detectEncoding is Detect as a decoder, or nil.
func detectEncoding(b []byte) encoding.Encoding { return lookup(Detect(b)) }
