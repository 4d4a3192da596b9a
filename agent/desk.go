package agent

import (
	"context"
	"time"

	"switchboard/desk"
)

// act is one transaction of one agent on one conversation: the agent as the
// database knows them now, and the conversation before and after.
type act struct {
	Tx
	by     desk.Agent
	before desk.Conversation
	after  desk.Conversation
	opt    *Options
}

// do locks the conversation, checks that the agent may work on it, and runs fn.
func (d *Desk) do(ctx context.Context, by desk.Agent, id desk.ConversationID, fn func(*act) error) error {
	return d.store.Act(ctx, id, func(tx Tx) error {
		now, err := tx.Agent(ctx, by.ID)
		if err != nil && desk.KindOf(err) != desk.KindNotFound {
			return err
		}
		if err != nil || now.Disabled {
			return desk.Errorf(desk.KindDenied, "this agent may not work at the desk")
		}
		c := tx.Conversation()
		if !CanRead(now, c) {
			return desk.Errorf(desk.KindNotFound, "no conversation %s", id)
		}
		return fn(&act{Tx: tx, by: now, before: c, after: c, opt: &d.opt})
	})
}

// event appends to the history in the agent's name.
func (a *act) event(ctx context.Context, kind desk.EventKind, data any) (int64, error) {
	seq, err := a.SaveEvent(ctx, kind, desk.AgentActor(a.by.ID), data)
	if err == nil {
		a.after.LastSeq, a.after.UpdatedAt = seq, a.Now()
	}
	return seq, err
}

// save writes the conversation and, if holder, place or move changed, the next stint.
func (a *act) save(ctx context.Context, reason string) error {
	if err := a.SaveConversation(ctx, a.after); err != nil {
		return err
	}
	s, ok := nextStint(&a.before, &a.after, a.Now(), reason)
	if !ok {
		return nil
	}
	return a.NextStint(ctx, s)
}

// Reply answers the customer on the conversation's reply channel. KindInvalid
// says what is wrong with the reply; KindConflict that the conversation takes
// none, or, with Stale inside, that it has moved on.
func (d *Desk) Reply(ctx context.Context, by desk.Agent, c desk.ConversationID, r Reply) (m desk.Message, err error) {
	var deliveries []desk.Delivery
	err = d.do(ctx, by, c, func(a *act) error {
		m, deliveries, err = a.reply(ctx, r)
		return err
	})
	if err != nil {
		return desk.Message{}, err
	}
	d.opt.Replied(&m, deliveries)
	d.opt.Log.InfoContext(ctx, "Replied", "conversation", c, "message", m.ID, "channel", m.Channel, "agent", by.ID)
	return m, nil
}

func (a *act) reply(ctx context.Context, r Reply) (desk.Message, []desk.Delivery, error) {
	if r.ExpectedSeq != nil {
		newer, newest, err := a.MessagesAfter(ctx, *r.ExpectedSeq)
		if err != nil {
			return desk.Message{}, nil, err
		}
		if newer > 0 {
			return desk.Message{}, nil, &desk.Error{Op: "reply", Kind: desk.KindConflict, Err: &Stale{LastSeq: newest, Newer: newer}}
		}
	}
	head, err := a.Head(ctx)
	if err != nil {
		return desk.Message{}, nil, err
	}
	d := draft{conversation: a.before, head: head, by: a.by, reply: r, now: a.Now(), opt: a.opt}
	m, deliveries, err := d.compose()
	if err != nil {
		return desk.Message{}, nil, err
	}
	if m.Seq, err = a.event(ctx, desk.EventMessageSent, sentData{messageData: dataOf(&m), To: m.To, CC: m.CC}); err != nil {
		return desk.Message{}, nil, err
	}
	if err := a.SaveMessage(ctx, m); err != nil {
		return desk.Message{}, nil, err
	}
	if err := a.SaveDeliveries(ctx, deliveries); err != nil {
		return desk.Message{}, nil, err
	}
	seq, updated := a.after.LastSeq, a.after.UpdatedAt
	a.after = replied(a.before, &m)
	a.after.LastSeq, a.after.UpdatedAt = seq, updated
	if err := a.consequences(ctx); err != nil {
		return desk.Message{}, nil, err
	}
	return m, deliveries, a.save(ctx, "replied")
}

// consequences tells of what a reply changed besides.
func (a *act) consequences(ctx context.Context) error {
	if a.after.AssigneeID != a.before.AssigneeID {
		data := assignedData{From: a.before.AssigneeID, To: a.after.AssigneeID, Name: a.by.Name, Reason: "replied"}
		if _, err := a.event(ctx, desk.EventConversationAssigned, data); err != nil {
			return err
		}
	}
	if a.after.Status != a.before.Status {
		data := statusData{From: a.before.Status, To: a.after.Status, Reason: "replied"}
		if _, err := a.event(ctx, desk.EventStatusChanged, data); err != nil {
			return err
		}
	}
	return nil
}

// Note writes something between agents. An empty one is KindInvalid.
func (d *Desk) Note(ctx context.Context, by desk.Agent, c desk.ConversationID, text string) (m desk.Message, err error) {
	err = d.do(ctx, by, c, func(a *act) error {
		if m, err = a.note(ctx, text); err != nil {
			return err
		}
		return a.save(ctx, "noted")
	})
	if err != nil {
		return desk.Message{}, err
	}
	d.opt.Log.InfoContext(ctx, "Noted", "conversation", c, "message", m.ID, "agent", by.ID)
	return m, nil
}

func (a *act) note(ctx context.Context, text string) (m desk.Message, err error) {
	if m, err = note(&a.before, a.by, text, a.Now(), a.opt); err != nil {
		return m, err
	}
	if m.Seq, err = a.event(ctx, desk.EventNoteAdded, dataOf(&m)); err != nil {
		return m, err
	}
	return m, a.SaveMessage(ctx, m)
}

// Assign gives a conversation to an agent, or to nobody for the zero ID. An
// agent who is unknown, disabled or may not read it is KindInvalid.
func (d *Desk) Assign(ctx context.Context, by desk.Agent, c desk.ConversationID, to desk.AgentID) (after desk.Conversation, err error) {
	err = d.do(ctx, by, c, func(a *act) error {
		err := a.assign(ctx, to)
		after = a.after
		return err
	})
	if err != nil {
		return desk.Conversation{}, err
	}
	d.opt.Log.InfoContext(ctx, "Assigned", "conversation", c, "to", to, "agent", by.ID)
	return after, nil
}

// Claim takes a conversation that nobody holds. When another agent has it
// already, the answer is KindConflict and names them.
func (d *Desk) Claim(ctx context.Context, by desk.Agent, c desk.ConversationID) (after desk.Conversation, err error) {
	err = d.do(ctx, by, c, func(a *act) error {
		if holder := a.before.AssigneeID; !holder.IsZero() && holder != by.ID {
			who, err := a.Agent(ctx, holder)
			if err != nil {
				return err
			}
			return desk.Errorf(desk.KindConflict, "%s holds this conversation", who.Name)
		}
		err := a.assign(ctx, by.ID)
		after = a.after
		return err
	})
	if err != nil {
		return desk.Conversation{}, err
	}
	d.opt.Log.InfoContext(ctx, "Claimed", "conversation", c, "agent", by.ID)
	return after, nil
}

func (a *act) assign(ctx context.Context, to desk.AgentID) error {
	if to == a.before.AssigneeID {
		return nil
	}
	data := assignedData{From: a.before.AssigneeID, To: to}
	reason := "unassigned"
	if !to.IsZero() {
		who, err := a.Agent(ctx, to)
		switch {
		case desk.KindOf(err) == desk.KindNotFound:
			return desk.Errorf(desk.KindInvalid, "assignee: there is no agent %s", to)
		case err != nil:
			return err
		case who.Disabled:
			return desk.Errorf(desk.KindInvalid, "assignee: %s is disabled and can hold nothing", who.Name)
		case !CanRead(who, a.before):
			return desk.Errorf(desk.KindInvalid, "assignee: %s may not read this conversation", who.Name)
		}
		data.Name, reason = who.Name, "assigned"
	}
	a.after.AssigneeID = to
	if _, err := a.event(ctx, desk.EventConversationAssigned, data); err != nil {
		return err
	}
	return a.save(ctx, reason)
}

// Move brings a conversation to another inbox. A rising tier needs a handover
// note; an unknown inbox or a missing note is KindInvalid. A move to where it
// stands changes nothing.
func (d *Desk) Move(ctx context.Context, by desk.Agent, c desk.ConversationID, m Move) (after desk.Conversation, err error) {
	err = d.do(ctx, by, c, func(a *act) error {
		err := a.move(ctx, m)
		after = a.after
		return err
	})
	if err != nil {
		return desk.Conversation{}, err
	}
	d.opt.Log.InfoContext(ctx, "Moved", "conversation", c, "inbox", after.InboxID, "tier", after.Tier, "agent", by.ID)
	return after, nil
}

func (a *act) move(ctx context.Context, m Move) error {
	inboxes, err := a.Inboxes(ctx)
	if err != nil {
		return err
	}
	from := place(&a.before, inboxes)
	to, err := destination(&a.before, m, inboxes)
	if err != nil || to.ID == from.ID {
		return err
	}
	if err := handoverNote(&a.before, to, m.Note); err != nil {
		return err
	}
	if _, err := bodyText("note", m.Note); err != nil {
		return err
	}
	data := movedData{From: from.Key, To: to.Key, FromTier: a.before.Tier, ToTier: to.Tier}
	if m.Note != "" {
		n, err := a.note(ctx, m.Note)
		if err != nil {
			return err
		}
		data.Note, data.MessageID = n.TextBody, n.ID
	}
	var assignee desk.Agent
	if !a.before.AssigneeID.IsZero() {
		if assignee, err = a.Agent(ctx, a.before.AssigneeID); err != nil {
			return err
		}
	}
	seq := a.after.LastSeq
	a.after = moved(a.before, from, to, a.by, assignee)
	a.after.LastSeq, a.after.UpdatedAt = seq, a.Now()
	data.Unassigned = a.before.AssigneeID != a.after.AssigneeID
	if _, err := a.event(ctx, desk.EventConversationMoved, data); err != nil {
		return err
	}
	return a.save(ctx, "moved")
}

// SetStatus changes the state; until goes with snoozed and with nothing else.
// To set the state it is in changes nothing.
func (d *Desk) SetStatus(ctx context.Context, by desk.Agent, c desk.ConversationID, s desk.Status, until time.Time) (after desk.Conversation, err error) {
	err = d.do(ctx, by, c, func(a *act) error {
		err := a.status(ctx, s, until)
		after = a.after
		return err
	})
	if err != nil {
		return desk.Conversation{}, err
	}
	d.opt.Log.InfoContext(ctx, "StatusChanged", "conversation", c, "status", s, "agent", by.ID)
	return after, nil
}

func (a *act) status(ctx context.Context, s desk.Status, until time.Time) error {
	if !a.before.MergedInto.IsZero() {
		return desk.Errorf(desk.KindConflict, "conversation #%d was merged into another one", a.before.Number)
	}
	after, changed, err := withStatus(a.before, s, until, a.Now())
	if err != nil || !changed {
		return err
	}
	a.after = after
	data := statusData{From: a.before.Status, To: s}
	if !until.IsZero() {
		data.Until = &until
	}
	if _, err := a.event(ctx, desk.EventStatusChanged, data); err != nil {
		return err
	}
	return a.save(ctx, string(s))
}
