// Package nearest finds the name that was probably meant by a wrong one, for error
// messages: `unknown key "segmnt"; did you mean "segment"?`.
package nearest

import (
	"strings"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

// Limits of a comparison, so that a hostile document costs little: names are short, and
// there are few of them.
const (
	maxLength = 64 // characters
	maxNames  = 2000
)

// Name returns the known name that is most similar to word: equal but for case and
// separators, one or two typing mistakes away (an inserted, missing, wrong or two
// swapped characters count as one), or the only one that begins with word or is its
// beginning. It returns "" if none is similar enough, or if word is itself known.
func Name(word string, known []string) string {
	if len(known) > maxNames {
		known = known[:maxNames]
	}
	w := plain(word)
	length := utf8.RuneCountInString(w)
	if length == 0 || length > maxLength {
		return ""
	}
	name, best := "", allowed(length)+1
	prefixed, several := "", false
	for _, k := range known {
		if k == word {
			return ""
		}
		p := plain(k)
		n := utf8.RuneCountInString(p)
		if n == 0 || n > maxLength {
			continue
		}
		if min(n, length) >= 3 && (strings.HasPrefix(p, w) || strings.HasPrefix(w, p)) {
			several, prefixed = prefixed != "", k
		}
		if max(n, length)-min(n, length) >= best { // each missing character is a mistake
			continue
		}
		if d := edlib.OSADamerauLevenshteinDistance(w, p); d < best {
			name, best = k, d
		}
	}
	if name == "" && !several {
		name = prefixed
	}
	return name
}

// Hint returns `; did you mean "billing"?` for the name that was probably meant, or "".
// It continues an error message.
func Hint(word string, known []string) string {
	if name := Name(word, known); name != "" {
		return `; did you mean "` + name + `"?`
	}
	return ""
}

// allowed is the number of typing mistakes in a word of so many characters: a short word
// with two of them is another word.
func allowed(length int) int {
	switch {
	case length <= 2:
		return 0
	case length <= 4:
		return 1
	case length <= 9:
		return 2
	}
	return 3
}

// plain removes the differences that people hardly see.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '-', '_', ' ':
			return '_'
		}
		return r
	}, strings.ToLower(strings.TrimSpace(s)))
}
