package store

import (
	"context"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/internal/textindex"
)

type searchQueries struct {
	Fresh        *sqlx.Stmt `query:"search-fresh"`
	Postings     *sqlx.Stmt `query:"search-postings"`
	Blocks       *sqlx.Stmt `query:"search-blocks"`
	Senders      *sqlx.Stmt `query:"search-senders"`
	Contacts     *sqlx.Stmt `query:"search-contacts"`
	Accounts     *sqlx.Stmt `query:"search-accounts"`
	Names        *sqlx.Stmt `query:"search-names"`
	Lock         *sqlx.Stmt `query:"search-lock"`
	Take         *sqlx.Stmt `query:"search-take"`
	Places       *sqlx.Stmt `query:"search-places"`
	AddBlock     *sqlx.Stmt `query:"search-add-block"`
	AddPostings  *sqlx.Stmt `query:"search-add-postings"`
	Taken        *sqlx.Stmt `query:"search-taken"`
	Backlog      *sqlx.Stmt `query:"search-backlog"`
	Old          *sqlx.Stmt `query:"search-old"`
	AddTexts     *sqlx.Stmt `query:"search-add-texts"`
	Advance      *sqlx.Stmt `query:"search-advance"`
	CaughtUp     *sqlx.Stmt `query:"search-caught-up"`
	Unfolded     *sqlx.Stmt `query:"search-unfolded"`
	FoldAccounts *sqlx.Stmt `query:"search-fold-accounts"`
	FoldContacts *sqlx.Stmt `query:"search-fold-contacts"`
}

// maxGrams is how many substrings of all words of a query are looked up. More of
// them would exclude few candidates more.
const maxGrams = 12

// numbers is a set of conversation numbers, as bits: number n is bit n%8 of octet n/8,
// as get_bit of PostgreSQL counts them.
type numbers []byte

func (s *numbers) add(n int64) {
	if n < 0 {
		return
	}
	if at := int(n / 8); at >= len(*s) {
		*s = append(*s, make([]byte, at+1-len(*s))...)
	}
	(*s)[n/8] |= 1 << (n % 8)
}

// intersect returns the numbers that are in both.
func (s numbers) intersect(other numbers) numbers {
	s = s[:min(len(s), len(other))]
	for i := range s {
		s[i] &= other[i]
	}
	return s
}

// union returns the numbers that are in either.
func (s numbers) union(other numbers) numbers {
	if len(s) < len(other) {
		s, other = other, s
	}
	for i := range other {
		s[i] |= other[i]
	}
	return s
}

func (s *numbers) addAll(list []int64) {
	for _, n := range list {
		s.add(n)
	}
}

func (s numbers) count() (n int) {
	whole := len(s) / 8 * 8
	for i := 0; i < whole; i += 8 {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(s[i:]))
	}
	for _, b := range s[whole:] {
		n += bits.OnesCount8(b)
	}
	return n
}

func (s numbers) list() (list pq.Int64Array) {
	list = pq.Int64Array{}
	for i, b := range s {
		for ; b != 0; b &= b - 1 {
			list = append(list, int64(8*i+bits.TrailingZeros8(b)))
		}
	}
	return list
}

// containing returns, for each folded text, the conversations with a message that may
// contain it; nil for all conversations.
func (s *Store) containing(ctx context.Context, words []string) ([]numbers, error) {
	found := make([]numbers, len(words))
	// Messages that are not in a block come first: one that moves into a block
	// meanwhile is then found there.
	for i, w := range words {
		var fresh struct {
			Backlog *bool
			Numbers pq.Int64Array
		}
		if err := s.q.search.Fresh.GetContext(ctx, &fresh, w); err != nil {
			return nil, wrap("search messages that are not indexed yet", err)
		}
		if fresh.Backlog != nil { // the index does not know everything yet
			return make([]numbers, len(words)), nil
		}
		found[i] = numbers{}
		for _, n := range fresh.Numbers {
			found[i].add(n)
		}
	}
	grams := make([][]textindex.Gram, len(words))
	var buckets []int32
	for i, w := range words {
		grams[i] = textindex.Grams(w, max(maxGrams/len(words), 2))
		for _, g := range grams[i] {
			buckets = append(buckets, g.Bucket())
		}
	}
	slices.Sort(buckets)
	blocks, err := s.slots(ctx, grams, slices.Compact(buckets))
	if err != nil {
		return nil, err
	}
	if err := s.numbersOf(ctx, blocks, found); err != nil {
		return nil, err
	}
	for i := range words {
		if len(grams[i]) == 0 {
			found[i] = nil
		}
	}
	return found, nil
}

// slots returns which slots of each block have all grams, for each list of grams.
func (s *Store) slots(ctx context.Context, grams [][]textindex.Gram, buckets []int32) (map[int32][]textindex.Slots, error) {
	rows, err := s.q.search.Postings.QueryContext(ctx, pq.Array(buckets))
	if err != nil {
		return nil, wrap("read the search index", err)
	}
	defer rows.Close()
	postings := map[int32]map[int32][]byte{} // by block and bucket
	for rows.Next() {
		var bucket, block int32
		var p []byte
		if err := rows.Scan(&bucket, &block, &p); err != nil {
			return nil, wrap("read the search index", err)
		}
		if postings[block] == nil {
			postings[block] = make(map[int32][]byte, len(buckets))
		}
		postings[block][bucket] = p
	}
	if err := rows.Err(); err != nil {
		return nil, wrap("read the search index", err)
	}
	blocks := map[int32][]textindex.Slots{}
	for block, have := range postings {
		sets, any := make([]textindex.Slots, len(grams)), false
		for i, list := range grams {
			if len(list) == 0 {
				continue
			}
			sets[i] = textindex.All()
			for _, g := range list {
				if sets[i].Intersect(g, have[g.Bucket()]); sets[i].Empty() {
					break
				}
			}
			any = any || !sets[i].Empty()
		}
		if any {
			blocks[block] = sets
		}
	}
	return blocks, nil
}

// numbersOf adds the conversations of slots to found.
func (s *Store) numbersOf(ctx context.Context, blocks map[int32][]textindex.Slots, found []numbers) error {
	ids := make([]int32, 0, len(blocks))
	for id := range blocks {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := s.q.search.Blocks.QueryContext(ctx, pq.Array(ids))
	if err != nil {
		return wrap("read the search index", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int32
		var conversations []byte
		if err := rows.Scan(&id, &conversations); err != nil {
			return wrap("read the search index", err)
		}
		for i := range found {
			blocks[id][i].Numbers(conversations, found[i].add)
		}
	}
	return wrap("read the search index", rows.Err())
}

// likeLiteral escapes what LIKE would interpret.
var likeLiteral = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// containingAny returns LIKE patterns for texts that contain one of the parts. One
// comparison with all patterns costs a tenth of a subquery for each row.
func containingAny(parts []string) pq.StringArray {
	patterns := make(pq.StringArray, len(parts))
	for i, p := range parts {
		patterns[i] = "%" + likeLiteral.Replace(p) + "%"
	}
	return patterns
}
