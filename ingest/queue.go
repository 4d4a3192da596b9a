package ingest

import (
	"cmp"
	"slices"
	"sync"

	"switchboard/desk"
)

const (
	queueRows = 2 * batchRows
	// chatRows is the bound for chat lines, which are small and not held up by mail:
	// reading them back from the journal would take longer at the worst moment.
	chatRows   = 20 * batchRows
	queueBytes = batchBytes
)

// queue holds rows in memory between their commit to the journal and their
// processing, so that they need not be claimed and read back. It is bounded; rows
// that do not fit wait in the journal.
type queue struct {
	mu    sync.Mutex
	held  []Claimed
	rows  int // held or reserved
	bytes int64
	ended bool
}

// size returns the room that rows need in the queue.
func size(raws []desk.Raw) (rows int, bytes int64) {
	for i := range raws {
		bytes += int64(len(raws[i].Bytes))
	}
	return len(raws), bytes
}

// reserve makes room for raws that are about to be committed; false when there is none.
func (q *queue) reserve(raws []desk.Raw) bool {
	rows, bytes := size(raws)
	limit := chatRows
	if slices.ContainsFunc(raws, func(r desk.Raw) bool { return r.Channel != desk.ChannelChat }) {
		limit = queueRows
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended || q.rows+rows > limit || q.bytes+bytes > queueBytes {
		return false
	}
	q.rows, q.bytes = q.rows+rows, q.bytes+bytes
	return true
}

// add puts those of the reserved raws that were claimed into the queue, and frees the
// rest of the reservation.
func (q *queue) add(raws []desk.Raw, claimed []Claimed) {
	rows, bytes := size(raws)
	for i := range claimed {
		rows, bytes = rows-1, bytes-int64(len(claimed[i].Raw.Bytes))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = append(q.held, claimed...)
	q.rows, q.bytes = q.rows-rows, q.bytes-bytes
}

// take removes up to n rows, in the order in which batches are processed.
func (q *queue) take(n int) []Claimed {
	q.mu.Lock()
	defer q.mu.Unlock()
	slices.SortStableFunc(q.held, inOrder)
	taken := slices.Clone(q.held[:min(n, len(q.held))])
	q.held = slices.Delete(q.held, 0, len(taken))
	for i := range taken {
		q.rows, q.bytes = q.rows-1, q.bytes-int64(len(taken[i].Raw.Bytes))
	}
	return taken
}

// putBack returns rows to the queue that were taken and could not be processed before
// shutdown.
func (q *queue) putBack(rows []Claimed) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = append(q.held, rows...)
}

// end refuses further reservations and returns what was not processed.
func (q *queue) end() []Claimed {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	rest := q.held
	q.held = nil
	return rest
}

// inOrder compares rows by arrival, but chat lines and forms, for which a person is
// waiting, come before mail.
func inOrder(a, b Claimed) int {
	return cmp.Or(cmp.Compare(mailLast(a), mailLast(b)), cmp.Compare(a.Arrival, b.Arrival))
}

func mailLast(c Claimed) int {
	if c.Raw.Channel == desk.ChannelEmail {
		return 1
	}
	return 0
}
