package live_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/desk"
	"switchboard/live"
)

// script is a log whose errors the test controls; the real one is tested with
// PostgreSQL in package store.
type script struct {
	mu       sync.Mutex
	events   []desk.Event
	readable int // events beyond are held back by an older transaction
	err      error
	reads    int
}

func (s *script) append(n, readable int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		seq := int64(len(s.events) + 1)
		s.events = append(s.events, desk.Event{Seq: seq, Cursor: desk.Cursor(strconv.FormatInt(seq, 10))})
	}
	s.readable = readable
}

func (s *script) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *script) tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

func (s *script) position(after desk.Cursor) int {
	n, err := strconv.Atoi(string(after))
	if err != nil {
		return 0
	}
	return n
}

func (s *script) Follow(_ context.Context, after desk.Cursor, limit int) ([]desk.Event, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.err != nil {
		return nil, false, s.err
	}
	from := s.position(after)
	if from > len(s.events) {
		return nil, false, desk.Errorf(desk.KindInvalid, "the cursor is another database's")
	}
	to := max(from, min(from+limit, s.readable))
	return append([]desk.Event(nil), s.events[from:to]...), to < len(s.events), nil
}

func (s *script) Head(context.Context) (desk.Cursor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return desk.Cursor(strconv.Itoa(s.readable)), s.err
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// follow starts a tail over the log and returns a subscription to its hub.
func follow(t *testing.T, log live.Log) (*live.Tail, *live.Hub, *live.Subscription) {
	hub := live.New()
	tail := live.NewTail(log, hub, quiet())
	sub := hub.Subscribe(10_000, live.Everything)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- tail.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	})
	synctest.Wait()
	return tail, hub, sub
}

func expect(t *testing.T, sub *live.Subscription, from, to int64) {
	t.Helper()
	synctest.Wait()
	if got := int64(len(sub.C)); got != to-from+1 {
		t.Fatalf("%d events are there, want %d to %d", got, from, to)
	}
	for seq := from; seq <= to; seq++ {
		if got := (<-sub.C).Event.Seq; got != seq {
			t.Fatalf("event %d came, want %d", got, seq)
		}
	}
}

func TestTailBeginsAtTheHeadAndFollowsWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &script{}
		log.append(3, 3)
		tail, _, sub := follow(t, log)
		log.append(1200, 1203) // more than two batches
		tail.Wake()
		tail.Wake()
		expect(t, sub, 4, 1203)
	})
}

func TestTailPollsForUnannouncedEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &script{}
		_, _, sub := follow(t, log)
		log.append(2, 2)
		expect(t, sub, 1, 0) // not yet
		time.Sleep(1100 * time.Millisecond)
		expect(t, sub, 1, 2)
	})
}

// An event after a running transaction is not published until shortly after that
// transaction has ended, even without a wake-up.
func TestTailWaitsForOlderTransactions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &script{}
		tail, _, sub := follow(t, log)
		log.append(5, 2)
		tail.Wake()
		expect(t, sub, 1, 2)
		time.Sleep(300 * time.Millisecond)
		expect(t, sub, 3, 2)
		log.append(0, 5)
		time.Sleep(50 * time.Millisecond)
		expect(t, sub, 3, 5)
	})
}

func TestTailRetriesAfterDatabaseErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &script{}
		tail, _, sub := follow(t, log)
		log.fail(errors.New("connection refused"))
		log.append(3, 3)
		tail.Wake()
		before := log.tries()
		time.Sleep(time.Minute)
		if tries := log.tries() - before; tries < 10 || tries > 30 {
			t.Errorf("%d reads in a minute without database, want a few", tries)
		}
		log.fail(nil)
		time.Sleep(5 * time.Second)
		expect(t, sub, 1, 3)
	})
}

// After the database was restored while the process runs, the position is not valid.
func TestTailStartsOverInAnotherDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &script{}
		log.append(9, 9)
		tail, _, sub := follow(t, log)
		log.mu.Lock()
		log.events, log.readable = nil, 0
		log.mu.Unlock()
		time.Sleep(1100 * time.Millisecond) // it has noticed at its poll
		log.append(2, 2)
		tail.Wake()
		expect(t, sub, 1, 2)
	})
}

// wire joins two hubs as a bus between two nodes would.
type wire struct {
	out, in chan live.Frame
}

func (w wire) Send(f live.Frame) {
	select {
	case w.out <- f:
	default:
	}
}

func (w wire) Run(ctx context.Context, deliver func(live.Frame)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case f := <-w.in:
			deliver(f)
		}
	}
}

func TestLinkJoinsTwoNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &script{}
		tailA, hubA, subA := follow(t, log)
		tailB, hubB, subB := follow(t, log)
		ab, ba := make(chan live.Frame, 100), make(chan live.Frame, 100)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go live.Connect(ctx, wire{ab, ba}, hubA, tailA)
		go live.Connect(ctx, wire{ba, ab}, hubB, tailB)
		synctest.Wait()

		log.append(1, 1)
		tailA.Wake() // node B learns at once, not at its poll
		expect(t, subA, 1, 1)
		expect(t, subB, 1, 1)

		hubB.PublishSignal(live.Signal{Topic: "cv_x", Kind: live.SignalTyping, From: "ag_y"})
		synctest.Wait()
		for name, sub := range map[string]*live.Subscription{"A": subA, "B": subB} {
			want(t, sub.C, live.SignalTyping)
			if len(sub.C) > 0 {
				t.Errorf("node %s saw the signal twice", name)
			}
		}
		if len(ab)+len(ba) > 0 {
			t.Error("frames are forwarded in a loop")
		}
	})
}

func ExampleConversationTopic() {
	hub := live.New()
	c := desk.ConversationID{15: 1}
	sub := hub.Subscribe(8, live.ConversationTopic(c))
	defer sub.Close()
	hub.PublishSignal(live.Signal{Topic: live.ConversationTopic(c), Kind: live.SignalTyping, From: "ag_ana"})
	it := <-sub.C
	fmt.Println(it.Signal.From, "is", it.Signal.Kind)
	// Output: ag_ana is typing
}
