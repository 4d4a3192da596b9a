package agent

import (
	"context"
	"time"

	"switchboard/desk"
	"switchboard/lifecycle"
)

// Timers finds conversations whose timers are due.
type Timers interface {
	// Due locks conversations whose timers are due, at most limit, the longest overdue
	// first and without those that are locked already, and runs fn in one transaction;
	// an error of fn rolls everything back and is returned. It does not call fn if there
	// are none.
	Due(ctx context.Context, limit int, fn func(tx Tx, due []desk.ConversationID) error) error
}

// timerBatch bounds how many conversations one transaction of FireTimers changes.
const timerBatch = 50

// FireTimers does what is due: snoozes that end, warnings and breaches of clocks, and
// escalation rules. It returns how many conversations changed. Several nodes may call it
// at once: each timer fires once.
//
// If a batch fails, its conversations are tried one by one, so that one that cannot be
// changed does not keep the others waiting. The error is the first one that occurred.
func (d *Desk) FireTimers(ctx context.Context, s Timers) (fired int, err error) {
	for {
		var due []desk.ConversationID
		n := 0
		err = s.Due(ctx, timerBatch, func(tx Tx, ids []desk.ConversationID) error {
			due = ids
			n, err = d.fireDue(ctx, tx, ids)
			return err
		})
		if err != nil {
			break
		}
		fired += n
		if len(due) < timerBatch {
			return fired, nil
		}
	}
	n, first := d.fireOneByOne(ctx, s)
	if first != nil {
		err = first
	}
	return fired + n, err
}

// fireDue fires the timers of locked conversations and saves the changes.
func (d *Desk) fireDue(ctx context.Context, tx Tx, ids []desk.ConversationID) (fired int, err error) {
	var all desk.Changes
	var done []func()
	for _, id := range ids {
		lag := tx.Now().Sub(tx.State(id).Conversation.CheckAt)
		out, err := lifecycle.Apply(tx.State(id), lifecycle.Timer{}, d.opt.Policy(), tx.Now())
		if err != nil {
			return 0, err
		}
		if !out.Changed() {
			continue
		}
		out.AddTo(&all)
		d.logTimers(ctx, id, &out)
		if len(out.Events) > 0 {
			fired++
			done = append(done, func() { d.opt.TimerFired(out.Events, lag) })
		}
	}
	if len(all.Updated) == 0 {
		return 0, nil
	}
	if err := tx.Save(ctx, &all); err != nil {
		return 0, err
	}
	for _, report := range done {
		report()
	}
	return fired, nil
}

// logTimers logs what timers did to a conversation.
func (d *Desk) logTimers(ctx context.Context, id desk.ConversationID, out *lifecycle.Outcome) {
	for _, e := range out.Events {
		switch e.Kind {
		case desk.EventPromiseBreached:
			d.opt.Log.InfoContext(ctx, "PromiseBreached", "conversation", id, "at", e.At)
		case desk.EventStatusChanged:
			if e.Actor == desk.ActorSystem {
				d.opt.Log.InfoContext(ctx, "SnoozeExpired", "conversation", id)
			}
		}
	}
	for _, f := range out.Fired {
		d.opt.Log.InfoContext(ctx, "EscalationFired", "conversation", id, "rule", f.Escalation, "did", f.Did)
	}
}

// fireOneByOne fires the timers of each conversation in a transaction of its own.
func (d *Desk) fireOneByOne(ctx context.Context, s Timers) (fired int, first error) {
	var ids []desk.ConversationID
	err := s.Due(ctx, timerBatch, func(_ Tx, due []desk.ConversationID) error { ids = due; return nil })
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		err := d.store.Act(ctx, []desk.ConversationID{id}, func(tx Tx) error {
			n, err := d.fireDue(ctx, tx, []desk.ConversationID{id})
			fired += n
			return err
		})
		if err != nil {
			d.opt.Log.WarnContext(ctx, "TimerFailed", "conversation", id, "error", err)
			if first == nil {
				first = err
			}
		}
	}
	return fired, first
}

// RunTimers calls FireTimers at every interval until ctx ends, and fired after each
// call that changed a conversation. Errors are logged, and the next call tries again.
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
