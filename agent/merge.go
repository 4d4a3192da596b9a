package agent

import (
	"context"
	"fmt"

	"switchboard/desk"
	"switchboard/lifecycle"
)

// Merged is what the undo of a merge needs.
type Merged struct {
	// Before is what the absorbed conversation was, and Surviving what the other one was;
	// nil if anything has happened there since.
	Before    desk.BeforeMerge
	Surviving *desk.BeforeMerge
	// Left are the placements that the merge ended. Moved are those it began that are still
	// current, and Stayed the current ones of messages that were in both.
	Left, Moved, Stayed []desk.Placement
	// Participants are the addresses that the surviving conversation took over and that have
	// no part in its other messages.
	Participants []string
}

// merging is one operation of one agent on two conversations.
type merging struct {
	act
	absorbed, surviving lifecycle.State
}

// Merge merges a conversation into another one of the same account: its messages move
// there, and what arrives for it from now on, too. It returns the surviving
// conversation; KindInvalid if they may not be merged, and KindConflict if one of them is
// merged already.
func (d *Desk) Merge(ctx context.Context, by desk.Agent, absorbed, surviving desk.ConversationID) (desk.Conversation, error) {
	if absorbed == surviving {
		return desk.Conversation{}, desk.Errorf(desk.KindInvalid, "into: a conversation cannot be merged into itself")
	}
	return d.both(ctx, by, absorbed, surviving, "Merged", func(m *merging) error { return m.merge(ctx) })
}

// Unmerge undoes the newest merge of a conversation into another one: its messages move
// back, and it is again what it was. What has arrived in the surviving conversation since
// stays there. Mail does not merge the two again. It returns the conversation that is
// separate again, and KindConflict if it is not merged or the merge cannot be undone.
func (d *Desk) Unmerge(ctx context.Context, by desk.Agent, absorbed desk.ConversationID) (c desk.Conversation, err error) {
	var surviving desk.ConversationID
	err = d.read(ctx, by, absorbed, func(a *act) error {
		if surviving = a.state.Conversation.MergedInto; surviving.IsZero() {
			return desk.Errorf(desk.KindConflict, "conversation #%d is not merged into another one", a.state.Conversation.Number)
		}
		return nil
	})
	if err != nil {
		return c, err
	}
	_, err = d.both(ctx, by, absorbed, surviving, "Unmerged", func(m *merging) error {
		err := m.unmerge(ctx)
		c = m.absorbed.Conversation
		return err
	})
	return c, err
}

// both runs an operation on two conversations that the agent may work on, logs it and
// returns the surviving one.
func (d *Desk) both(ctx context.Context, by desk.Agent, absorbed, surviving desk.ConversationID, verb string, fn func(*merging) error) (c desk.Conversation, err error) {
	err = d.store.Act(ctx, []desk.ConversationID{absorbed, surviving}, func(tx Tx) error {
		a, err := d.begin(ctx, tx, by, surviving)
		if err != nil {
			return err
		}
		m := merging{act: *a, absorbed: tx.State(absorbed), surviving: a.state}
		if !m.by.CanRead(&m.absorbed.Conversation) {
			return desk.Errorf(desk.KindNotFound, "no conversation %s", absorbed)
		}
		if err := m.may(mayMerge); err != nil {
			return err
		}
		if err := fn(&m); err != nil {
			return err
		}
		c = m.surviving.Conversation
		return m.save(ctx)
	})
	if err != nil {
		return desk.Conversation{}, err
	}
	d.opt.Log.InfoContext(ctx, verb, "conversation", absorbed, "into", surviving, "agent", by.ID)
	return c, nil
}

// change applies an event to one of the two conversations and returns the number of what
// it recorded first.
func (m *merging) change(state *lifecycle.State, e lifecycle.Event) (seq int64, err error) {
	m.state = *state
	out, err := m.apply(e)
	if err != nil {
		return 0, err
	}
	*state = m.state
	return out.Announced, nil
}

func (m *merging) merge(ctx context.Context) error {
	from, into := m.absorbed.Conversation, m.surviving.Conversation
	if err := separate(&from, &into); err != nil {
		return err
	}
	placed, err := m.Placements(ctx, from.ID)
	if err != nil {
		return err
	}
	there, err := m.Placements(ctx, into.ID)
	if err != nil {
		return err
	}
	var assignee desk.Agent
	if !from.AssigneeID.IsZero() {
		if assignee, err = m.Agent(ctx, from.AssigneeID); err != nil {
			return err
		}
	}
	move := desk.Move{Placements: placed, There: there, To: into.ID, At: m.Now(), Method: desk.MethodMerge, Evidence: fmt.Sprintf("merged from #%d by an agent", from.Number)}
	n := move.Count()
	if _, err = m.change(&m.absorbed, lifecycle.Merged{By: m.actor(), Into: into, Messages: n}); err != nil {
		return err
	}
	move.After, err = m.change(&m.surviving, lifecycle.Absorbed{By: m.actor(), From: from, Assignee: assignee, Messages: n})
	if err != nil {
		return err
	}
	m.changes.Move(move)
	m.changes.Merges = append(m.changes.Merges, desk.Merge{Absorbed: from.ID, Surviving: into.ID, At: move.At, First: move.After, Last: move.After + int64(n)})
	return nil
}

// separate says why two conversations have to stay separate; nil if they may be merged.
func separate(from, into *desk.Conversation) error {
	switch {
	case from.AccountID != into.AccountID:
		return desk.Errorf(desk.KindInvalid, "#%d and #%d belong to different accounts; only conversations of one account can be merged", from.Number, into.Number)
	case from.Restricted != into.Restricted:
		return desk.Errorf(desk.KindInvalid, "one of #%d and #%d is restricted and the other one is not; only conversations that the same agents may read can be merged", from.Number, into.Number)
	case from.Restricted && from.Tier != into.Tier:
		return desk.Errorf(desk.KindInvalid, "#%d and #%d are restricted to different tiers; only conversations that the same agents may read can be merged", from.Number, into.Number)
	}
	for _, c := range []*desk.Conversation{from, into} {
		if c.ReplyChannel != desk.ChannelEmail {
			return desk.Errorf(desk.KindInvalid, "#%d is a chat; only conversations that are answered by mail can be merged, because the visitor could no longer be answered", c.Number)
		}
	}
	return nil
}

func (m *merging) unmerge(ctx context.Context) error {
	from, into := m.absorbed.Conversation, m.surviving.Conversation
	e := lifecycle.Unmerged{By: m.actor(), From: into}
	// What makes it impossible has its own reason, whatever is known about the merge.
	if _, err := lifecycle.Apply(m.absorbed, e, m.opt.Policy(), m.Now()); err != nil {
		return err
	}
	was, err := m.Merged(ctx, from.ID, into.ID)
	if err != nil {
		return err
	}
	there, err := m.Placements(ctx, from.ID)
	if err != nil {
		return err
	}
	move := desk.Move{Placements: was.Moved, Also: was.Stayed, There: there, To: from.ID, At: m.Now(), Was: was.Left}
	e.Before, e.Messages = was.Before, move.Count()
	if move.After, err = m.change(&m.absorbed, e); err != nil {
		return err
	}
	if _, err := m.change(&m.surviving, lifecycle.Released{By: m.actor(), Absorbed: from, Messages: e.Messages, Participants: was.Participants, Before: was.Surviving}); err != nil {
		return err
	}
	m.changes.Move(move)
	m.changes.Merges = append(m.changes.Merges, desk.Merge{Absorbed: from.ID, Surviving: into.ID, At: move.At, First: move.After,
		Last: move.After + int64(e.Messages), Undone: true})
	return nil
}

// elsewhere is the answer to an operation on a conversation that was merged.
func elsewhere(c *desk.Conversation) error {
	return desk.Errorf(desk.KindConflict, "conversation #%d was merged into another one; work on that one, or undo the merge", c.Number)
}
