package agent

import (
	"context"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
)

// Redirect passes a received mail on as it is (RFC 5322 §3.6.6).
type Redirect struct {
	To, CC []desk.Address
	// From is the address that passes it on, one of the inbox's; empty: the one that the
	// conversation came to.
	From string
	Undo *time.Duration // as in Sending
}

// Redirect passes a received mail on to third parties: they get it as it was, from its author,
// with our name only in the fields that say who passed it on. A reply to it goes to its author. KindInvalid if the message is no received mail, and KindConflict if the original is
// not there any more.
func (d *Desk) Redirect(ctx context.Context, by desk.Agent, c desk.ConversationID, id desk.MessageID, r Redirect) (m desk.Message, err error) {
	var deliveries []desk.Delivery
	err = d.read(ctx, by, c, func(a *act) error {
		if c := &a.state.Conversation; !c.MergedInto.IsZero() {
			return elsewhere(c)
		}
		a.catchUp()
		if err := a.mayPassOn(ctx); err != nil {
			return err
		}
		var bytes []byte
		if m, bytes, deliveries, err = a.passOn(ctx, id, &r); err != nil {
			return err
		}
		if err := a.save(ctx); err != nil {
			return err
		}
		return a.Render(ctx, m.ID, bytes)
	})
	if err != nil {
		return desk.Message{}, err
	}
	d.opt.Replied(&m, deliveries)
	d.opt.Log.InfoContext(ctx, "Redirected", "conversation", c, "message", m.ID, "original", id, "agent", by.ID)
	return m, nil
}

// passOn adds the mail that passes another one on to the changes, and returns its bytes.
func (a *act) passOn(ctx context.Context, id desk.MessageID, r *Redirect) (m desk.Message, bytes []byte, deliveries []desk.Delivery, err error) {
	found, err := a.Enclosures(ctx, a.state.Conversation.ID, []desk.MessageID{id})
	switch {
	case err != nil:
		return m, nil, nil, err
	case len(found) == 0 || found[0].Direction != desk.Inbound || found[0].Channel != desk.ChannelEmail:
		return m, nil, nil, desk.Errorf(desk.KindInvalid, "only mail that was received can be passed on as it is; forward this message instead")
	}
	original, err := a.Received(ctx, id)
	if err != nil && desk.KindOf(err) == desk.KindNotFound {
		return m, nil, nil, desk.Errorf(desk.KindConflict, "the original of this message is not kept; forward it instead")
	}
	if err != nil {
		return m, nil, nil, err
	}
	reply := Reply{To: r.To, CC: r.CC, From: r.From, Sending: Sending{Undo: r.Undo}}
	mail := desk.Conversation{ReplyChannel: desk.ChannelEmail}
	if err := reply.check(&mail, a.Now()); err != nil {
		return m, nil, nil, err
	}
	d := a.outward(&reply)
	if m, err = d.letterOut(lifecycle.MethodRedirect); err != nil {
		return m, nil, nil, err
	}
	// NewText stays empty: the agent has written nothing.
	m.Subject, m.TextBody, m.Preview = imf.OneLine(found[0].Subject), found[0].TextBody, found[0].Preview
	if bytes, err = a.opt.Resend(original, &m); err != nil {
		return m, nil, nil, err
	}
	if deliveries, err = a.sendOut(ctx, &d, &m); err != nil {
		return m, nil, nil, err
	}
	out, err := a.apply(lifecycle.Forward{Author: a.by, Held: deliveries[0].State == desk.DeliveryHeld,
		Data: desk.ThirdPartySent{MessageSummary: m.Summary(), To: m.To, CC: m.CC, Redirected: id}})
	if err != nil {
		return m, nil, nil, err
	}
	a.add(&m, out.Announced)
	return m, bytes, deliveries, nil
}
