package agent

import (
	"context"
	"time"

	"switchboard/desk"
	"switchboard/lifecycle"
)

// Timers finds conversations whose timers are due.
type Timers interface {
	// Overdue lists snoozed conversations whose time has come, the longest overdue first.
	Overdue(ctx context.Context, limit int) ([]desk.ConversationID, error)
}

// timerBatch bounds how many timers one call of FireTimers fires; the next call fires
// the rest.
const timerBatch = 100

// FireTimers opens snoozed conversations whose time has come, and returns how many.
// Several nodes may call it at once: each timer fires once.
func (d *Desk) FireTimers(ctx context.Context, s Timers) (fired int, err error) {
	ids, err := s.Overdue(ctx, timerBatch)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		ok, err := d.fireTimer(ctx, id)
		if err != nil {
			return fired, err
		}
		if ok {
			fired++
		}
	}
	return fired, nil
}

// fireTimer opens one conversation. It does nothing if another node was faster or an
// agent has changed the status meanwhile: lifecycle looks at the state under the
// lock.
func (d *Desk) fireTimer(ctx context.Context, id desk.ConversationID) (fired bool, err error) {
	err = d.store.Act(ctx, []desk.ConversationID{id}, func(tx Tx) error {
		a := &act{Tx: tx, state: tx.State(id), opt: &d.opt}
		events, err := a.apply(lifecycle.Timer{})
		fired = len(events) > 0
		if err != nil {
			return err
		}
		return a.save(ctx)
	})
	if err == nil && fired {
		d.opt.Log.InfoContext(ctx, "SnoozeExpired", "conversation", id)
	}
	return fired && err == nil, err
}

// RunTimers calls FireTimers at every interval until ctx ends, and fired after each
// call that opened a conversation. Errors are logged, and the next call tries again.
func (d *Desk) RunTimers(ctx context.Context, s Timers, interval time.Duration, fired func()) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		switch n, err := d.FireTimers(ctx, s); {
		case err != nil && ctx.Err() == nil:
			d.opt.Log.WarnContext(ctx, "TimersFailed", "error", err)
		case n > 0:
			fired()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
