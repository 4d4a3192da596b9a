// Package charsetdetect detects the charset of text that declares none.
//
// No library does this well enough. The ports of ICU's detector (gogs/chardet,
// saintfish/chardet) are no longer maintained, start forty goroutines per text and get
// Turkish and Thai wrong. The maintained port of Python's chardet (wlynxg/chardet 1.0.5)
// gets Polish, Czech, Hungarian, Turkish and Arabic texts of ordinary length wrong and
// takes ten times as long. TestDetect of package charset has the texts they were
// compared on.
//
// A model is a language in a charset. Every model scores the text, and the one with
// the best mean score per character wins.
package charsetdetect

import "unicode/utf8"

const (
	// sample is how many octets of a text are examined.
	sample = 8 << 10
	// minHigh is how many octets beyond ASCII a text must have. A few accents say
	// nothing about the language, and Windows-1252 is the best guess.
	minHigh = 8
	// minDistinct is how many of them must differ.
	minDistinct = 3
	// minScore is the mean score that a model must reach. Text in the model's own
	// language scores about 1.
	minScore = 0.3
)

// Detect returns the charset of text that declares none, in the form that
// charset.Name returns, or "" if it cannot tell. The result depends on the octets
// only.
func Detect(b []byte) string {
	b = b[:min(len(b), sample)]
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
