package plaintext

import (
	"strings"
	"unicode"
)

// Phrases reads a table of phrases separated by bars and line ends. A trailing blank
// is part of the phrase.
func Phrases(table string) []string {
	var out []string
	for _, line := range strings.Split(table, "\n") {
		for _, w := range strings.Split(line, "|") {
			if strings.TrimSpace(w) != "" {
				out = append(out, strings.TrimLeft(w, " "))
			}
		}
	}
	return out
}

// HasAnyPrefix reports whether s starts with one of the phrases.
func HasAnyPrefix(s string, list []string) bool {
	for _, w := range list {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

// ContainsAny reports whether s contains one of the phrases.
func ContainsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// Starts finds which of many phrases a text starts with. It compares only those that
// have the text's first two octets.
type Starts map[[2]byte][]string

// NewStarts returns the Starts for a list of phrases of at least two octets.
func NewStarts(list []string) Starts {
	s := Starts{}
	for _, w := range list {
		key := [2]byte{w[0], w[1]}
		s[key] = append(s[key], w)
	}
	return s
}

// Match returns the first phrase that s starts with, or "".
func (p Starts) Match(s string) string {
	if len(s) < 2 {
		return ""
	}
	for _, w := range p[[2]byte{s[0], s[1]}] {
		if strings.HasPrefix(s, w) {
			return w
		}
	}
	return ""
}

// Start reports whether s starts with one of the phrases.
func (p Starts) Start(s string) bool { return p.Match(s) != "" }

// Words finds whole words in a text. A phrase in a script without blanks between words
// is found anywhere.
type Words struct {
	whole    map[string]bool
	anywhere []string
}

// NewWords returns the Words for a list of words and phrases in lower case.
func NewWords(list []string) Words {
	w := Words{whole: map[string]bool{}}
	for _, s := range list {
		if strings.ContainsFunc(s, func(c rune) bool {
			return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
		}) {
			w.anywhere = append(w.anywhere, s)
		} else {
			w.whole[s] = true
		}
	}
	return w
}

// Inside reports whether one of the words occurs in s, which is in lower case.
func (w Words) Inside(s string) bool {
	for _, f := range strings.FieldsFunc(s, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.Is(unicode.Mn, c) }) {
		if w.whole[f] {
			return true
		}
	}
	return ContainsAny(s, w.anywhere)
}

// Has reports whether s is one of the words.
func (w Words) Has(s string) bool { return w.whole[s] }
