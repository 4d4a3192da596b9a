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
	// Fewer are enough if they follow one another, minRun at least: words in the Latin
	// script have one or two in a row.
	minHighRun = 5
	minRun     = 4
	// minDistinct is how many of them must differ, and maxRepeats how often each may
	// occur on average in a short text: rules and indents are not words.
	minDistinct = 3
	maxRepeats  = 3.5
	// minScore is the mean score that a model must reach. Text in the model's own
	// language scores about 1.
	minScore = 0.3
)

// A text that is short or labelled is read in another charset only if that one scores
// well, and better than the label by a margin. Charsets of the Latin script differ in a
// few letters. TestMislabelled has the texts that these were chosen with.
const (
	goodScore    = 0.7
	marginScript = 1.0
	marginLatin  = 0.4
	fairScore    = 0.5 // text in the charset of its label scores at least this
)

// Western is the charset of text that is not known to be in another.
const Western = "windows-1252"

// Detect returns the charset of text that declares none, in the form that
// charset.Name returns, or "" if it cannot tell. The result depends on the octets
// only.
func Detect(b []byte) string {
	b = b[:min(len(b), sample)]
	n := count(b)
	if !n.words() {
		return ""
	}
	if n.high < minHigh {
		return better(b, n, Western)
	}
	name, _, _ := best(b, "")
	return name
}

// Mislabelled returns the charset of text that is labelled as another but is plainly not
// in it, or "". Most octets are valid in most charsets, so that only the text itself can
// tell.
func Mislabelled(b []byte, label string) string {
	b = b[:min(len(b), sample)]
	n := count(b)
	if n.accents && isDoubleByte(label) {
		return Western
	}
	if !n.words() {
		return ""
	}
	return better(b, n, label)
}

// Choose returns the one of the given charsets, the most likely first, that fits a text
// best. The text may be short.
func Choose(b []byte, charsets ...string) string {
	b = b[:min(len(b), sample)]
	highest, name := scoreBrokenPairs, ""
	for _, c := range charsets {
		if score, ok := scoreOf(b, c); ok && score > highest {
			highest, name = score, c
		}
	}
	return name
}

func better(b []byte, n counts, label string) string {
	labelled, ok := scoreOf(b, label)
	if !ok || labelled >= fairScore {
		return ""
	}
	name, score, latin := best(b, label)
	margin := marginScript
	if latin {
		margin = marginLatin
	}
	if name == label || score < goodScore || score-labelled < margin || latin && n.high < minHigh {
		return ""
	}
	return name
}

// counts are properties of the octets beyond ASCII in a text.
type counts struct {
	high     int // how many there are
	distinct int // how many differ
	run      int // the longest sequence
	letters  int // how many are letters in some charset
	// accents says that all are alone and beside ASCII letters, at least one after one, as
	// in European words, or in "don't" with a typographic apostrophe.
	accents bool
}

func count(b []byte) (n counts) {
	var seen [256]bool
	run, inWord, apart := 0, false, false
	for i, c := range b {
		if c < utf8.RuneSelf {
			run = 0
			continue
		}
		run++
		after, before := i > 0 && isASCIILetter(b[i-1]), i+1 < len(b) && isASCIILetter(b[i+1])
		inWord, apart = inWord || after, apart || run > 1 || !after && !before
		n.run = max(n.run, run)
		n.high++
		if c < 0xa0 || c >= 0xc0 {
			n.letters++
		}
		if !seen[c] {
			seen[c] = true
			n.distinct++
		}
	}
	n.accents = inWord && !apart
	return n
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// words reports whether there may be words in the octets, and enough of them. Octets
// from 0xa0 to 0xbf alone are symbols: no charset has a whole alphabet there.
func (n counts) words() bool {
	return n.distinct >= minDistinct && n.letters > 0 && float64(min(n.high, 16)) <= maxRepeats*float64(n.distinct) &&
		(n.high >= minHigh || n.high >= minHighRun && n.run >= minRun)
}

// best returns the charset of the model with the best score, or "" if none is good
// enough. On a tie, preferred wins.
func best(b []byte, preferred string) (name string, score float64, latin bool) {
	score = minScore
	for _, m := range singleByteModels() {
		if s := m.score(b); s > score || s == score && name != "" && m.charset == preferred {
			name, score, latin = m.charset, s, m.latin
		}
	}
	for _, m := range doubleByteModels {
		if s := m.score(b); s > score {
			name, score, latin = m.charset, s, false
		}
	}
	return name, score, latin
}

// scoreOf returns the best score of the models of a charset; ok is false if there are
// none.
func scoreOf(b []byte, name string) (score float64, ok bool) {
	score = scoreBrokenPairs
	for _, m := range singleByteModels() {
		if m.charset == name {
			score, ok = max(score, m.score(b)), true
		}
	}
	for _, m := range doubleByteModels {
		if m.charset == name {
			score, ok = max(score, m.score(b)), true
		}
	}
	return score, ok
}
