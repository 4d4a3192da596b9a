package plaintext

import "strings"

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
