package ingest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/desk"
	"switchboard/normalize"
)

// outage is a Store that hands out rows and then fails for a while.
type outage struct {
	claimed  []Claimed
	refuse   int // how many more failures cannot be recorded
	recorded chan int64
	attempts int // of the row that failed last
	mu       sync.Mutex
}

func (o *outage) Claim(context.Context, int, time.Duration) ([]Claimed, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	rows := o.claimed
	o.claimed = nil
	return rows, nil
}

func (o *outage) Load(context.Context, []Claimed) error { return nil }

func (o *outage) Process(context.Context, func(Tx) error) error {
	return desk.Errorf(desk.KindTemporary, "connection refused")
}

func (o *outage) Fail(_ context.Context, c Claimed, state desk.RawState, _ string, _ time.Duration) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refuse > 0 {
		o.refuse--
		return desk.Errorf(desk.KindTemporary, "connection refused")
	}
	o.attempts = c.Raw.Attempts
	if state == desk.RawPending {
		o.recorded <- c.Fence
	}
	return nil
}

func (o *outage) Release(context.Context, []Claimed) error { return nil }

// A row whose failure could not be recorded during an outage is given back after it,
// in order, and does not wait for its lease to run out.
func TestFailuresAreRecordedAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		raw := desk.Raw{Channel: desk.ChannelEmail, Bytes: []byte("From: jo@acme.example\r\nSubject: x\r\n\r\nx\r\n"), Attempts: 1}
		o := &outage{claimed: []Claimed{{Raw: raw, Fence: 1, Arrival: 1}, {Raw: raw, Fence: 2, Arrival: 2}}, refuse: 5, recorded: make(chan int64, 2)}
		p := NewProcessor(o, normalize.Message, func() *Rules { return &Rules{Own: func(string) bool { return false }} }, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		for want := int64(1); want <= 2; want++ {
			if got := <-o.recorded; got != want {
				t.Errorf("row %d was given back, want %d", got, want)
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// While no row can be stored, none is quarantined, however often it was tried; a row
// that fails while others are stored is.
func TestOutageDoesNotQuarantine(t *testing.T) {
	t.Parallel()
	o := &outage{recorded: make(chan int64, 2)}
	p := NewProcessor(o, normalize.Message, nil, slog.New(slog.DiscardHandler))
	row := Claimed{Raw: desk.Raw{Attempts: maxAttempts + 5}, Fence: 1}
	full := desk.Errorf(desk.KindTemporary, "no space left")
	p.fail(t.Context(), row, full)
	if len(o.recorded) != 1 {
		t.Error("it was quarantined although nothing can be stored")
	}
	p.committed = time.Now()
	row.Raw.Attempts = o.attempts + 1 // as the next claim counts
	p.fail(t.Context(), row, full)
	if len(o.recorded) != 2 {
		t.Error("it was quarantined at the first failure after the outage")
	}
	row.Raw.Attempts = maxAttempts
	p.fail(t.Context(), row, full)
	if len(o.recorded) != 2 {
		t.Error("it was not quarantined although other rows are stored")
	}
}
