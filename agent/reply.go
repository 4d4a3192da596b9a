package agent

import (
	"context"
	"fmt"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/internal/macro"
	"switchboard/lifecycle"
	"switchboard/router"
)

// maxAhead bounds how far ahead a reply can be scheduled.
const maxAhead = 366 * 24 * time.Hour

// Reply is a reply to the customer: what it says, whom it goes to, and when.
type Reply struct {
	// Text is CommonMark, and sent as plain text as it is. Required.
	Text string
	// HTML is the same as HTML, sanitized before it is stored; empty: made from Text.
	// Only mail has HTML.
	HTML string
	// Attachments are files that the same agent has uploaded; only mail has them.
	Attachments []desk.UploadID
	// To are the recipients; empty: the address that the conversation is answered at.
	// Only mail has recipients to choose.
	To, CC []desk.Address
	// BCC get a copy that no other recipient sees. What they answer is a third party's.
	BCC []desk.Address
	// From is the address that it is sent from, one of the inbox's; empty: the one that the
	// conversation came to. Only mail has a choice.
	From string
	// All means everyone, as Desk.Recipients lists them; To and CC are then ignored.
	All bool
	// ExpectedSeq is the newest message number the agent had seen. If there is a
	// newer message, the reply is refused with Stale. nil: do not check.
	ExpectedSeq *int64
	// Macro is the macro that the text comes from, whose actions are done together with the
	// reply; nil: none.
	Macro *UseMacro
	Sending

	settled bool // Then comes from the macro, and is permitted
}

// Sending is when a reply is sent, and what happens to the conversation then.
type Sending struct {
	// Undo is how long the reply is held, so that it can be undone; nil: as long as the
	// inbox says, and not at all in a chat.
	Undo *time.Duration
	// At is when it is sent; zero: now. It is withheld if the customer writes first.
	At time.Time
	// Then is the status of the conversation once it is sent.
	Then Then
}

// Then is what happens to a conversation once a reply is sent.
type Then = lifecycle.Then

// check returns why a reply cannot be sent like this.
func (s *Sending) check(c *desk.Conversation, now time.Time) error {
	switch {
	case s.Undo != nil && (*s.Undo < 0 || *s.Undo > router.MaxUndo):
		return desk.Errorf(desk.KindInvalid, "undo_s: at most %d seconds are possible", int(router.MaxUndo.Seconds()))
	case s.At.IsZero():
		return nil
	case c.ReplyChannel == desk.ChannelChat:
		return desk.Errorf(desk.KindInvalid, "send_at: a chat is answered at once; only mail can be sent later")
	case !s.At.After(now):
		return desk.Errorf(desk.KindInvalid, "send_at: must be in the future")
	case s.At.After(now.Add(maxAhead)):
		return desk.Errorf(desk.KindInvalid, "send_at: must be within a year")
	}
	return nil
}

// undo returns how long a reply is held.
func (a *act) undo(s *Sending) time.Duration {
	c := &a.state.Conversation
	if s.Undo != nil {
		return *s.Undo
	}
	if c.ReplyChannel == desk.ChannelChat {
		return 0
	}
	if in, ok := a.policyInbox(); ok && in.Undo != nil {
		return *in.Undo
	}
	return a.opt.Undo
}

// Stale is wrapped in a KindConflict error if messages have arrived that the agent
// had not seen.
type Stale struct {
	LastSeq int64 // number of the newest message
	Newer   int   // messages newer than the expected one
}

func (s *Stale) Error() string {
	if s.Newer == 1 {
		return fmt.Sprintf("1 newer message has arrived; the newest is number %d", s.LastSeq)
	}
	return fmt.Sprintf("%d newer messages have arrived; the newest is number %d", s.Newer, s.LastSeq)
}

// Reply answers the customer on the conversation's reply channel. It returns
// KindInvalid for an unacceptable reply, KindConflict if the conversation cannot be
// replied to, and KindConflict wrapping Stale if messages have arrived that the agent
// had not seen.
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

// reply adds a reply, after checking what the agent had seen.
func (a *act) reply(ctx context.Context, r Reply) (desk.Message, []desk.Delivery, error) {
	use, rest, err := a.with(ctx, &r)
	if err != nil {
		return desk.Message{}, nil, err
	}
	if err := a.mayAnswer(ctx, &r); err != nil {
		return desk.Message{}, nil, err
	}
	m, deliveries, err := a.send(ctx, r, "")
	if err == nil && use != nil {
		err = a.run(ctx, use, rest, m.ID)
	}
	return m, deliveries, err
}

// send composes a reply, or with a subject the mail that starts the conversation, and adds
// it to the changes.
func (a *act) send(ctx context.Context, r Reply, subject string) (desk.Message, []desk.Delivery, error) {
	if err := r.filled(); err != nil {
		return desk.Message{}, nil, err
	}
	c := a.state.Conversation
	files, err := a.files(ctx, r.Attachments)
	if err != nil {
		return desk.Message{}, nil, err
	}
	d := draft{conversation: c, subject: subject, files: files, by: a.by, reply: r, now: a.Now(), held: a.undo(&r.Sending), letter: a.letter(), outside: a.state.Outside, opt: a.opt}
	if c.ReplyChannel != desk.ChannelChat && subject == "" {
		if d.head, err = a.Head(ctx, c.ID); err != nil {
			return desk.Message{}, nil, err
		}
		if d.quotes() != router.QuoteNone {
			if d.earlier, err = a.Earlier(ctx, c.ID); err != nil {
				return desk.Message{}, nil, err
			}
		}
	}
	m, deliveries, err := d.compose()
	if err != nil {
		return desk.Message{}, nil, err
	}
	if err := a.reachable(ctx, deliveries); err != nil {
		return desk.Message{}, nil, err
	}
	e := lifecycle.Reply{Author: a.by, Data: desk.MessageSent{MessageSummary: m.Summary(), To: m.To, CC: m.CC}, Then: r.Then,
		Held: deliveries[0].State == desk.DeliveryHeld}
	if m.Channel == desk.ChannelEmail {
		for _, to := range slices.Concat(m.To, m.CC) {
			e.Participants = append(e.Participants, imf.NormalizeAddr(to.Email))
		}
		for _, to := range m.BCC {
			e.Blind = append(e.Blind, imf.NormalizeAddr(to.Email))
		}
		a.changes.Refs = []desk.ThreadRef{{MessageID: m.MessageID, Conversation: c.ID, Account: c.AccountID, Own: true}}
	}
	var event lifecycle.Event = e
	if !r.At.IsZero() {
		event = lifecycle.Schedule{Reply: e, At: r.At}
	}
	out, err := a.apply(event)
	if err != nil {
		return desk.Message{}, nil, err
	}
	a.add(&m, out.Announced)
	a.changes.Deliveries = deliveries
	return m, deliveries, nil
}

// filled returns nil unless a variable of a text is not filled in.
func (r *Reply) filled() error {
	if open := macro.Unresolved(r.Text); open != "" {
		return desk.Errorf(desk.KindInvalid, "text: %s", open)
	}
	if open := macro.Unresolved(r.HTML); open != "" {
		return desk.Errorf(desk.KindInvalid, "html: %s", open)
	}
	return nil
}

// mayAnswer returns nil if the agent may send the reply, and has seen all messages.
func (a *act) mayAnswer(ctx context.Context, r *Reply) error {
	if err := a.mayReply(ctx); err != nil {
		return err
	}
	c := &a.state.Conversation
	if err := a.may(mayReply); err != nil {
		return err
	}
	if to := r.Then.Status; !r.settled && (to == desk.StatusResolved || to == desk.StatusSnoozed) {
		if err := a.maySet(to); err != nil {
			return err
		}
	}
	if err := r.check(c, a.Now()); err != nil {
		return err
	}
	return a.current(ctx, r.ExpectedSeq)
}
