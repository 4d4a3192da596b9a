package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/macro"
	"switchboard/lifecycle"
)

// Update is what an agent tells the customers of all conversations that are linked to a root
// cause.
type Update struct {
	ID     desk.UpdateID
	Author desk.AgentID
	Text   string      // CommonMark, with the variables of macros
	Then   desk.Status // of each conversation; empty: as after any reply
}

// UpdateDue is an update that is to be sent in a conversation.
type UpdateDue struct {
	Update
	// Conversation is that in which the customer is answered: the linked one, or the one that
	// it was merged into.
	Conversation desk.ConversationID
}

// UpdateResult is what came of an update in a conversation.
type UpdateResult struct {
	Message desk.MessageID
	Reason  string // why it was not sent; empty: it was
}

// Updates are what is to be sent about root causes.
type Updates interface {
	// NextUpdate takes what is due first, if anything is, and runs fn in a transaction that
	// holds the lock of the conversation and records the result, so that nothing is sent
	// twice. If fn fails, it is tried again later.
	NextUpdate(ctx context.Context, fn func(Tx, UpdateDue) (UpdateResult, error)) (found bool, err error)
}

// LinkRootCause records that a conversation is about a fault that others have, too. Linking it
// again changes nothing.
func (d *Desk) LinkRootCause(ctx context.Context, by desk.Agent, id desk.RootCauseID, c desk.ConversationID) error {
	err := d.do(ctx, by, c, func(a *act) error {
		if err := a.may(mayTag); err != nil {
			return err
		}
		title, linked, err := a.Tx.LinkRootCause(ctx, id, c, a.by.ID)
		if err != nil || !linked {
			return err
		}
		return a.lifecycle(lifecycle.Record{By: a.actor(), Data: desk.RootCauseLinked{RootCauseID: id, Title: title}})
	})
	if err == nil {
		d.opt.Log.InfoContext(ctx, "RootCauseLinked", "conversation", c, "root_cause", id, "agent", by.ID)
	}
	return err
}

// UnlinkRootCause takes a link away, also that of a conversation which was merged. KindNotFound
// if there is none.
func (d *Desk) UnlinkRootCause(ctx context.Context, by desk.Agent, id desk.RootCauseID, c desk.ConversationID) error {
	err := d.read(ctx, by, c, func(a *act) error {
		if err := a.may(mayTag); err != nil {
			return err
		}
		a.catchUp()
		title, err := a.Tx.UnlinkRootCause(ctx, id, c)
		if err == nil {
			err = a.lifecycle(lifecycle.Record{By: a.actor(), Data: desk.RootCauseUnlinked{RootCauseID: id, Title: title}})
		}
		if err != nil {
			return err
		}
		return a.save(ctx)
	})
	if err == nil {
		d.opt.Log.InfoContext(ctx, "RootCauseUnlinked", "conversation", c, "root_cause", id, "agent", by.ID)
	}
	return err
}

// update adds an update as a reply of its author, without sending it.
func (a *act) update(ctx context.Context, u *Update) (desk.Message, []desk.Delivery, error) {
	if c := &a.state.Conversation; !c.MergedInto.IsZero() {
		return desk.Message{}, nil, elsewhere(c)
	}
	a.catchUp()
	names, err := a.Names(ctx, a.state.Conversation.ID)
	if err != nil {
		return desk.Message{}, nil, err
	}
	text, missing := macro.Render(u.Text, names.Values(a.by.Shown(), a.opt.Company))
	if len(missing) > 0 {
		return desk.Message{}, nil, desk.Errorf(desk.KindInvalid, "nothing is known here for %s; a text for that case can follow the name: {{%s|...}}", strings.Join(missing, ", "), missing[0])
	}
	var undo time.Duration // the update as a whole can be taken back before
	return a.reply(ctx, Reply{Text: text, Sending: Sending{Undo: &undo, Then: Then{Status: u.Then}}})
}

// refused returns why a conversation cannot be answered; empty: the error says nothing about it.
func refused(err error) string {
	switch desk.KindOf(err) {
	case desk.KindInternal, desk.KindTemporary:
		return ""
	case desk.KindNotFound:
		return "the author of the update may not read it"
	}
	return err.Error()
}

// PreviewUpdate returns what the customer of a conversation would get, or why nothing. It
// changes nothing. KindConflict if the conversation was merged.
func (d *Desk) PreviewUpdate(ctx context.Context, by desk.Agent, c desk.ConversationID, u Update) (text, reason string, err error) {
	err = d.read(ctx, by, c, func(a *act) error {
		m, _, err := a.update(ctx, &u)
		text = m.NewText
		return err
	})
	if err != nil {
		if reason = refused(err); reason != "" {
			return "", reason, nil
		}
	}
	return text, "", err
}

// SendUpdate sends the update that is due first, in one conversation. It returns false if none is.
func (d *Desk) SendUpdate(ctx context.Context, s Updates) (found bool, err error) {
	var sent desk.Message
	var deliveries []desk.Delivery
	var due UpdateDue
	var result UpdateResult
	found, err = s.NextUpdate(ctx, func(tx Tx, next UpdateDue) (UpdateResult, error) {
		due, result = next, UpdateResult{}
		a, err := d.begin(ctx, tx, desk.Agent{ID: due.Author}, due.Conversation)
		if err == nil {
			sent, deliveries, err = a.update(ctx, &due.Update)
		}
		if err != nil {
			if result.Reason = refused(err); result.Reason != "" {
				err = nil // nothing was written
			}
			return result, err
		}
		result.Message = sent.ID
		return result, a.Save(ctx, &a.changes)
	})
	switch {
	case err != nil || !found:
	case result.Reason != "":
		d.opt.Log.InfoContext(ctx, "UpdateSkipped", "update", due.ID, "conversation", due.Conversation, "reason", result.Reason)
	default:
		d.opt.Replied(&sent, deliveries)
		d.opt.Log.InfoContext(ctx, "UpdateSent", "update", due.ID, "conversation", due.Conversation, "message", sent.ID, "agent", due.Author)
	}
	return found, err
}

// GetsIt says why a conversation gets no update: its customer gets it in another one.
func GetsIt(number int64) string {
	return fmt.Sprintf("it was merged into #%d, which gets the update", number)
}

// CheckUpdate returns nil if an update can be written with this text.
func CheckUpdate(text string) error {
	switch _, err := bodyText("text", text); {
	case err != nil:
		return err
	case strings.TrimSpace(text) == "":
		return desk.Errorf(desk.KindInvalid, "text: the update is empty")
	}
	if wrong := macro.UnknownVariable(text); wrong != "" {
		return desk.Errorf(desk.KindInvalid, "text: %s", wrong)
	}
	return nil
}

// MayUpdate returns nil if an agent may write updates, which are replies.
func (d *Desk) MayUpdate(by desk.Agent, then desk.Status) error {
	for _, operation := range append([]string{mayReply}, needs(desk.StatusOpen, then)...) {
		if err := may(d.opt.Policy().Rules, &by, operation); err != nil {
			return err
		}
	}
	return nil
}

// UndoUpdate is how long an update can be taken back, unless its author says something else.
func (d *Desk) UndoUpdate() time.Duration { return d.opt.Undo }
