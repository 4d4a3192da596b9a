package textindex

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// A substring of at most three characters is called a gram. It is known by a hash,
// of which Buckets values are kept apart in the database; the rest tells the grams of
// a bucket apart. Different grams with the same hash only cost comparisons.
const (
	hashBits = 20
	tagBits  = 8
	Buckets  = 1 << (hashBits - tagBits)

	// Size is the number of texts in a block.
	Size = 1 << slotBits

	slotBits = 10
	slotMask = Size - 1

	// maxEntries bounds the memory of a block of very long texts.
	maxEntries = 4 << 20
)

// Gram is the hash of a gram.
type Gram uint32

// Bucket is where a gram's postings are.
func (g Gram) Bucket() int32 { return int32(g >> tagBits) }

func (g Gram) tag() uint64 { return uint64(g) & (1<<tagBits - 1) }

func hash(a, b, c rune) Gram {
	h := uint64(a)<<42 | uint64(b)<<21 | uint64(c)
	h *= 0x9e3779b97f4a7c15 // Fibonacci hashing; the upper bits are mixed best
	return Gram(h >> (64 - hashBits))
}

// grams calls yield with the grams of a folded text, repeated ones included. Single
// characters of ASCII are left out: almost every text has them.
func grams(folded string, yield func(Gram)) {
	var a, b rune
	for _, c := range folded {
		if c >= utf8.RuneSelf {
			yield(hash(0, 0, c))
		}
		if b != 0 {
			yield(hash(0, b, c))
		}
		if a != 0 {
			yield(hash(a, b, c))
		}
		a, b = b, c
	}
}

// Grams returns at most n grams that every text has that contains the folded word:
// the longest ones, spread over the word. It is empty for a word that almost every
// text contains.
func Grams(word string, n int) []Gram {
	runes := []rune(word)
	var all []Gram
	switch {
	case len(runes) >= 3:
		for i := range len(runes) - 2 {
			all = append(all, hash(runes[i], runes[i+1], runes[i+2]))
		}
	case len(runes) == 2:
		all = append(all, hash(0, runes[0], runes[1]))
	case len(runes) == 1 && runes[0] >= utf8.RuneSelf:
		all = append(all, hash(0, 0, runes[0]))
	}
	if len(all) > n {
		for i := range n {
			all[i] = all[i*(len(all)-1)/max(n-1, 1)]
		}
		all = all[:n]
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Block indexes up to Size texts.
type Block struct {
	entries []uint32 // hash and slot
	seen    []uint16 // by hash: 1 + the last slot that has it
	texts   int
}

// Full reports whether no text can be added.
func (b *Block) Full() bool { return b.texts == Size || len(b.entries) >= maxEntries }

// Len is the number of texts.
func (b *Block) Len() int { return b.texts }

// Add adds a folded text, in the next slot.
func (b *Block) Add(folded string) {
	if b.seen == nil {
		b.seen, b.entries = make([]uint16, 1<<hashBits), make([]uint32, 0, 1<<18)
	}
	slot := uint32(b.texts)
	b.texts++
	grams(folded, func(g Gram) {
		if b.seen[g] != uint16(slot)+1 {
			b.seen[g] = uint16(slot) + 1
			b.entries = append(b.entries, uint32(g)<<slotBits|slot)
		}
	})
}

// Rows returns the postings of each bucket that has any, by bucket.
func (b *Block) Rows() (buckets []int32, postings [][]byte) {
	b.sort()
	var row []byte
	var slots []byte
	var last uint64 // tag
	for i := 0; i < len(b.entries); {
		g := Gram(b.entries[i] >> slotBits)
		if n := len(buckets); n == 0 || buckets[n-1] != g.Bucket() {
			if n > 0 {
				postings = append(postings, slices.Clone(row))
			}
			buckets, row, last = append(buckets, g.Bucket()), row[:0], 0
		}
		slots = slots[:0]
		count, previous := 0, uint32(0)
		for ; i < len(b.entries) && Gram(b.entries[i]>>slotBits) == g; i++ {
			slot := b.entries[i] & slotMask
			slots = binary.AppendUvarint(slots, uint64(slot-previous))
			count, previous = count+1, slot
		}
		row = binary.AppendUvarint(row, g.tag()-last)
		row = binary.AppendUvarint(row, uint64(len(slots)))
		row = append(row, slots...)
		last = g.tag()
	}
	if len(buckets) > 0 {
		postings = append(postings, slices.Clone(row))
	}
	return buckets, postings
}

// sort orders entries by hash. Slots are in order already, so a stable sort by the
// two halves of the hash is enough, several times as fast as comparing.
func (b *Block) sort() {
	const half = hashBits / 2
	from, to := b.entries, make([]uint32, len(b.entries))
	for shift := slotBits; shift < slotBits+hashBits; shift += half {
		var start [1<<half + 1]int
		for _, e := range from {
			start[e>>shift&(1<<half-1)+1]++
		}
		for i := range 1 << half {
			start[i+1] += start[i]
		}
		for _, e := range from {
			at := e >> shift & (1<<half - 1)
			to[start[at]] = e
			start[at]++
		}
		from, to = to, from
	}
	b.entries = from
}

// Slots is the set of a block's texts that have something.
type Slots [Size / 64]uint64

// All is the set of all slots.
func All() (s Slots) {
	for i := range s {
		s[i] = ^uint64(0)
	}
	return s
}

// Has reports whether the set contains a slot.
func (s *Slots) Has(slot int) bool { return s[slot/64]>>(slot%64)&1 == 1 }

// Empty reports whether the set is empty.
func (s *Slots) Empty() bool { return *s == Slots{} }

// Intersect removes the slots that do not have the gram, according to the postings of
// its bucket.
func (s *Slots) Intersect(g Gram, postings []byte) {
	var with Slots
	for tag := uint64(0); len(postings) > 0; {
		delta, n := binary.Uvarint(postings)
		size, m := binary.Uvarint(postings[max(n, 0):])
		if n <= 0 || m <= 0 || size > uint64(len(postings)-n-m) {
			break // not written by Rows
		}
		postings = postings[n+m:]
		tag += delta
		if tag >= g.tag() {
			if tag == g.tag() {
				with.decode(postings[:size])
			}
			break
		}
		postings = postings[size:]
	}
	for i := range s {
		s[i] &= with[i]
	}
}

func (s *Slots) decode(list []byte) {
	for slot := uint64(0); len(list) > 0; {
		delta, n := binary.Uvarint(list)
		if n <= 0 {
			return
		}
		list, slot = list[n:], slot+delta
		if slot < Size {
			s[slot/64] |= 1 << (slot % 64)
		}
	}
}

// AppendNumbers encodes the numbers of a block's slots.
func AppendNumbers(b []byte, numbers []int64) []byte {
	var last int64
	for _, n := range numbers {
		b = binary.AppendVarint(b, n-last)
		last = n
	}
	return b
}

// Numbers calls yield with the numbers of the slots in s.
func (s *Slots) Numbers(encoded []byte, yield func(int64)) {
	var last int64
	for slot := 0; slot < Size && len(encoded) > 0; slot++ {
		delta, n := binary.Varint(encoded)
		if n <= 0 {
			return
		}
		encoded, last = encoded[n:], last+delta
		if s.Has(slot) {
			yield(last)
		}
	}
}
