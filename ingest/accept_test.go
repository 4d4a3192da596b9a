package ingest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/desk"
	"switchboard/normalize"
)

// accepting is a Journal whose answers a test chooses, and which records what it is
// called with.
type accepting struct {
	refuse func(raws []desk.Raw) error // nil: store everything
	unheld int                         // how many of the last rows it does not claim
	calls  [][]desk.Raw
	leases []time.Duration
	left   []time.Duration // until the deadline of each call
}

func (j *accepting) AcceptRaws(ctx context.Context, raws []desk.Raw, lease time.Duration) ([]desk.Receipt, []Claimed, error) {
	j.calls, j.leases = append(j.calls, raws), append(j.leases, lease)
	if end, ok := ctx.Deadline(); ok && ctx.Err() == nil {
		j.left = append(j.left, time.Until(end))
	}
	if j.refuse != nil {
		if err := j.refuse(raws); err != nil {
			return nil, nil, err
		}
	}
	receipts := make([]desk.Receipt, len(raws))
	var claimed []Claimed
	for i, r := range raws {
		receipts[i].ID = r.ID
		if lease > 0 && i < len(raws)-j.unheld {
			claimed = append(claimed, Claimed{Raw: r})
		}
	}
	return receipts, claimed, nil
}

func newAcceptor(j Journal) *Acceptor {
	return NewAcceptor(j, NewProcessor(nil, normalize.Message, nil, slog.New(slog.DiscardHandler)))
}

// mails returns n rows of one octet each.
func mails(n int) []desk.Raw {
	out := make([]desk.Raw, n)
	for i := range out {
		out[i] = desk.Raw{ID: desk.NewID[desk.RawID](), Channel: desk.ChannelEmail, Bytes: []byte("x")}
	}
	return out
}

// committed commits rows as one group and returns the senders' answers.
func committed(t *testing.T, a *Acceptor, raws []desk.Raw) []acceptResult {
	t.Helper()
	var group []acceptRequest
	var answers []chan acceptResult
	for _, r := range raws {
		done := make(chan acceptResult, 1)
		group, answers = append(group, acceptRequest{r, done}), append(answers, done)
	}
	a.commit(t.Context(), group)
	out := make([]acceptResult, len(raws))
	for i, answer := range answers {
		select {
		case out[i] = <-answer:
		default:
			t.Fatalf("sender %d has no answer", i)
		}
	}
	return out
}

func TestGroupIsCommittedAtOnce(t *testing.T) {
	t.Parallel()
	j := &accepting{}
	a, raws := newAcceptor(j), mails(3)
	for i, got := range committed(t, a, raws) {
		if got.err != nil || got.receipt.ID != raws[i].ID {
			t.Errorf("sender %d got %+v", i, got)
		}
	}
	if len(j.calls) != 1 || len(j.calls[0]) != 3 || j.leases[0] != lease {
		t.Errorf("%d transactions with the leases %v", len(j.calls), j.leases)
	}
	p := a.processor
	if p.journaled.Load() || p.pace.fresh != 3 || p.pace.urgent {
		t.Errorf("journaled %t, %d new rows, urgent %t", p.journaled.Load(), p.pace.fresh, p.pace.urgent)
	}
	if got := p.queue.take(batchRows); len(got) != 3 || p.queue.rows != 0 || p.queue.bytes != 0 {
		t.Errorf("%d rows queued; %d rows and %d bytes reserved", len(got), p.queue.rows, p.queue.bytes)
	}
}

// Rows that were not claimed, or that there is no room for, are read from the journal.
func TestRowsWaitInTheJournal(t *testing.T) {
	t.Parallel()
	j := &accepting{unheld: 1}
	a := newAcceptor(j)
	committed(t, a, mails(2))
	if got := a.processor.queue.take(batchRows); !a.processor.journaled.Load() || len(got) != 1 {
		t.Errorf("one row was not claimed: journaled %t, %d rows queued", a.processor.journaled.Load(), len(got))
	}
	j, raws := &accepting{}, mails(1)
	a = newAcceptor(j)
	a.processor.queue.rows = queueRows
	committed(t, a, raws)
	if !a.processor.journaled.Load() || j.leases[0] != 0 || a.processor.queue.rows != queueRows {
		t.Errorf("the queue is full: journaled %t, lease %s", a.processor.journaled.Load(), j.leases[0])
	}
}

// A row that the database refuses does not keep the others of its group out.
func TestRefusedRowFailsAlone(t *testing.T) {
	t.Parallel()
	raws := mails(3)
	refused := errors.New("value too long")
	j := &accepting{refuse: func(group []desk.Raw) error {
		if slices.ContainsFunc(group, func(r desk.Raw) bool { return r.ID == raws[1].ID }) {
			return refused
		}
		return nil
	}}
	a := newAcceptor(j)
	for i, got := range committed(t, a, raws) {
		if i == 1 && (got.err != refused || !got.receipt.ID.IsZero()) || i != 1 && (got.err != nil || got.receipt.ID != raws[i].ID) {
			t.Errorf("sender %d got %+v", i, got)
		}
	}
	if p := a.processor; len(j.calls) != 4 || p.pace.fresh != 2 || p.queue.rows != 2 || p.queue.bytes != 2 {
		t.Errorf("%d transactions, %d new rows; %d rows and %d bytes reserved", len(j.calls), p.pace.fresh, p.queue.rows, p.queue.bytes)
	}
}

func TestTemporaryErrorFailsTheGroup(t *testing.T) {
	t.Parallel()
	down := desk.Errorf(desk.KindTemporary, "connection refused")
	j := &accepting{refuse: func([]desk.Raw) error { return down }}
	a := newAcceptor(j)
	for i, got := range committed(t, a, mails(2)) {
		if got.err != down {
			t.Errorf("sender %d got %+v", i, got)
		}
	}
	if p := a.processor; len(j.calls) != 1 || p.pace.fresh != 0 || p.queue.rows != 0 || p.queue.bytes != 0 || p.journaled.Load() {
		t.Errorf("%d transactions, %d new rows; %d rows reserved", len(j.calls), p.pace.fresh, p.queue.rows)
	}
}

// The commit of a group that was begun is finished after the end, within a time limit.
func TestCommitOutlivesItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &accepting{}
		a := newAcceptor(j)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		done := make(chan acceptResult, 1)
		a.commit(ctx, []acceptRequest{{mails(1)[0], done}})
		if got := <-done; got.err != nil || !slices.Equal(j.left, []time.Duration{acceptTimeout}) {
			t.Errorf("answer %+v, time left %v", got, j.left)
		}
	})
}

func TestAccept(t *testing.T) {
	t.Parallel()
	j := &accepting{refuse: func(raws []desk.Raw) error {
		if raws[0].Problem != "" {
			return errors.New(raws[0].Problem)
		}
		return nil
	}}
	a := newAcceptor(j)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	for _, r := range mails(2) {
		if got, err := a.Accept(t.Context(), r); err != nil || got.ID != r.ID {
			t.Errorf("got %+v, %v; want the receipt of %s", got, err, r.ID)
		}
	}
	bad := mails(1)[0]
	bad.Problem = "refused"
	if got, err := a.Accept(t.Context(), bad); err == nil || err.Error() != "refused" || !got.ID.IsZero() {
		t.Errorf("got %+v, %v; want the database's error", got, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// A sender who gives up gets a temporary error, because the row may or may not be
// stored, both while it waits for a place in the queue and afterwards.
func TestAcceptEndsWithItsContext(t *testing.T) {
	t.Parallel()
	a := newAcceptor(&accepting{}) // Run is not called
	for range batchRows + 1 {      // the last one finds the queue full
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond/10)
		_, err := a.Accept(ctx, desk.Raw{})
		cancel()
		if desk.KindOf(err) != desk.KindTemporary || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
	}
	if len(a.queue) != batchRows {
		t.Errorf("%d rows wait, want %d", len(a.queue), batchRows)
	}
}

func TestGatherTakesWhatIsWaiting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, each, waiting, want int
	}{
		"nothing waits":   {1, 1, 0, 1},
		"some wait":       {1, 1, 3, 4},
		"a full group":    {1, 1, batchRows, batchRows},
		"a large first":   {acceptBytes, 1, 2, 1},
		"just below":      {acceptBytes - 1, 1, 2, 2},
		"large followers": {1, acceptBytes / 2, 4, 3},
	} {
		a := newAcceptor(nil)
		large := make([]byte, max(c.first, c.each))
		for range c.waiting {
			a.queue <- acceptRequest{raw: desk.Raw{Bytes: large[:c.each]}}
		}
		if got := a.gather(acceptRequest{raw: desk.Raw{Bytes: large[:c.first]}}); len(got) != c.want || len(got[0].raw.Bytes) != c.first {
			t.Errorf("%s: %d rows, want %d", name, len(got), c.want)
		}
	}
}

// Groups of chat lines are committed at intervals, so that lines share a commit. Lines
// that come less often, and mail, are not delayed.
func TestChatLinesShareACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAcceptor(&accepting{})
		group := func(raws ...desk.Raw) (rows int, took time.Duration) {
			for _, r := range raws {
				a.queue <- acceptRequest{raw: r}
			}
			start := time.Now()
			return len(a.next(t.Context())), time.Since(start)
		}
		mail := desk.Raw{Channel: desk.ChannelEmail}
		expect := func(step string, wantRows int, wantWait time.Duration, raws ...desk.Raw) {
			t.Helper()
			if rows, took := group(raws...); rows != wantRows || took != wantWait {
				t.Errorf("%s: %d rows after %s, want %d after %s", step, rows, took, wantRows, wantWait)
			}
		}
		expect("the first line", 1, 0, line(1))
		expect("the next lines", 2, acceptSpacing, line(2), line(3))
		expect("mail", 1, 0, mail)
		time.Sleep(acceptSpacing / 3)
		expect("a line after a moment", 1, acceptSpacing-acceptSpacing/3, line(4))
		time.Sleep(acceptSpacing)
		expect("a line later", 1, 0, line(5))
		time.AfterFunc(acceptSpacing/2, func() { a.queue <- acceptRequest{raw: line(7)} })
		expect("a line that comes meanwhile", 2, acceptSpacing, line(6))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got := a.next(ctx); got != nil {
			t.Errorf("the end: %d rows", len(got))
		}
	})
}
