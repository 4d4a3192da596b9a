package agent

import (
	"context"
	"time"

	"switchboard/desk"
)

// Sleepers finds snoozed conversations.
type Sleepers interface {
	// Overdue lists snoozed conversations whose time has come, the longest overdue first.
	Overdue(ctx context.Context, limit int) ([]desk.ConversationID, error)
}

// wakeBatch bounds what one look may wake; the rest comes with the next.
const wakeBatch = 100

// Wake opens every snoozed conversation whose time has come, and returns how
// many it was. Several nodes may call it at once: each conversation is woken once.
func (d *Desk) Wake(ctx context.Context, s Sleepers) (woken int, err error) {
	ids, err := s.Overdue(ctx, wakeBatch)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		ok, err := d.wake(ctx, id)
		if err != nil {
			return woken, err
		}
		if ok {
			woken++
		}
	}
	return woken, nil
}

func (d *Desk) wake(ctx context.Context, id desk.ConversationID) (ok bool, err error) {
	err = d.store.Act(ctx, id, func(tx Tx) error {
		before := tx.Conversation()
		// Someone may have been quicker, or have changed their mind.
		if before.Status != desk.StatusSnoozed || before.SnoozedUntil.After(tx.Now()) {
			return nil
		}
		after, _, err := withStatus(before, desk.StatusOpen, time.Time{}, tx.Now())
		if err != nil {
			return err
		}
		ok = true
		data := statusData{From: before.Status, To: after.Status, Reason: "the snooze is over"}
		if _, err := tx.SaveEvent(ctx, desk.EventStatusChanged, desk.ActorSystem, data); err != nil {
			return err
		}
		if err := tx.SaveConversation(ctx, after); err != nil {
			return err
		}
		if s, changed := nextStint(&before, &after, tx.Now(), "snooze over"); changed {
			return tx.NextStint(ctx, s)
		}
		return nil
	})
	if err == nil && ok {
		d.opt.Log.InfoContext(ctx, "Woken", "conversation", id)
	}
	return ok && err == nil, err
}

// RunWake wakes what is due every pause until ctx ends, and calls woken after
// each time it woke something. A failure is logged and tried again.
func (d *Desk) RunWake(ctx context.Context, s Sleepers, pause time.Duration, woken func()) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		switch n, err := d.Wake(ctx, s); {
		case err != nil && ctx.Err() == nil:
			d.opt.Log.WarnContext(ctx, "WakeFailed", "error", err)
		case n > 0:
			woken()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
