package textindex

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFoldMakesEqual(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"strassenschild", "Straßenschild", "STRASSENSCHILD", "STRAẞENSCHILD"},
		{"zoe muller", "Zoë Müller", "ZOË MÜLLER", "Zoe\u0308 Mu\u0308ller"},
		{"smorrebrod", "Smørrebrød", "SMØRREBRØD"},
		{"istanbul", "İstanbul", "ISTANBUL", "ıstanbul"},
		{"ab-4711", "ＡＢ－４７１１", "AB‑4711", "ab–4711"},
		{"lodz", "Łódź"},
		{"οδοσ", "ΟΔΌΣ", "οδός"},
		{"елка", "Ёлка", "ЁЛКА"},
		{"coeur", "cœur", "CŒUR"},
		{"don't", "don’t", "DON‘T"},
		{"fluss", "ﬂuß"},
		{"preis 3,50 €", "Preis\u00a03,50\r\n  €"},
		{"ガラス", "ｶﾞﾗｽ", "カ\u3099ラス"},
		{"한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"},
		{"سلام", "سَلام", "ســلام"},
		{"zusammen", "zu\u00adsam\u200bmen"},
		{"kelvin k", "Kelvin \u212a"},
	} {
		for _, s := range same {
			if got := Fold(s); got != same[0] {
				t.Errorf("Fold(%+q) = %+q, want %+q", s, got, same[0])
			}
		}
	}
}

func TestFoldKeepsDifferences(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"か", "が"}, {"ฟ", "ฟี"}, {"o", "0"}, {"ss", "s"}, {"कि", "क"}, {"ab", "a b"}, {"東京", "京東"}} {
		if Fold(pair[0]) == Fold(pair[1]) {
			t.Errorf("%q and %q are the same", pair[0], pair[1])
		}
	}
}

func TestFoldNCutsBetweenCharacters(t *testing.T) {
	t.Parallel()
	if got := FoldN("Größe", 3); got != "gr" {
		t.Errorf("%q", got)
	}
	if got := FoldN("Größe", 99); got != "grosse" {
		t.Errorf("%q", got)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", "Straße İ ﬂ", "ｶﾞ\u3099", "a\xff\x00b", "\u0345\u1e9e", "한국어 กี่ क़"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if twice := Fold(once); twice != once {
			t.Fatalf("%+q folds to %+q, and again to %+q", s, once, twice)
		}
		if !utf8.ValidString(once) || strings.ContainsRune(once, 0) || strings.Contains(once, "  ") {
			t.Fatalf("%+q folds to %+q", s, once)
		}
	})
}
