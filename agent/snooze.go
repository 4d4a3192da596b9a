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

// timerBatch bounds how many timers one call fires; the rest fires with the next.
const timerBatch = 100

// FireTimers opens every snoozed conversation whose time has come, and returns how
// many it was. Several nodes may call it at once: each timer fires once.
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

// fireTimer does nothing when another node was faster or an agent changed their
// mind: lifecycle looks at the state under the lock.
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

// RunTimers fires what is due every pause until ctx ends, and calls fired after
// each time it changed something. A failure is logged and tried again.
func (d *Desk) RunTimers(ctx context.Context, s Timers, pause time.Duration, fired func()) error {
	tick := time.NewTicker(pause)
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
