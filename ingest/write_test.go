package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/desk"
	"switchboard/normalize"
)

// books is a Store and its Tx in memory. It records what the Processor does.
type books struct {
	Store
	fails        map[string]error // by method
	refuses      int64            // fence of the row whose batches Save refuses
	failures     []failure
	locked       []Scope
	asked        Query
	transactions int
	saved        []*desk.Changes
	released     []Claimed
	left         time.Duration // until the deadline of Release
	loaded       []Claimed
	claims       [][]Claimed // one for each call of Claim; the last calls return none
	claimCalls   []time.Duration
	begun        time.Time
}

func (s *books) Claim(_ context.Context, n int, l time.Duration) ([]Claimed, error) {
	if n != batchRows || l != lease {
		return nil, fmt.Errorf("claims %d rows for %s", n, l)
	}
	s.claimCalls = append(s.claimCalls, time.Since(s.begun))
	if len(s.claims) == 0 {
		return nil, s.fails["Claim"]
	}
	rows := s.claims[0]
	s.claims = s.claims[1:]
	return rows, s.fails["Claim"]
}

func (s *books) Load(_ context.Context, rows []Claimed) error {
	s.loaded = slices.Clone(rows)
	for i := range rows {
		rows[i].Raw.Bytes = []byte(fmt.Sprint(rows[i].Fence))
	}
	return s.fails["Load"]
}

func (s *books) Process(_ context.Context, fn func(Tx) error) error {
	s.transactions++
	return fn(s)
}

func (s *books) Fail(_ context.Context, c Claimed, state desk.RawState, problem string, retry time.Duration) error {
	if err := s.fails["Fail"]; err != nil {
		return err
	}
	s.failures = append(s.failures, failure{c, state, problem, retry})
	return nil
}

func (s *books) Release(ctx context.Context, rows []Claimed) error {
	s.released = append(s.released, rows...)
	if end, ok := ctx.Deadline(); ok && ctx.Err() == nil {
		s.left = time.Until(end)
	}
	return s.fails["Release"]
}

func (s *books) Now() time.Time { return noon.Add(time.Hour) }

func (s *books) Lock(_ context.Context, scopes []Scope) error {
	s.locked = scopes
	return s.fails["Lock"]
}

func (s *books) Rivals(context.Context, []desk.ConversationID) (Rivals, error) { return Rivals{}, nil }

func (s *books) Snapshot(_ context.Context, q Query) (*Snapshot, error) {
	s.asked = q
	if s.fails["panic"] != nil {
		return &Snapshot{}, nil // deciding on nil maps panics
	}
	return nothing(), s.fails["Snapshot"]
}

func (s *books) Save(_ context.Context, c *desk.Changes) error {
	for _, r := range c.Processed {
		if r.Fence == s.refuses {
			return errors.New("refused")
		}
	}
	s.saved = append(s.saved, c)
	return s.fails["Save"]
}

// observed is a Processor over books, and what it reports.
type observed struct {
	*Processor
	log       bytes.Buffer
	committed int
	finished  []string // "RAW state"
	stored    []string // "RAW subject events"
}

func observe(t *testing.T, s *books) *observed {
	t.Helper()
	o, r := &observed{}, rules(t)
	o.Processor = NewProcessor(s, normalize.Message, func() *Rules { return r }, slog.New(slog.NewTextHandler(&o.log, nil)))
	o.Committed = func() { o.committed++ }
	o.Finished = func(raw *desk.Raw, state desk.RawState) {
		o.finished = append(o.finished, fmt.Sprint(raw.ID, " ", state))
	}
	o.Stored = func(raw *desk.Raw, m *desk.Message, events []desk.Event) {
		o.stored = append(o.stored, fmt.Sprint(raw.ID, " ", m.Subject, " ", len(events)))
	}
	return o
}

// two returns two rows of different senders, with the fences 1 and 2.
func two(t *testing.T) []parsed {
	t.Helper()
	batch := []parsed{item(t, 1, from("jo@acme.example", "1@a")...), item(t, 2, from("kim@shop.example", "1@k")...)}
	batch[1].Fence = 2
	return batch
}

func TestWriteStoresABatch(t *testing.T) {
	t.Parallel()
	s := &books{}
	o, batch := observe(t, s), two(t)
	o.write(t.Context(), batch)
	a, b := batch[0].Raw.ID, batch[1].Raw.ID
	if s.transactions != 1 || len(s.saved) != 1 || len(s.failures) != 0 || o.committed != 1 || len(s.locked) != 2 || len(s.asked.Identities) != 2 {
		t.Errorf("%d transactions, %d failures, %d commits, locked %v", s.transactions, len(s.failures), o.committed, s.locked)
	}
	if want := []string{fmt.Sprint(a, " processed"), fmt.Sprint(b, " processed")}; !slices.Equal(o.finished, want) {
		t.Errorf("finished %v, want %v", o.finished, want)
	}
	if want := []string{fmt.Sprint(a, " Lamp 4"), fmt.Sprint(b, " Lamp 4")}; !slices.Equal(o.stored, want) {
		t.Errorf("stored %v, want %v", o.stored, want)
	}
	if text := o.log.String(); strings.Count(text, "msg=Threaded raw=") != 2 || strings.Count(text, "msg=Routed conversation=") != 2 {
		t.Errorf("log:\n%s", text)
	}
	if time.Since(o.Processor.committed) > time.Minute {
		t.Errorf("last commit %s", o.Processor.committed)
	}
}

// A row that could not be read is quarantined; the others of its batch are stored.
func TestWriteSkipsUnreadableRows(t *testing.T) {
	t.Parallel()
	s := &books{}
	o, batch := observe(t, s), two(t)
	batch[0].err = errors.New("unreadable")
	o.write(t.Context(), batch)
	if len(s.failures) != 1 || s.failures[0].state != desk.RawQuarantined || s.failures[0].problem != "unreadable" || s.failures[0].claimed.Fence != 1 {
		t.Errorf("failures %+v", s.failures)
	}
	if len(o.stored) != 1 || o.committed != 1 || !slices.Equal(o.finished, []string{fmt.Sprint(batch[0].Raw.ID, " quarantined"), fmt.Sprint(batch[1].Raw.ID, " processed")}) {
		t.Errorf("stored %v, finished %v", o.stored, o.finished)
	}
	s = &books{}
	o = observe(t, s)
	o.write(t.Context(), batch[:1])
	if s.transactions != 0 || o.committed != 0 || len(s.failures) != 1 {
		t.Errorf("nothing to store: %d transactions, %d commits, %d failures", s.transactions, o.committed, len(s.failures))
	}
}

// A single row is not tried twice.
func TestWriteFailsASingleRow(t *testing.T) {
	t.Parallel()
	s := &books{refuses: 1}
	o := observe(t, s)
	o.write(t.Context(), two(t)[:1])
	if s.transactions != 1 || len(s.failures) != 1 || s.failures[0].problem != "refused" || len(o.stored) != 0 || !o.Processor.committed.IsZero() {
		t.Errorf("%d transactions, failures %+v, stored %v", s.transactions, s.failures, o.stored)
	}
}

// A row that cannot be stored affects no other.
func TestWriteStoresOneByOne(t *testing.T) {
	t.Parallel()
	s := &books{refuses: 1}
	o, batch := observe(t, s), two(t)
	o.write(t.Context(), batch)
	if s.transactions != 3 || len(s.failures) != 1 || s.failures[0].claimed.Fence != 1 || len(s.saved) != 1 || o.committed != 1 {
		t.Errorf("%d transactions, failures %+v, %d commits", s.transactions, s.failures, o.committed)
	}
	if want := []string{fmt.Sprint(batch[1].Raw.ID, " Lamp 2")}; !slices.Equal(o.stored, want) {
		t.Errorf("stored %v, want %v", o.stored, want)
	}
}

func TestCommitReturnsErrors(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Lock", "Snapshot", "Save"} {
		want := errors.New(method)
		o := observe(t, &books{fails: map[string]error{method: want}})
		if _, err := o.commit(t.Context(), two(t)); err != want || !o.Processor.committed.IsZero() {
			t.Errorf("%s fails: %v", method, err)
		}
	}
	o := observe(t, &books{fails: map[string]error{"panic": errors.New("yes")}})
	if _, err := o.commit(t.Context(), two(t)); err == nil || !strings.Contains(err.Error(), "report the bug") {
		t.Errorf("a panic: %v", err)
	}
}

// coded is an error that says what an operator sees of it.
type coded struct{ error }

func (coded) Reason() string { return "the reason alone" }

func TestFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		temporary, conflict, permanent := desk.Errorf(desk.KindTemporary, "down"), desk.Errorf(desk.KindConflict, "taken"), errors.New("bad")
		for _, c := range []struct {
			name     string
			cause    error
			attempts int
			idle     time.Duration // since rows were last processed
			state    desk.RawState
			retry    time.Duration
			after    int // attempts that are recorded
		}{
			{"temporary", temporary, 1, 0, desk.RawPending, 2 * time.Second, 1},
			{"a conflict", conflict, 3, 0, desk.RawPending, 8 * time.Second, 3},
			{"permanent", permanent, 1, 0, desk.RawQuarantined, 0, 1},
			{"permanent during an outage", permanent, 11, maxRetry, desk.RawQuarantined, 0, 11},
			{"the last attempt but one", temporary, 11, 0, desk.RawPending, 10 * time.Minute, 11},
			{"the last attempt", temporary, 12, 0, desk.RawQuarantined, 0, 12},
			{"just before an outage counts", temporary, maxAttempts, maxRetry - 1, desk.RawQuarantined, 0, maxAttempts},
			{"during an outage", temporary, 12, 10 * time.Minute, desk.RawPending, 10 * time.Minute, 9},
			{"early in an outage", temporary, 2, maxRetry, desk.RawPending, 4 * time.Second, 2},
			{"many attempts during an outage", temporary, 80, maxRetry, desk.RawPending, maxRetry, maxAttempts - minLeft},
		} {
			s := &books{}
			o := observe(t, s)
			o.Processor.committed = time.Now().Add(-c.idle)
			o.fail(t.Context(), Claimed{Raw: desk.Raw{Attempts: c.attempts}, Fence: 7}, c.cause)
			if len(s.failures) != 1 || len(o.unrecorded) != 0 {
				t.Fatalf("%s: recorded %v", c.name, s.failures)
			}
			got := s.failures[0]
			if got.state != c.state || got.retry != c.retry || got.claimed.Raw.Attempts != c.after || got.claimed.Fence != 7 || got.problem != c.cause.Error() {
				t.Errorf("%s: %+v, want %s in %s after %d attempts", c.name, got, c.state, c.retry, c.after)
			}
			if (len(o.finished) == 1) != (c.state == desk.RawQuarantined) {
				t.Errorf("%s: finished %v", c.name, o.finished)
			}
		}
	})
	if got := reason(fmt.Errorf("store: %w", coded{errors.New("details")})); got != "the reason alone" {
		t.Errorf("reason %q", got)
	}
}

// Failures that could not be recorded are recorded later, in order.
func TestRecordFailures(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	s := &books{fails: map[string]error{"Fail": down}}
	o := observe(t, s)
	for fence := range int64(3) {
		o.fail(t.Context(), Claimed{Fence: fence}, errors.New("bad"))
	}
	o.recordFailures(t.Context())
	if len(o.unrecorded) != 3 || len(o.finished) != 0 {
		t.Fatalf("%d unrecorded, finished %v", len(o.unrecorded), o.finished)
	}
	s.fails = nil
	o.recordFailures(t.Context())
	var fences []int64
	for _, f := range s.failures {
		fences = append(fences, f.claimed.Fence)
	}
	if !slices.Equal(fences, []int64{0, 1, 2}) || len(o.unrecorded) != 0 || len(o.finished) != 3 {
		t.Errorf("recorded %v, %d unrecorded, finished %v", fences, len(o.unrecorded), o.finished)
	}
	o.recordFailures(t.Context())
	if len(s.failures) != 3 {
		t.Errorf("%d recorded, want 3", len(s.failures))
	}
}

// Mail waits a moment for more; where a person is waiting, the batch is due at once.
func TestAcceptedRows(t *testing.T) {
	t.Parallel()
	mail, chat := desk.Raw{Channel: desk.ChannelEmail}, desk.Raw{Channel: desk.ChannelChat}
	for name, c := range map[string]struct {
		rows      []desk.Raw
		journaled bool
		fresh     int
		urgent    bool
	}{
		"mail":              {[]desk.Raw{mail, mail}, false, 2, false},
		"mail, one waiting": {[]desk.Raw{mail}, true, 1, false},
		"a chat line":       {[]desk.Raw{mail, chat}, false, 0, true},
	} {
		o := observe(t, &books{})
		o.accepted(c.rows, c.journaled)
		if o.journaled.Load() != c.journaled || o.pace.fresh != c.fresh || o.pace.urgent != c.urgent {
			t.Errorf("%s: journaled %t, %d new rows, urgent %t", name, o.journaled.Load(), o.pace.fresh, o.pace.urgent)
		}
	}
	o := observe(t, &books{})
	if o.Wake(); !o.journaled.Load() || !o.pace.urgent {
		t.Errorf("woken: journaled %t, urgent %t", o.journaled.Load(), o.pace.urgent)
	}
}

func TestRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &books{fails: map[string]error{"Release": errors.New("down")}}
		o := observe(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if o.release(ctx); len(s.released) != 0 || o.log.Len() != 0 || !o.queue.ended {
			t.Errorf("nothing to release: %v\n%s", s.released, &o.log)
		}
		o.queue.held = make([]Claimed, 2)
		o.release(ctx)
		if len(s.released) != 2 || s.left != acceptTimeout || !strings.Contains(o.log.String(), "ReleaseFailed") {
			t.Errorf("released %d rows with %s left\n%s", len(s.released), s.left, &o.log)
		}
		s.fails = nil
		o.queue.held = make([]Claimed, 1)
		o.log.Reset()
		if o.release(ctx); len(s.released) != 3 || o.log.Len() != 0 {
			t.Errorf("released %d rows\n%s", len(s.released), &o.log)
		}
	})
}
