package ingest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/normalize"
)

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	var q queue
	small := make([]desk.Raw, batchRows)
	large := []desk.Raw{{Bytes: make([]byte, queueBytes)}}
	if first, second, third := q.reserve(small), q.reserve(small), q.reserve(small[:1]); !first || !second || third {
		t.Errorf("%d rows are reserved, want %d at most", q.rows, queueRows)
	}
	q.add(small, nil) // none of them was claimed
	if q.reserve(large) {
		q.add(large, nil)
	} else {
		t.Error("the rows are refused although there is room for their bytes")
	}
	q.add(small, []Claimed{{Fence: 1, Raw: desk.Raw{Channel: desk.ChannelEmail}}, {Fence: 2, Raw: desk.Raw{Channel: desk.ChannelChat}}})
	if got := q.take(1); len(got) != 1 || got[0].Fence != 2 {
		t.Errorf("took %+v, want the chat line", got)
	}
	chat := make([]desk.Raw, chatRows)
	for i := range chat {
		chat[i].Channel = desk.ChannelChat
	}
	if more, full := q.reserve(chat[1:]), q.reserve(chat[:1]); !more || full {
		t.Errorf("%d rows are reserved, want %d at most", q.rows, chatRows)
	}
	q.add(chat[1:], nil)
	if rest := q.end(); len(rest) != 1 || rest[0].Fence != 1 || q.reserve(small[:1]) {
		t.Errorf("%+v was left, and more is taken", rest)
	}
}

// The rows and octets that are reserved are exactly those of the rows in the queue and
// of those about to be committed.
func TestQueueAccounting(t *testing.T) {
	t.Parallel()
	var q queue
	raws := mails(3)
	for i := range raws {
		raws[i].Bytes = make([]byte, 10*(i+1))
	}
	expect := func(step string, rows int, octets int64) {
		t.Helper()
		if q.rows != rows || q.bytes != octets {
			t.Errorf("%s: %d rows and %d octets, want %d and %d", step, q.rows, q.bytes, rows, octets)
		}
	}
	if !q.reserve(raws) {
		t.Fatal("an empty queue has no room")
	}
	expect("reserved", 3, 60)
	q.add(raws, []Claimed{{Raw: raws[0], Arrival: 2}, {Raw: raws[2], Arrival: 1}})
	expect("two were claimed", 2, 40)
	if got := q.take(1); len(got) != 1 || got[0].Arrival != 1 {
		t.Errorf("took %+v, want the first to arrive", got)
	}
	expect("one is taken", 1, 10)
	if got := q.take(5); len(got) != 1 || got[0].Arrival != 2 {
		t.Errorf("took %+v, want the rest", got)
	}
	expect("all are taken", 0, 0)
	if got := q.take(5); len(got) != 0 {
		t.Errorf("took %+v from an empty queue", got)
	}
	q.putBack([]Claimed{{Fence: 1}, {Fence: 2}})
	q.putBack([]Claimed{{Fence: 3}})
	if rest := q.end(); !slices.Equal(fences(rest), []int64{1, 2, 3}) || len(q.end()) != 0 || q.reserve(nil) {
		t.Errorf("%v were left", fences(rest))
	}
}

func TestQueueLimitsOctets(t *testing.T) {
	t.Parallel()
	for octets, want := range map[int]bool{queueBytes: true, queueBytes + 1: false} {
		var q queue
		if got := q.reserve([]desk.Raw{{Bytes: make([]byte, octets)}}); got != want {
			t.Errorf("%d octets fit: %t", octets, got)
		}
	}
	q := queue{bytes: queueBytes - 1}
	if one, two := q.reserve(mails(1)), q.reserve(mails(1)); !one || two {
		t.Errorf("the last octet fits %t, one more %t", one, two)
	}
}

// Chat lines have more room than mail.
func TestQueueHasRoomForChatLines(t *testing.T) {
	t.Parallel()
	lines := make([]desk.Raw, chatRows)
	for i := range lines {
		lines[i].Channel = desk.ChannelChat
	}
	var q queue
	if all, more := q.reserve(lines), q.reserve(lines[:1]); !all || more {
		t.Errorf("%d lines fit %t, one more %t", chatRows, all, more)
	}
	for rows, want := range map[int]bool{queueRows - 1: true, queueRows: false} {
		q = queue{rows: rows}
		if got := q.reserve(mails(1)); got != want {
			t.Errorf("a mail after %d rows fits: %t", rows, got)
		}
	}
	q = queue{rows: queueRows}
	if q.reserve(append(slices.Clone(lines[:1]), mails(1)...)) {
		t.Error("a mail among chat lines fits into the room for lines")
	}
}

func TestMailComesLast(t *testing.T) {
	t.Parallel()
	rows := []Claimed{{Raw: desk.Raw{Channel: desk.ChannelEmail}, Fence: 3, Arrival: 1}, {Raw: desk.Raw{Channel: desk.ChannelForm}, Fence: 2, Arrival: 4},
		{Raw: desk.Raw{Channel: desk.ChannelEmail}, Fence: 4, Arrival: 3}, {Raw: desk.Raw{Channel: desk.ChannelChat}, Fence: 1, Arrival: 2}}
	slices.SortFunc(rows, inOrder)
	if got := fences(rows); !slices.Equal(got, []int64{1, 2, 3, 4}) {
		t.Errorf("order %v", got)
	}
}

// journal is a Journal and a Store in memory, which lists the rows in the order in
// which they are processed.
type journal struct {
	mu       sync.Mutex
	arrival  int64
	pending  []Claimed
	done     []int64
	want     int
	all      chan struct{}
	released []Claimed
	stuck    chan struct{} // blocks processing while it is open
}

func (j *journal) AcceptRaws(_ context.Context, raws []desk.Raw, lease time.Duration) ([]desk.Receipt, []Claimed, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var claimed []Claimed
	for _, r := range raws {
		j.arrival++
		row := Claimed{Raw: r, Fence: 1, Arrival: j.arrival}
		if lease > 0 && len(j.pending) == 0 {
			claimed = append(claimed, row)
		} else {
			j.pending = append(j.pending, row)
		}
	}
	return make([]desk.Receipt, len(raws)), claimed, nil
}

func (j *journal) Claim(_ context.Context, n int, _ time.Duration) ([]Claimed, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	rows := slices.Clone(j.pending[:min(n, len(j.pending))])
	j.pending = j.pending[len(rows):]
	return rows, nil
}

func (j *journal) Load(context.Context, []Claimed) error { return nil }

func (j *journal) Process(_ context.Context, fn func(Tx) error) error {
	<-j.stuck
	return fn(j)
}

func (j *journal) Fail(_ context.Context, c Claimed, _ desk.RawState, _ string, _ time.Duration) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done = append(j.done, c.Arrival)
	if len(j.done) == j.want {
		close(j.all)
	}
	return nil
}

func (j *journal) Release(_ context.Context, rows []Claimed) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.released = append(j.released, rows...)
	return nil
}

// The following methods make it a Tx that fails, so that each row is given back on
// its own.
func (j *journal) Now() time.Time                            { return time.Time{} }
func (j *journal) Lock(context.Context, []Scope) error       { return nil }
func (j *journal) Save(context.Context, *desk.Changes) error { return nil }
func (j *journal) Rivals(context.Context, []desk.ConversationID) (Rivals, error) {
	return Rivals{}, nil
}

func (j *journal) Snapshot(context.Context, Query) (*Snapshot, error) {
	return nil, desk.Errorf(desk.KindInvalid, "refused")
}

func line(n int) desk.Raw {
	return desk.Raw{Channel: desk.ChannelChat, SourceKey: fmt.Sprintf("vs_%032d/%d", 1, n), Bytes: []byte(`{"text":"x"}`)}
}

func runPipeline(t *testing.T, j *journal) (*Acceptor, func()) {
	t.Helper()
	p := NewProcessor(j, normalize.Message, func() *Rules { return &Rules{Own: func(string) bool { return false }} }, slog.New(slog.DiscardHandler))
	a := NewAcceptor(j, p)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { a.Run(ctx) })
	running.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return a, func() { cancel(); running.Wait() }
}

// TestOrderFromMemoryAndJournal: rows are processed in the order in which they were
// acknowledged, whether they fit into memory or had to wait in the journal.
func TestOrderFromMemoryAndJournal(t *testing.T) {
	t.Parallel()
	const lines = 5 * queueRows
	j := &journal{want: lines, all: make(chan struct{}), stuck: make(chan struct{})}
	a, stop := runPipeline(t, j)
	padding := bytes.Repeat([]byte(" "), queueBytes/queueRows) // fills the memory with fewer lines
	for n := range lines {                                     // one after the other, as one visitor's socket does
		raw := line(n)
		raw.Bytes = append(raw.Bytes, padding...)
		if _, err := a.Accept(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
		if n == lines/2 {
			close(j.stuck) // more rows than the memory holds are waiting by now
		}
	}
	select {
	case <-j.all:
	case <-time.After(30 * time.Second):
		t.Fatalf("%d of %d rows were processed", len(j.done), lines)
	}
	stop()
	if !slices.IsSorted(j.done) || len(j.done) != lines {
		t.Errorf("%d rows processed, in the order %v", len(j.done), j.done)
	}
}

// TestStopReleases: rows that were acknowledged and not processed are left to other nodes.
func TestStopReleases(t *testing.T) {
	t.Parallel()
	const lines = queueRows
	j := &journal{want: -1, all: make(chan struct{}), stuck: make(chan struct{})}
	a, stop := runPipeline(t, j)
	for n := range lines {
		if _, err := a.Accept(t.Context(), line(n)); err != nil {
			t.Fatal(err)
		}
	}
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	close(j.stuck)
	<-stopped
	if len(j.done)+len(j.released) != lines {
		t.Errorf("%d processed and %d released, want %d together", len(j.done), len(j.released), lines)
	}
}
