// Package language tells in which language a text is written. It is pure.
package language

import (
	"unicode"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
)

const (
	most   = 2 << 10 // octets of a text that are looked at; more makes the result hardly better
	fewest = 20      // letters without which the result would be a guess
)

// Detect returns the ISO 639-1 code of the language of a text, "" if the text is too
// short or the language is not certain.
func Detect(text string) string {
	if len(text) > most {
		end := most
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	letters := 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
			if r >= 0x2E80 { // a character of Chinese, Japanese or Korean says as much as several letters
				letters += 3
			}
		}
	}
	if letters < fewest {
		return ""
	}
	info := whatlanggo.Detect(text)
	if !info.IsReliable() {
		return ""
	}
	return info.Lang.Iso6391()
}
