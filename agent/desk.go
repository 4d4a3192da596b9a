package agent

import (
	"context"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
	"switchboard/router"
)

// act is one operation of one agent on one conversation: the agent as the database
// has it now, the conversation's state so far, and the changes to write.
type act struct {
	Tx
	by      desk.Agent
	state   lifecycle.State
	changes desk.Changes
	opt     *Options
	granted bool // the policy lets the agent do what a macro does
}

// begin returns the agent's operation on a locked conversation, after checking that the
// agent may work on it.
func (d *Desk) begin(ctx context.Context, tx Tx, by desk.Agent, id desk.ConversationID) (*act, error) {
	current, err := worker(ctx, tx, by.ID)
	if err != nil {
		return nil, err
	}
	a := &act{Tx: tx, by: current, state: tx.State(id), opt: &d.opt}
	if !current.CanRead(&a.state.Conversation) {
		return nil, desk.Errorf(desk.KindNotFound, "no conversation %s", id)
	}
	return a, nil
}

// worker returns an agent as the database has them now, if they may work at the desk.
func worker(ctx context.Context, tx Tx, id desk.AgentID) (desk.Agent, error) {
	current, err := tx.Agent(ctx, id)
	if err != nil && desk.KindOf(err) != desk.KindNotFound {
		return desk.Agent{}, err
	}
	if err != nil || current.Disabled {
		return desk.Agent{}, desk.Errorf(desk.KindDenied, "this agent is not allowed to work at the desk")
	}
	return current, nil
}

// read locks the conversation, checks that the agent may work on it and runs fn.
func (d *Desk) read(ctx context.Context, by desk.Agent, id desk.ConversationID, fn func(*act) error) error {
	return d.store.Act(ctx, []desk.ConversationID{id}, func(tx Tx) error {
		a, err := d.begin(ctx, tx, by, id)
		if err != nil {
			return err
		}
		return fn(a)
	})
}

// do is read for what changes the conversation: it saves the changes of fn. One that was
// merged is not worked on.
func (d *Desk) do(ctx context.Context, by desk.Agent, id desk.ConversationID, fn func(*act) error) error {
	return d.read(ctx, by, id, func(a *act) error {
		if c := &a.state.Conversation; !c.MergedInto.IsZero() {
			return elsewhere(c)
		}
		a.catchUp()
		if err := fn(a); err != nil {
			return err
		}
		return a.save(ctx)
	})
}

// catchUp does what was due before the operation, so that it acts on what it finds then.
func (a *act) catchUp() {
	if out := lifecycle.CatchUp(a.state, a.opt.Policy(), a.Now()); out.Changed() {
		a.state = out.State
		out.AddTo(&a.changes)
	}
}

func (a *act) save(ctx context.Context) error {
	if len(a.changes.Updated) == 0 {
		return nil
	}
	return a.Save(ctx, &a.changes)
}

// actor returns the agent in the form that events use.
func (a *act) actor() desk.Actor { return desk.AgentActor(a.by.ID) }

// apply applies an event to the conversation, adds the result to the changes and
// returns it.
func (a *act) apply(e lifecycle.Event) (lifecycle.Outcome, error) {
	out, err := lifecycle.Apply(a.state, e, a.opt.Policy(), a.Now())
	if err != nil {
		return out, err
	}
	if out.Changed() {
		a.state = out.State
		out.AddTo(&a.changes)
	}
	return out, nil
}

// add adds a message, which event number seq announces, to the changes.
func (a *act) add(m *desk.Message, seq int64) {
	m.Seq = seq
	a.changes.AddMessage(m, a.state.Conversation.AccountID, [32]byte{}, a.Now())
}

// Note adds an internal note. It returns KindInvalid if the text is empty.
func (d *Desk) Note(ctx context.Context, by desk.Agent, c desk.ConversationID, text string) (m desk.Message, err error) {
	err = d.do(ctx, by, c, func(a *act) error {
		if err := a.may(mayNote); err != nil {
			return err
		}
		if m, err = note(&a.state.Conversation, a.by, text, a.Now(), a.opt); err != nil {
			return err
		}
		out, err := a.apply(lifecycle.Note{By: a.actor(), Data: desk.NoteAdded{MessageSummary: m.Summary()}})
		if err != nil {
			return err
		}
		a.add(&m, out.Announced)
		return nil
	})
	if err != nil {
		return desk.Message{}, err
	}
	d.opt.Log.InfoContext(ctx, "NoteAdded", "conversation", c, "message", m.ID, "agent", by.ID)
	return m, nil
}

// Assign gives a conversation to an agent, or to no one for the zero ID. It returns
// KindInvalid if the agent is unknown, disabled or not allowed to read the
// conversation.
func (d *Desk) Assign(ctx context.Context, by desk.Agent, c desk.ConversationID, to desk.AgentID) (desk.Conversation, error) {
	return d.change(ctx, by, c, "Assigned", func(a *act) error {
		if err := a.mayAssignTo(to); err != nil {
			return err
		}
		return a.assign(ctx, to)
	})
}

// Claim assigns an unassigned conversation to the agent. If another agent has it
// already, it returns KindConflict and names them.
func (d *Desk) Claim(ctx context.Context, by desk.Agent, c desk.ConversationID) (desk.Conversation, error) {
	return d.change(ctx, by, c, "Claimed", func(a *act) error {
		if holder := a.state.Conversation.AssigneeID; !holder.IsZero() && holder != by.ID {
			who, err := a.Agent(ctx, holder)
			if err != nil {
				return err
			}
			return desk.Errorf(desk.KindConflict, "this conversation is assigned to %s", who.Name)
		}
		return a.assign(ctx, by.ID)
	})
}

// assign assigns the conversation to an agent, or to no one for the zero ID.
func (a *act) assign(ctx context.Context, to desk.AgentID) error {
	var who desk.Agent
	if !to.IsZero() && to != a.state.Conversation.AssigneeID {
		var err error
		if who, err = a.Agent(ctx, to); desk.KindOf(err) == desk.KindNotFound && err != nil {
			return desk.Errorf(desk.KindInvalid, "assignee: there is no agent %s", to)
		} else if err != nil {
			return err
		}
	} else {
		who.ID = to
	}
	_, err := a.apply(lifecycle.Assign{By: a.actor(), To: who})
	return err
}

// Move moves a conversation to another inbox. A move to a higher tier needs a
// handover note; it returns KindInvalid for an unknown inbox or a missing note. A
// move to the current inbox changes nothing.
func (d *Desk) Move(ctx context.Context, by desk.Agent, c desk.ConversationID, m Move) (desk.Conversation, error) {
	return d.change(ctx, by, c, "Moved", func(a *act) error { return a.move(ctx, m) })
}

// move moves the conversation, and adds the handover note if there is one.
func (a *act) move(ctx context.Context, m Move) error {
	if err := a.may(mayMove); err != nil {
		return err
	}
	c := a.state.Conversation
	e, contract, err := a.prepareMove(ctx, m)
	if err != nil || e.To.ID == c.InboxID {
		return err
	}
	if e.Evidence, err = evidence(&m, &contract); err != nil {
		return err
	}
	if err := missing(&contract, e.Evidence); err != nil {
		return err
	}
	if len(contract.Require) == 0 {
		if err := checkHandover(&c, e.To, m.Note); err != nil {
			return err
		}
	}
	if warning, refused := a.guard(&contract); refused {
		return desk.Errorf(desk.KindConflict, "%s", warning)
	}
	if m.Note != "" {
		n, err := note(&c, a.by, m.Note, a.Now(), a.opt)
		if err != nil {
			return err
		}
		e.Note = &n
	}
	out, err := a.apply(e)
	if err != nil {
		return err
	}
	if e.Note != nil {
		a.add(e.Note, out.Announced)
	}
	return nil
}

// prepareMove finds where a move leads to, and the contract for it.
func (a *act) prepareMove(ctx context.Context, m Move) (e lifecycle.Move, contract router.Handoff, err error) {
	c := a.state.Conversation
	inboxes, err := a.Inboxes(ctx)
	if err != nil {
		return e, contract, err
	}
	to, err := destination(&c, m, inboxes)
	if err != nil {
		return e, contract, err
	}
	e = lifecycle.Move{By: a.actor(), ByName: imf.OneLine(a.by.Name), From: inboxOf(&c, inboxes), To: to, KeepStatus: m.KeepStatus}
	if rules := a.opt.Policy().Rules; rules != nil {
		contract, _ = rules.HandoffBetween(e.From.Key, to.Key)
	}
	if !c.AssigneeID.IsZero() {
		e.Assignee, err = a.Agent(ctx, c.AssigneeID)
	}
	return e, contract, err
}

// SetStatus changes the status. Setting the current one again changes nothing.
func (d *Desk) SetStatus(ctx context.Context, by desk.Agent, c desk.ConversationID, s Status) (desk.Conversation, error) {
	return d.change(ctx, by, c, "StatusChanged", func(a *act) error {
		if err := a.maySet(s.To); err != nil {
			return err
		}
		if s.CancelTasks {
			if err := a.cancelTasks(ctx, s.To); err != nil {
				return err
			}
		}
		_, err := a.apply(lifecycle.SetStatus{By: a.actor(), To: s.To, Until: s.Until, WaitingOn: s.WaitingOn})
		return err
	})
}

// change runs an operation, logs it and returns the changed conversation.
func (d *Desk) change(ctx context.Context, by desk.Agent, id desk.ConversationID, verb string, fn func(*act) error) (c desk.Conversation, err error) {
	err = d.do(ctx, by, id, func(a *act) error {
		err := fn(a)
		c = a.state.Conversation
		return err
	})
	if err != nil {
		return desk.Conversation{}, err
	}
	d.opt.Log.InfoContext(ctx, verb, "conversation", id, "agent", by.ID, "status", c.Status, "inbox", c.InboxID, "assignee", c.AssigneeID)
	return c, nil
}
