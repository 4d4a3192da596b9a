// Package channeltest is the conformance suite for channels: a channel acknowledges
// nothing before the commit, passes on the same item under the same source key, and
// stops when asked to.
package channeltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"switchboard/channels"
	"switchboard/desk"
)

const patience = 20 * time.Second

// Harness is the kind of channel under test.
type Harness struct {
	// New returns a Channel whose items end up in sink, and a Customer that sends to
	// it. The servers that it needs are stopped when t ends.
	New func(t *testing.T, sink *Sink) (channels.Channel, Customer)
}

// Customer sends messages to a Channel.
type Customer interface {
	// Send sends a message whose content includes nonce and returns nil once the
	// channel has acknowledged it, or an error if the channel refused it or ctx
	// ended. A channel that pulls acknowledges by advancing its position.
	Send(ctx context.Context, nonce string) error
	// Repeat sends the message with that nonce again, like a sender that did not
	// receive the acknowledgement.
	Repeat(ctx context.Context, nonce string) error
}

// Run runs the whole suite.
func Run(t *testing.T, h Harness) {
	t.Run("AcknowledgesAfterTheCommit", h.acknowledges)
	t.Run("RefusesWhatWasNotCommitted", h.refuses)
	t.Run("RecognizesDuplicates", h.repeats)
	t.Run("DeliversEachOnce", h.many)
	t.Run("StopsCleanly", h.stops)
}

// start runs a channel with a new Sink. stop returns the result of its Run; it is called at
// the end of the test at the latest.
func (h Harness) start(t *testing.T) (*Sink, Customer, func() error) {
	t.Helper()
	sink := NewSink()
	ch, customer := h.New(t, sink)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- ch.Run(ctx, sink) }()
	stop := sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(patience):
			return errors.New("Run did not return")
		}
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return sink, customer, stop
}

// acknowledges checks that nothing is acknowledged before the commit.
func (h Harness) acknowledges(t *testing.T) {
	sink, customer, _ := h.start(t)
	sink.Hold()
	sent := make(chan error, 1)
	go func() { sent <- customer.Send(t.Context(), "nonce-held") }()
	select {
	case <-sink.Entered():
	case err := <-sent:
		t.Fatalf("answered %v before Accept was called", err)
	case <-time.After(patience):
		t.Fatal("Accept was never called")
	}
	select {
	case err := <-sent:
		t.Fatalf("answered %v before the commit", err)
	case <-time.After(100 * time.Millisecond):
	}
	sink.Release()
	select {
	case err := <-sent:
		if err != nil {
			t.Fatalf("not acknowledged after the commit: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("never acknowledged")
	}
	sink.want(t, map[string]int{"nonce-held": 1})
}

// refuses checks that an item is not acknowledged if the journal fails, and accepted when
// it is sent again.
func (h Harness) refuses(t *testing.T) {
	sink, customer, _ := h.start(t)
	sink.Fail(desk.Errorf(desk.KindTemporary, "the disk is full"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := customer.Send(ctx, "nonce-refused"); err == nil {
		t.Fatal("acknowledged an item that the journal refused")
	}
	sink.want(t, map[string]int{"nonce-refused": 0})
	sink.Fail(nil)
	if err := customer.Repeat(t.Context(), "nonce-refused"); err != nil {
		t.Fatalf("retry after the failure: %v", err)
	}
	sink.want(t, map[string]int{"nonce-refused": 1})
}

// repeats checks that an item that is sent again has the same source key.
func (h Harness) repeats(t *testing.T) {
	sink, customer, _ := h.start(t)
	for _, send := range []func(context.Context, string) error{customer.Send, customer.Repeat, customer.Repeat} {
		if err := send(t.Context(), "nonce-again"); err != nil {
			t.Fatal(err)
		}
	}
	if err := customer.Send(t.Context(), "nonce-other"); err != nil {
		t.Fatal(err)
	}
	sink.want(t, map[string]int{"nonce-again": 1, "nonce-other": 1})
}

// many checks that each of many items is journaled exactly once.
func (h Harness) many(t *testing.T) {
	sink, customer, _ := h.start(t)
	want := map[string]int{}
	var wg sync.WaitGroup
	for i := range 20 {
		nonce := fmt.Sprintf("nonce-%04d", i)
		want[nonce] = 1
		wg.Go(func() {
			if err := customer.Send(t.Context(), nonce); err != nil {
				t.Errorf("%s: %v", nonce, err)
			}
		})
	}
	wg.Wait()
	sink.want(t, want)
}

// stops checks that a channel stops when asked to, and acknowledges nothing afterwards.
func (h Harness) stops(t *testing.T) {
	sink, customer, stop := h.start(t)
	if err := customer.Send(t.Context(), "nonce-before"); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatalf("stop: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := customer.Send(ctx, "nonce-after"); err == nil {
		t.Error("acknowledged after the channel had stopped")
	}
	sink.want(t, map[string]int{"nonce-before": 1, "nonce-after": 0})
}

// Sink is an in-memory journal that can be made to block or fail. Use NewSink to
// make one.
type Sink struct {
	mu      sync.Mutex
	raws    []desk.Raw
	known   map[[3]string]desk.RawID
	err     error
	gate    chan struct{}
	entered chan struct{}
	changed chan struct{}
}

// NewSink returns an empty Sink.
func NewSink() *Sink {
	return &Sink{known: map[[3]string]desk.RawID{}, entered: make(chan struct{}, 1), changed: make(chan struct{})}
}

// Accept implements channels.Sink.
func (s *Sink) Accept(ctx context.Context, raw desk.Raw) (desk.Receipt, error) {
	receipts, err := s.AcceptAll(ctx, []desk.Raw{raw}, nil)
	if err != nil {
		return desk.Receipt{}, err
	}
	return receipts[0], nil
}

// AcceptAll accepts several items in one transaction, which also runs commit unless
// it is nil.
func (s *Sink) AcceptAll(ctx context.Context, raws []desk.Raw, commit func()) ([]desk.Receipt, error) {
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	if gate != nil {
		select {
		case s.entered <- struct{}{}:
		default:
		}
		select {
		case <-gate:
		case <-ctx.Done():
			return nil, desk.Errorf(desk.KindTemporary, "journal: %w", ctx.Err())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	receipts := make([]desk.Receipt, len(raws))
	for i, raw := range raws {
		if raw.Endpoint == "" || raw.SourceKey == "" || raw.ReceivedAt.IsZero() || raw.Channel == "" {
			return nil, desk.Errorf(desk.KindInternal, "incomplete raw item %+v", raw)
		}
		key := [3]string{string(raw.Channel), raw.Endpoint, raw.SourceKey}
		if id, ok := s.known[key]; ok {
			receipts[i] = desk.Receipt{ID: id, Duplicate: true}
			if raw.Channel == desk.ChannelChat {
				first := slices.IndexFunc(s.raws, func(r desk.Raw) bool { return r.ID == id })
				receipts[i].First = string(s.raws[first].Bytes)
			}
			continue
		}
		s.known[key], receipts[i] = raw.ID, desk.Receipt{ID: raw.ID}
		raw.Bytes = bytes.Clone(raw.Bytes)
		s.raws = append(s.raws, raw)
	}
	if commit != nil {
		commit()
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return receipts, nil
}

// Hold makes Accept block until Release. Entered reports when it was called.
func (s *Sink) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = make(chan struct{})
}

// Entered returns a channel that receives once Accept was called on a held Sink.
func (s *Sink) Entered() <-chan struct{} { return s.entered }

// Release ends Hold.
func (s *Sink) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.gate)
	s.gate = nil
}

// Fail makes Accept return err from now on; nil makes it succeed again.
func (s *Sink) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// Raws returns the committed items in order.
func (s *Sink) Raws() []desk.Raw {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]desk.Raw(nil), s.raws...)
}

// Await waits until at least n items are committed and returns all of them. It fails
// the test after a timeout.
func (s *Sink) Await(t testing.TB, n int) []desk.Raw {
	t.Helper()
	late := time.After(patience)
	for {
		s.mu.Lock()
		count, changed := len(s.raws), s.changed
		s.mu.Unlock()
		if count >= n {
			return s.Raws()
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("%d raw items after %s, want %d", count, patience, n)
		}
	}
}

// want checks how many committed items include each nonce.
func (s *Sink) want(t *testing.T, want map[string]int) {
	t.Helper()
	raws := s.Raws()
	for nonce, n := range want {
		got := 0
		for _, raw := range raws {
			if bytes.Contains(raw.Bytes, []byte(nonce)) {
				got++
			}
		}
		if got != n {
			t.Errorf("%s is in %d raw items, want %d", nonce, got, n)
		}
	}
}
