package article

import (
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"
)

// configs are the languages whose words PostgreSQL reduces to their stems, by the primary
// subtag of their tag.
var configs = map[string]string{
	"ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english", "fi": "finnish", "fr": "french", "de": "german",
	"el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nb": "norwegian", "nn": "norwegian",
	"no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}

// Simple is the text search configuration that leaves words as they are.
const Simple = "simple"

// Config returns PostgreSQL's text search configuration for a language.
func Config(language string) string {
	primary, _, _ := strings.Cut(strings.ToLower(language), "-")
	if c := configs[primary]; c != "" {
		return c
	}
	return Simple
}

const (
	maxWords = 12
	maxWord  = 60 // characters
)

// Words returns the words of what somebody searches for, in lower case: the first ones, and
// without repetitions.
func Words(text string) []string {
	var out []string
	seen := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		if utf8.RuneCountInString(w) <= maxWord && !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
		if len(out) == maxWords {
			break
		}
	}
	return out
}

// Configs returns the languages whose words are reduced to their stems.
func Configs() map[string]string { return maps.Clone(configs) }

// What readers do with articles.
const (
	Shown     = "shown"
	Opened    = "opened"
	Helpful   = "helpful"
	Unhelpful = "unhelpful"
	Wrote     = "wrote"
)
