package agent

import (
	"context"
	"slices"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
)

// Done is what an operation did. Reversal is nil if it changed nothing that can be undone.
type Done struct {
	Conversation desk.Conversation
	Reversal     *lifecycle.Reversal
}

// reversibly is change with what is needed to undo it. What was due before the operation is
// no part of it.
func (d *Desk) reversibly(ctx context.Context, by desk.Agent, id desk.ConversationID, verb string, fn func(*act) error) (done Done, err error) {
	done.Conversation, err = d.change(ctx, by, id, verb, func(a *act) error {
		before := a.state
		err := fn(a)
		done.Reversal = lifecycle.Reversed(&before, &a.state)
		return err
	})
	if err != nil {
		return Done{}, err
	}
	return done, nil
}

// Undo takes back what an operation changed in a conversation. What has been changed again
// since is KindConflict, and then nothing is changed.
func (d *Desk) Undo(ctx context.Context, by desk.Agent, r lifecycle.Reversal) (desk.Conversation, error) {
	if r.Merge() {
		return d.Unmerge(ctx, by, r.ID)
	}
	return d.change(ctx, by, r.ID, "Undone", func(a *act) error { return a.restore(ctx, &r) })
}

// restore applies an undo.
func (a *act) restore(ctx context.Context, r *lifecycle.Reversal) error {
	e := lifecycle.Restore{By: a.actor(), ByName: imf.OneLine(a.by.Name), Reversal: *r}
	c := &a.state.Conversation
	if r.Was.Inbox != r.Is.Inbox {
		inboxes, err := a.Inboxes(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(inboxes, func(in desk.Inbox) bool { return in.ID == r.Was.Inbox })
		if i < 0 {
			return desk.Errorf(desk.KindConflict, "the inbox that conversation #%d was in is not in use any more", c.Number)
		}
		e.From, e.To = inboxOf(c, inboxes), inboxes[i]
	}
	if !r.Was.Assignee.IsZero() && r.Was.Assignee != r.Is.Assignee {
		var err error
		if e.Assignee, err = a.Agent(ctx, r.Was.Assignee); err != nil {
			return err
		}
		if e.Assignee.Disabled || !e.Assignee.CanRead(c) {
			return desk.Errorf(desk.KindConflict, "%s cannot work on conversation #%d any more", e.Assignee.Name, c.Number)
		}
	}
	return a.lifecycle(e)
}
