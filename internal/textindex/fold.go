// Package textindex is the index of words that searches use: how texts and queries
// are made comparable (Fold), and how blocks of texts are indexed by short substrings
// (Block, Grams). It is pure; package store keeps the index in the database.
//
// The index is by substrings of up to three characters and not by words, because a
// search finds parts of words in every language, those written without spaces
// included. It narrows a search to candidates, whose texts are then compared.
package textindex

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns s in the form in which texts and queries are compared: without
// differences of case, accents, width and typography, with white space as single
// spaces. Texts that differ only in these are equal afterwards, and a part of a text
// is a part of the folded text. Fold(Fold(s)) is Fold(s).
//
// It is the compatibility decomposition (UAX #15) without combining accents, with
// simple case folding, and with letters that have no decomposition spelled out: ß is
// ss, ø is o. What remains decomposed is composed again, so that the marks of scripts
// in which they are letters (か and が, Thai vowels, Hangul) still make a difference.
func Fold(s string) string {
	ascii := 0
	for ascii < len(s) && s[ascii] < utf8.RuneSelf {
		ascii++
	}
	f := folder{}
	f.b.Grow(len(s))
	for i := range ascii {
		f.ascii(s[i])
	}
	if ascii == len(s) {
		return f.b.String()
	}
	for _, r := range norm.NFKD.String(s[ascii:]) {
		f.rune(r)
	}
	return norm.NFC.String(f.b.String())
}

// FoldN is Fold of at most the first n octets of s, which bounds the work.
func FoldN(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return Fold(s)
}

type folder struct {
	b     strings.Builder
	space bool // the last character is a space
}

func (f *folder) ascii(c byte) {
	switch {
	case c <= ' ' || c == 0x7f:
		if !f.space {
			f.b.WriteByte(' ')
		}
		f.space = true
		return
	case 'A' <= c && c <= 'Z':
		c += 'a' - 'A'
	}
	f.b.WriteByte(c)
	f.space = false
}

func (f *folder) rune(r rune) {
	switch {
	case r < utf8.RuneSelf:
		f.ascii(byte(r))
		return
	case unicode.Is(ignored, r):
		return
	case unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError:
		f.ascii(' ')
		return
	}
	r = unicode.ToLower(unicode.ToUpper(unicode.ToLower(r)))
	f.space = false
	if plain, ok := spelled[r]; ok {
		f.b.WriteString(plain)
	} else if r < utf8.RuneSelf { // ı, the Kelvin sign
		f.ascii(byte(r))
	} else {
		f.b.WriteRune(r)
	}
}

// ignored are characters that make no difference: accents, vowel points of Hebrew and
// Arabic, and characters that are invisible.
var ignored = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x00ad, 0x00ad, 1}, // soft hyphen
		{0x0300, 0x036f, 1}, // combining diacritical marks
		{0x0591, 0x05bd, 1}, {0x05bf, 0x05bf, 1}, {0x05c1, 0x05c2, 1}, {0x05c4, 0x05c5, 1}, {0x05c7, 0x05c7, 1},
		{0x0610, 0x061a, 1}, {0x0640, 0x0640, 1}, {0x064b, 0x065f, 1}, {0x0670, 0x0670, 1}, {0x06d6, 0x06dc, 1},
		{0x1ab0, 0x1aff, 1}, {0x1dc0, 0x1dff, 1},
		{0x200b, 0x200f, 1}, {0x202a, 0x202e, 1}, {0x2060, 0x2064, 1}, {0x2066, 0x206f, 1}, // format characters
		{0x20d0, 0x20ff, 1},
		{0xfe00, 0xfe0f, 1}, // variation selectors
		{0xfe20, 0xfe2f, 1},
		{0xfeff, 0xfeff, 1},
	},
	R32: []unicode.Range32{{0xe0100, 0xe01ef, 1}},
}

// spelled are the lower-case characters that people type as others.
var spelled = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th", 'ł': "l", 'ħ': "h", 'ŧ': "t",
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '“': `"`, '”': `"`, '„': `"`, '‟': `"`, '«': `"`, '»': `"`,
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '⁄': "/",
}
