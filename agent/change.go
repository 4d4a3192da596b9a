package agent

import (
	"context"

	"switchboard/desk"
	"switchboard/lifecycle"
)

// Change is one or more changes that are made together; nil: none of that kind.
type Change struct {
	Assign     *desk.AgentID // the zero ID: nobody
	Move       *Move
	Become     *Status
	Priority   *desk.Priority
	Tag, Untag []string
	Macro      *UseMacro // one without a text
	Subject    *string
	Contact    *desk.ContactID
	Tags       *[]string // all that it has afterwards
}

// Change changes a conversation, or nothing if one of the changes is refused.
func (d *Desk) Change(ctx context.Context, by desk.Agent, c desk.ConversationID, ch Change) (Done, error) {
	return d.reversibly(ctx, by, c, "Changed", func(a *act) error { return a.all(ctx, &ch) })
}

func (a *act) all(ctx context.Context, ch *Change) error {
	if ch.Macro != nil {
		if err := a.useMacro(ctx, *ch.Macro); err != nil {
			return err
		}
	}
	if ch.Move != nil {
		if err := a.move(ctx, *ch.Move); err != nil {
			return err
		}
	}
	if ch.Assign != nil {
		if err := a.mayAssignTo(*ch.Assign); err != nil {
			return err
		}
		if err := a.assign(ctx, *ch.Assign); err != nil {
			return err
		}
	}
	if err := a.edit(ctx, Edit{Subject: ch.Subject, Priority: ch.Priority, Contact: ch.Contact, Tags: ch.Tags}); err != nil {
		return err
	}
	if err := a.tag(outside(ch.Tag, a.state.Conversation.Tags), ch.Untag); err != nil {
		return err
	}
	if s := ch.Become; s != nil {
		if err := a.maySet(s.To); err != nil {
			return err
		}
		if s.CancelTasks {
			if err := a.cancelTasks(ctx, s.To); err != nil {
				return err
			}
		}
		return a.lifecycle(lifecycle.SetStatus{By: a.actor(), To: s.To, Until: s.Until, WaitingOn: s.WaitingOn})
	}
	return nil
}

// MergeReversibly is Merge with what is needed to undo it.
func (d *Desk) MergeReversibly(ctx context.Context, by desk.Agent, absorbed, surviving desk.ConversationID) (desk.Conversation, *lifecycle.Reversal, error) {
	c, err := d.Merge(ctx, by, absorbed, surviving)
	if err != nil {
		return c, nil, err
	}
	return c, &lifecycle.Reversal{ID: absorbed, Is: lifecycle.Kept{MergedInto: surviving}}, nil
}
