package textindex

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// index builds a block and returns a function that looks a word up.
func index(texts []string) func(word string) Slots {
	var b Block
	for _, t := range texts {
		b.Add(Fold(t))
	}
	rows := map[int32][]byte{}
	buckets, postings := b.Rows()
	for i, bucket := range buckets {
		rows[bucket] = postings[i]
	}
	return func(word string) Slots {
		found := All()
		for _, g := range Grams(Fold(word), 6) {
			found.Intersect(g, rows[g.Bucket()])
		}
		return found
	}
}

// Every text that contains a word is a candidate, in every script, and few others are.
func TestIndexFindsEveryText(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	parts := []string{"Türklinke", "order", "AB-4711", "東京", "タワー", "สวัสดี", "printer", "한국어", "é", "x", "€", "Überraschung", "schild", "12", "привет"}
	texts := make([]string, Size)
	for i := range texts {
		var b strings.Builder
		for range r.IntN(12) {
			b.WriteString(parts[r.IntN(len(parts))] + []string{"", " ", "\n"}[r.IntN(3)])
		}
		texts[i] = b.String()
	}
	lookup := index(texts)
	for _, word := range append(parts, "klinke", "TURKLINKE", "京", "4711東京", "ผ", "er", "absent word", "orderx", "z") {
		found, wrong, hits := lookup(word), 0, 0
		for i, text := range texts {
			contains := strings.Contains(Fold(text), Fold(word))
			if contains && !found.Has(i) {
				t.Errorf("%q is not found in %q", word, text)
			}
			if contains {
				hits++
			} else if found.Has(i) {
				wrong++
			}
		}
		if len(Grams(Fold(word), 6)) > 0 && wrong > hits/5+20 {
			t.Errorf("%q: %d texts, and %d others", word, hits, wrong)
		}
	}
}

func TestGramsAreSpreadOverTheWord(t *testing.T) {
	t.Parallel()
	if got := Grams("abcdefgh", 3); len(got) != 3 {
		t.Errorf("%d grams", len(got))
	}
	whole := map[Gram]bool{}
	for _, g := range Grams("abcdefgh", 99) {
		whole[g] = true
	}
	for _, n := range []int{1, 2, 5, 6} {
		for _, g := range Grams("abcdefgh", n) {
			if !whole[g] {
				t.Errorf("%d of %d is not a gram of the word", g, n)
			}
		}
	}
	if len(Grams("a", 6)) != 0 || len(Grams("", 6)) != 0 || len(Grams("京", 6)) != 1 {
		t.Error("grams of single characters")
	}
}

func TestBlockHasRoomForSizeTexts(t *testing.T) {
	t.Parallel()
	var b Block
	for i := range Size {
		if b.Full() {
			t.Fatalf("full after %d texts", i)
		}
		b.Add(fmt.Sprint("text ", i))
	}
	if !b.Full() || b.Len() != Size {
		t.Errorf("not full after %d texts", b.Len())
	}
}

func FuzzIntersect(f *testing.F) {
	f.Add([]byte{1, 2, 0, 5, 3, 1, 9}, uint32(1))
	f.Fuzz(func(t *testing.T, postings []byte, g uint32) {
		found := All()
		found.Intersect(Gram(g%(1<<hashBits)), postings)
	})
}

func BenchmarkBlock(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 20000)
	for i := range words {
		for range 3 + r.IntN(8) {
			words[i] += string(rune('a' + r.IntN(26)*r.IntN(26)/26))
		}
	}
	texts := make([]string, Size)
	for i := range texts {
		var text strings.Builder
		for range 200 {
			text.WriteString(words[int(float64(len(words))*r.Float64()*r.Float64()*r.Float64())] + " ")
		}
		texts[i] = text.String()
	}
	var octets int
	for b.Loop() {
		var block Block
		for _, t := range texts {
			block.Add(Fold(t))
		}
		octets = 0
		_, postings := block.Rows()
		for _, p := range postings {
			octets += len(p)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/Size, "µs/text")
	b.ReportMetric(float64(octets)/Size, "octets/text")
}

func TestNumbersOfSlots(t *testing.T) {
	t.Parallel()
	numbers := []int64{5, 1, 1, 900_000_000_000, 7}
	var s Slots
	s[0] = 0b11011
	var got []int64
	s.Numbers(AppendNumbers(nil, numbers), func(n int64) { got = append(got, n) })
	if want := []int64{5, 1, 900_000_000_000, 7}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
