package threading

import (
	"strings"
	"unicode"
)

// A passage is five consecutive words, regardless of line breaks, quote marks, case
// and punctuation, so that a quote survives re-wrapping and HTML-to-text conversion.
// Of four neighbouring passages only the one with the smallest hash is kept
// (winnowing): a quote of eight words or more still shares one with its original, at
// a quarter of the memory.
const (
	passageWords  = 5
	passageWindow = 4
	// maxPassageText bounds how much of a text is examined, in octets.
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

// FNV-1a, which is the same in every process, so that decisions can be repeated.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// chain hashes a sequence of word hashes.
func chain(words []uint64) uint64 {
	h := uint64(fnvOffset)
	for _, w := range words {
		h = (h ^ w) * fnvPrime
		h ^= h >> 29
	}
	return h
}

// hashWord adds a character to the hash of a word.
func hashWord(h uint64, r rune) uint64 {
	for ; r > 0; r >>= 8 {
		h = (h ^ uint64(r&0xff)) * fnvPrime
	}
	return h
}

// hashText hashes a text as it is.
func hashText(s string) uint64 {
	h := uint64(fnvOffset)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

// hashWords splits a text into words and hashes them. In scripts without spaces each
// letter is a word.
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
			// part of a word, but with too many spellings to compare
		default:
			end()
		}
	}
	end()
	return words
}

// spaceless reports whether a script is written without spaces between words.
func spaceless(r rune) bool {
	return r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || unicode.Is(unicode.Thai, r)
}

// quoted returns the passages that a message quotes, and those it quotes directly.
// They are taken from the lines with quote marks (marked). If there are none, all
// text that is not new counts as quoted, although it may be just a signature.
func quoted(text, fresh string) (all, direct passages, marked bool) {
	all, direct = passages{}, passages{}
	lines, directLines := quotedLines(text)
	if lines != "" {
		all.add(lines)
		direct.add(directLines)
		return all, direct, true
	}
	if len(fresh) < len(text) {
		known := passages{}
		known.add(fresh)
		all.add(text)
		for h := range known {
			delete(all, h)
		}
	}
	return all, direct, false
}

// quotedLines returns all quoted lines without their quote marks, and those that
// have exactly one.
func quotedLines(text string) (all, directly string) {
	var lines, direct strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		i := quoteMark(line)
		if i < 0 {
			continue
		}
		lines.WriteString(strings.TrimLeft(line[i:], ">| \t"))
		lines.WriteByte('\n')
		if line = strings.TrimLeft(line[i+1:], " \t"); quoteMark(line) < 0 {
			direct.WriteString(line)
			direct.WriteByte('\n')
		}
	}
	return lines.String(), direct.String()
}

// marks reports whether a text has a quoted line.
func marks(text string) bool {
	if len(text) > maxPassageText {
		text = text[:maxPassageText]
	}
	if !strings.ContainsAny(text, ">|") {
		return false
	}
	for line := range strings.Lines(text) {
		if quoteMark(strings.TrimSpace(line)) >= 0 {
			return true
		}
	}
	return false
}

// quoteMark returns the index of a quoted line's quote mark, -1 if there is none.
// Older programs put the author's initials or name before it ("JD> text"), and some
// quote with "| ", which must not be confused with a table row.
func quoteMark(line string) int {
	if strings.HasPrefix(line, "| ") && !strings.HasSuffix(line, "|") {
		return 0
	}
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
