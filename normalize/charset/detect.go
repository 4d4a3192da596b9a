package charset

import (
	"unicode/utf8"

	"golang.org/x/text/encoding"

	"switchboard/normalize/plaintext"
)

// Undeclared charsets are detected here because no library does it well. The ports of
// ICU's detector (gogs/chardet, saintfish/chardet) are no longer maintained, start
// forty goroutines per text and get Turkish and Thai wrong. The maintained port of
// Python's chardet (wlynxg/chardet 1.0.5) gets Polish, Czech, Hungarian, Turkish and
// Arabic texts of ordinary length wrong and takes ten times as long. TestDetect has
// the texts that they were compared on.
//
// A model is a language in a charset. Every model scores the text, and the one with
// the best mean score per character wins.

const (
	// detectSample is how many octets of a text are examined.
	detectSample = 8 << 10
	// minHigh is how many octets beyond ASCII a text must have. A few accents say
	// nothing about the language, and Windows-1252 is the best guess.
	minHigh = 8
	// minDistinct is how many of them must differ.
	minDistinct = 3
	// minScore is the mean score that a model must reach. Text in the model's own
	// language scores about 1.
	minScore = 0.3
)

// Detect returns the charset of text that declares none, in the form that Name
// returns, or "" if it cannot tell. The result depends on the octets only.
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
		return "" // UTF-8 is not a legacy charset, but its octets are valid pairs in some
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

// detectEncoding is Detect, returning a decoder; nil if the charset is unknown.
func detectEncoding(b []byte) encoding.Encoding { return lookup(Detect(b)) }
