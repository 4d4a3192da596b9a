package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/lifecycle"
)

// completion is the result of an attempt that waits to be recorded.
type completion struct {
	delivery desk.Delivery
	result   desk.Result
	next     time.Time
	done     chan error // capacity 1
}

// maxCompletions bounds a transaction, and with it how long conversations are locked.
const maxCompletions = 32

// completionTimeout bounds a transaction of several results.
const completionTimeout = 30 * time.Second

// Complete implements outbound.Queue: the outcome, the attempt and the event in
// one transaction. What was lost needs an agent's attention again.
func (o Outbox) Complete(ctx context.Context, d desk.Delivery, r desk.Result, next time.Time) error {
	c := &completion{d, r, next, make(chan error, 1)}
	if o.s.completions.add(c) {
		go o.s.completeWaiting()
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return wrap("record an attempt", ctx.Err())
	}
}

// completeWaiting records results until none waits.
func (s *Store) completeWaiting() {
	for {
		batch := s.takeCompletions()
		if batch == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), completionTimeout)
		if len(batch) == 1 || s.completeTogether(ctx, batch) != nil {
			// One by one: one of them may have lost its claim, or its conversation is another
			// one now.
			for _, c := range batch {
				c.done <- s.complete(ctx, c)
			}
		} else {
			for _, c := range batch {
				c.done <- nil
			}
		}
		cancel()
	}
}

// takeCompletions returns the results that wait, at most one of each conversation.
func (s *Store) takeCompletions() []*completion {
	seen := map[desk.ConversationID]bool{}
	return s.completions.take(func(c *completion) bool {
		id := c.delivery.ConversationID
		if seen[id] || len(seen) == maxCompletions {
			return false
		}
		seen[id] = true
		return true
	})
}

// complete records one result.
func (s *Store) complete(ctx context.Context, c *completion) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		id, t, err := s.lockFinal(ctx, tx, c.delivery.ConversationID)
		if err != nil {
			return err
		}
		return s.recordResults(ctx, t, []*completion{c}, func(desk.ConversationID) desk.ConversationID { return id })
	})
}

// completeTogether records several results in one transaction, or none of them.
func (s *Store) completeTogether(ctx context.Context, batch []*completion) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		ids := make([]desk.ConversationID, len(batch))
		for i, c := range batch {
			ids[i] = c.delivery.ConversationID
		}
		t, err := s.lockConversations(ctx, tx, ids...)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if !t.states[id].Conversation.MergedInto.IsZero() {
				return desk.Errorf(desk.KindConflict, "conversation %s was merged", id)
			}
		}
		return s.recordResults(ctx, t, batch, func(id desk.ConversationID) desk.ConversationID { return id })
	})
}

// recordResults writes results; the conversations are locked.
func (s *Store) recordResults(ctx context.Context, t *actTx, batch []*completion, in func(desk.ConversationID) desk.ConversationID) error {
	var messages column
	for _, c := range batch {
		messages.uuid(c.delivery.MessageID)
	}
	type origin struct {
		ID                   desk.MessageID
		Personal, ThirdParty bool
	}
	var origins []origin
	if err := t.rows(ctx, "read authors", s.q.delivery.ByPerson, &origins, &messages); err != nil {
		return err
	}
	of := make(map[desk.MessageID]origin, len(origins))
	for _, o := range origins {
		of[o.ID] = o
	}
	var changes desk.Changes
	for _, c := range batch {
		d, r, next := &c.delivery, c.result, c.next
		if r.State == desk.DeliveryUnknown || r.State == desk.DeliveryDelayed {
			var err error
			if next, err = t.reported(ctx, *d, &r, next); err != nil {
				return err
			}
		}
		data := desk.DeliveryChanged{DeliveryID: d.ID, MessageID: d.MessageID, Recipient: d.Recipient, State: r.State, Source: desk.SourceAttempt,
			Attempts: d.Attempts, Code: r.Code, EnhancedCode: r.EnhancedCode, Detail: r.Detail, Late: r.Late}
		if !next.IsZero() {
			data.NextAttempt = &next
		}
		changes.Results = append(changes.Results, desk.DeliveryResult{Delivery: d.ID, Fence: d.Fence, Source: desk.SourceAttempt, At: t.now, Result: r, NextAttemptAt: next})
		if err := t.apply(in(d.ConversationID), lifecycle.Delivery{Data: data, Personal: of[d.MessageID].Personal, ThirdParty: of[d.MessageID].ThirdParty}, &changes); err != nil {
			return err
		}
	}
	return t.Save(ctx, &changes)
}
