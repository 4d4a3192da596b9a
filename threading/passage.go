package threading

import (
	"strings"
	"unicode"

	"switchboard/desk"
)

// A passage is five words in a row, whatever the line breaks, quote marks,
// capitals and punctuation around them: a quote survives re-wrapping and
// HTML-to-text conversion that way. Of four neighbouring passages the one with
// the smallest hash is kept (winnowing), so that a quote of eight words or more
// always shares one with its original, at a quarter of the memory.
const (
	passageWords  = 5
	passageWindow = 4
	// maxPassageText bounds the text looked at.
	maxPassageText = 64 << 10
)

// passages is a set of passage hashes.
type passages map[uint64]struct{}

// add puts the passages of text into the set.
func (p passages) add(text string) {
	words := hashWords(text)
	if len(words) < passageWords {
		return
	}
	hashes := make([]uint64, 0, len(words)-passageWords+1)
	for i := range len(words) - passageWords + 1 {
		hashes = append(hashes, chain(words[i:i+passageWords]))
	}
	for i := range max(1, len(hashes)-passageWindow+1) {
		least := hashes[i]
		for _, h := range hashes[i+1 : min(i+passageWindow, len(hashes))] {
			least = min(least, h)
		}
		p[least] = struct{}{}
	}
}

// shared counts the passages that both sets hold.
func (p passages) shared(other passages) int {
	n := 0
	for h := range p {
		if _, ok := other[h]; ok {
			n++
		}
	}
	return n
}

// FNV-1a, the same in every process: a decision must come out alike again.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func chain(words []uint64) uint64 {
	h := uint64(fnvOffset)
	for _, w := range words {
		h = (h ^ w) * fnvPrime
		h ^= h >> 29
	}
	return h
}

func hashWord(h uint64, r rune) uint64 {
	for ; r > 0; r >>= 8 {
		h = (h ^ uint64(r&0xff)) * fnvPrime
	}
	return h
}

// hashWords splits a text into words. Scripts that write no spaces count each
// letter as a word.
func hashWords(text string) []uint64 {
	if len(text) > maxPassageText {
		text = text[:maxPassageText]
	}
	var words []uint64
	word := uint64(fnvOffset)
	end := func() {
		if word != fnvOffset {
			words = append(words, word)
			word = fnvOffset
		}
	}
	for _, r := range text {
		switch {
		case spaceless(r):
			end()
			word = hashWord(word, r)
			end()
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			word = hashWord(word, unicode.ToLower(r))
		case r == '\'' || r == '’' || unicode.Is(unicode.Mn, r):
			// part of a word, and written in too many ways to compare
		default:
			end()
		}
	}
	end()
	return words
}

func spaceless(r rune) bool {
	return r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || unicode.Is(unicode.Thai, r)
}

// quoted returns the passages that m quotes: of the lines with quote marks
// (marked), or, where a mail program quotes without them, of everything that is
// not new, which may be no more than a signature.
func quoted(m *desk.Message) (p passages, marked bool) {
	p = passages{}
	if lines := quotedLines(m.TextBody); lines != "" {
		p.add(lines)
		return p, true
	}
	if len(m.NewText) < len(m.TextBody) {
		fresh := passages{}
		fresh.add(m.NewText)
		p.add(m.TextBody)
		for h := range fresh {
			delete(p, h)
		}
	}
	return p, false
}

// quotedLines returns the lines that begin with a quote mark, without it.
func quotedLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		body := strings.TrimLeft(line, " \t")
		if i := quoteMark(body); i >= 0 {
			b.WriteString(strings.TrimLeft(body[i:], ">| \t"))
			if !strings.HasSuffix(line, "\n") {
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

// quoteMark returns where the ">" of a quoted line stands, -1 if there is none.
// Older programs put the author's initials or name before it: "JD> text".
func quoteMark(line string) int {
	for i, r := range line {
		switch {
		case r == '>':
			return i
		case i > 12 || !unicode.IsLetter(r):
			return -1
		}
	}
	return -1
}
