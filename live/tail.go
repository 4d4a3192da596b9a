package live

import (
	"context"
	"log/slog"
	"time"

	"switchboard/desk"
)

// Log is the committed event log as the Tail reads it.
type Log interface {
	// Follow returns up to limit events after the cursor, in the order of the log. It
	// holds back events that a later commit could still precede; pending is whether
	// more events are committed, held back or not. KindInvalid means that the cursor
	// belongs to another database.
	Follow(ctx context.Context, after desk.Cursor, limit int) (events []desk.Event, pending bool, err error)
	// Head returns the position of the newest event that Follow would return.
	Head(ctx context.Context) (desk.Cursor, error)
}

const (
	tailBatch = 500
	// tailPoll bounds the delay after a lost wake-up.
	tailPoll = time.Second
	// While an older transaction holds events back, the log is read again after
	// tailRetryMin, doubling up to tailRetryMax.
	tailRetryMin = 2 * time.Millisecond
	tailRetryMax = 50 * time.Millisecond
	// tailErrorMax is the longest pause after database errors.
	tailErrorMax = 5 * time.Second
)

// Tail follows the event log and publishes it to a hub.
type Tail struct {
	log  Log
	hub  *Hub
	slog *slog.Logger
	wake chan struct{} // a local commit
	hint chan struct{} // another node's commit
}

// NewTail returns a Tail; Run starts it.
func NewTail(log Log, hub *Hub, logger *slog.Logger) *Tail {
	return &Tail{log: log, hub: hub, slog: logger, wake: make(chan struct{}, 1), hint: make(chan struct{}, 1)}
}

// Wake signals that events were committed on this node. It never blocks, and several
// calls may be merged into one. If a call is lost, the next poll finds the events.
func (t *Tail) Wake() { poke(t.wake) }

// nudge is Wake for a commit of another node; it is not forwarded.
func (t *Tail) nudge() { poke(t.hint) }

// poke puts a token into c, unless there is one already.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run publishes every event that becomes readable after Run was called, in order,
// until ctx ends, and returns ctx's error. After a database error it retries.
func (t *Tail) Run(ctx context.Context) error {
	at, err := t.head(ctx)
	if err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	var pause time.Duration // of the current run of retries
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.wake:
			if link := t.hub.link.Load(); link != nil {
				(*link).Send(Frame{})
			}
		case <-t.hint:
		case <-timer.C:
		}
		var wait time.Duration
		at, wait, pause = t.step(ctx, at, pause)
		timer.Reset(wait)
	}
}

// step publishes what is readable after at. It returns the new position, how long to
// wait if there is no wake-up, and the pause from which to continue the backoff.
func (t *Tail) step(ctx context.Context, at desk.Cursor, pause time.Duration) (desk.Cursor, time.Duration, time.Duration) {
	from := at
	at, pending, err := t.drain(ctx, at)
	if err != nil && desk.KindOf(err) == desk.KindInvalid {
		// The position belongs to another database: this one was restored from a backup.
		t.slog.Warn("EventLogReplaced", "error", err)
		at, err = t.log.Head(ctx)
	}
	switch {
	case err != nil:
		pause = min(max(2*pause, tailRetryMax), tailErrorMax)
		if ctx.Err() == nil {
			t.slog.Warn("EventLogFailed", "error", err, "retry_in", pause)
		}
		return at, pause, pause
	case pending:
		if at != from {
			pause = 0 // progress was made
		}
		pause = min(max(2*pause, tailRetryMin), tailRetryMax)
		return at, pause, pause
	}
	return at, tailPoll, 0
}

// drain publishes all readable events after at. It returns the new position, and whether
// there are committed events after it that are held back.
func (t *Tail) drain(ctx context.Context, at desk.Cursor) (desk.Cursor, bool, error) {
	for {
		events, pending, err := t.log.Follow(ctx, at, tailBatch)
		if err != nil {
			return at, false, err
		}
		if n := len(events); n > 0 {
			at = events[n-1].Cursor
			t.hub.PublishEvents(events)
		}
		if len(events) < tailBatch {
			return at, pending, nil
		}
	}
}

// head reads the starting position. It retries until the database is reachable.
func (t *Tail) head(ctx context.Context) (desk.Cursor, error) {
	for pause := tailRetryMax; ; pause = min(2*pause, tailErrorMax) {
		at, err := t.log.Head(ctx)
		if err == nil {
			return at, nil
		}
		if ctx.Err() == nil {
			t.slog.Warn("EventLogFailed", "error", err, "retry_in", pause)
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(pause):
		}
	}
}
