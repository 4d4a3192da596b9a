package agent

import (
	"context"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/htmlview"
	"switchboard/internal/enclose"
	"switchboard/internal/imf"
	"switchboard/internal/markdown"
	"switchboard/lifecycle"
	"switchboard/router"
)

// maxForwarded bounds how many messages one mail forwards.
const maxForwarded = 200

// Forward is a mail to third parties about a conversation: it forwards messages, or answers
// one from them. The customer sees neither it nor their answers.
type Forward struct {
	// Reply is the mail. To is required unless it answers a message. Then, BCC, All and Macro
	// are not used.
	Reply Reply
	// Messages are those that it forwards. Whole means everything that was exchanged with the
	// customer.
	Messages []desk.MessageID
	Whole    bool
	// Answers is a message that was exchanged with third parties, which it answers or follows
	// up; zero: none.
	Answers desk.MessageID
}

// Forward sends a mail to third parties. It returns KindInvalid, with the field, for messages
// that cannot be forwarded and recipients who are the customer, and KindDenied if the agent may
// not forward, or does not see addresses.
func (d *Desk) Forward(ctx context.Context, by desk.Agent, c desk.ConversationID, f Forward) (m desk.Message, err error) {
	var deliveries []desk.Delivery
	err = d.do(ctx, by, c, func(a *act) error {
		if err := a.mayPassOn(ctx); err != nil {
			return err
		}
		m, deliveries, err = a.forward(ctx, &f)
		return err
	})
	if err != nil {
		return desk.Message{}, err
	}
	d.opt.Replied(&m, deliveries)
	d.opt.Log.InfoContext(ctx, "Forwarded", "conversation", c, "message", m.ID, "agent", by.ID)
	return m, nil
}

// mayPassOn returns nil if the agent may send messages of the conversation to third parties.
func (a *act) mayPassOn(ctx context.Context) error {
	if a.by.Masked() {
		return desk.Errorf(desk.KindDenied, "you do not see the addresses of customers, which are in what is forwarded; ask a colleague who does")
	}
	if err := a.mayReply(ctx); err != nil {
		return err
	}
	if err := a.may(mayReply); err != nil {
		return err
	}
	return a.may(mayForward)
}

func (a *act) forward(ctx context.Context, f *Forward) (desk.Message, []desk.Delivery, error) {
	none := func(err error) (desk.Message, []desk.Delivery, error) { return desk.Message{}, nil, err }
	if err := f.Reply.filled(); err != nil {
		return none(err)
	}
	mail := desk.Conversation{ReplyChannel: desk.ChannelEmail}
	if err := f.Reply.check(&mail, a.Now()); err != nil {
		return none(err)
	}
	if err := a.current(ctx, f.Reply.ExpectedSeq); err != nil {
		return none(err)
	}
	files, err := a.files(ctx, f.Reply.Attachments)
	if err != nil {
		return none(err)
	}
	d := a.outward(&f.Reply)
	d.files = files
	enclosed, answers, err := a.enclosures(ctx, f)
	if err != nil {
		return none(err)
	}
	m, err := d.forward(enclosed, answers)
	if err != nil {
		return none(err)
	}
	deliveries, err := a.sendOut(ctx, &d, &m)
	if err != nil {
		return none(err)
	}
	e := lifecycle.Forward{Author: a.by, Held: deliveries[0].State == desk.DeliveryHeld, Data: desk.ThirdPartySent{MessageSummary: m.Summary(), To: m.To, CC: m.CC}}
	for i := range enclosed {
		e.Data.Forwarded = append(e.Data.Forwarded, enclosed[i].ID)
	}
	var event lifecycle.Event = e
	if !f.Reply.At.IsZero() {
		event = lifecycle.ScheduleForward{Forward: e, At: f.Reply.At}
	}
	out, err := a.apply(event)
	if err != nil {
		return none(err)
	}
	a.add(&m, out.Announced)
	return m, deliveries, nil
}

// outward returns the draft of a mail to third parties.
func (a *act) outward(r *Reply) draft {
	held := a.opt.Undo
	if in, ok := a.policyInbox(); ok && in.Undo != nil {
		held = *in.Undo
	}
	if r.Undo != nil {
		held = *r.Undo
	}
	return draft{conversation: a.state.Conversation, by: a.by, reply: *r, now: a.Now(), held: held, letter: a.letter(), opt: a.opt}
}

// sendOut adds the deliveries of a mail to third parties to the changes, one per recipient.
func (a *act) sendOut(ctx context.Context, d *draft, m *desk.Message) (deliveries []desk.Delivery, err error) {
	for _, to := range slices.Concat(m.To, m.CC) {
		deliveries = append(deliveries, d.delivery(m, to.Email, m.From[0].Email))
	}
	if err := a.reachable(ctx, deliveries); err != nil {
		return nil, err
	}
	a.changes.Refs = []desk.ThreadRef{{MessageID: m.MessageID, Conversation: m.ConversationID, Account: a.state.Conversation.AccountID, Own: true}}
	a.changes.Deliveries = deliveries
	return deliveries, nil
}

// current returns Stale if there are messages after the one that the agent had seen.
func (a *act) current(ctx context.Context, seen *int64) error {
	if seen == nil {
		return nil
	}
	newer, newest, err := a.MessagesAfter(ctx, a.state.Conversation.ID, *seen)
	if err == nil && newer > 0 {
		return &desk.Error{Op: "reply", Kind: desk.KindConflict, Err: &Stale{LastSeq: newest, Newer: newer}}
	}
	return err
}

// enclosures returns the messages that a mail forwards, and the one that it answers.
func (a *act) enclosures(ctx context.Context, f *Forward) (list []desk.Message, answers *desk.Message, err error) {
	id := a.state.Conversation.ID
	if f.Whole || len(f.Messages) > 0 {
		named := f.Messages
		if f.Whole {
			named = nil
		}
		if list, err = a.Enclosures(ctx, id, named); err != nil {
			return nil, nil, err
		}
		if err := f.found(list); err != nil {
			return nil, nil, err
		}
	}
	if f.Answers.IsZero() {
		if len(list) == 0 {
			return nil, nil, desk.Errorf(desk.KindInvalid, "messages: name at least one message to forward, or the one that this answers")
		}
		return list, nil, nil
	}
	found, err := a.Enclosures(ctx, id, []desk.MessageID{f.Answers})
	switch {
	case err != nil:
		return nil, nil, err
	case len(found) == 0:
		return nil, nil, desk.Errorf(desk.KindInvalid, "answers: there is no message %s in this conversation", f.Answers)
	case !found[0].ThirdParty || found[0].Channel != desk.ChannelEmail:
		return nil, nil, desk.Errorf(desk.KindInvalid, "answers: this is no message of a third party; reply to the customer, or forward it")
	}
	return list, &found[0], nil
}

// found returns nil if a list has all messages that are forwarded, and nothing internal.
func (f *Forward) found(list []desk.Message) error {
	for i, id := range f.Messages {
		at := slices.IndexFunc(list, func(m desk.Message) bool { return m.ID == id })
		switch {
		case f.Whole:
		case at < 0:
			return desk.Errorf(desk.KindInvalid, "messages[%d]: %s is no message of this conversation, or has not been sent", i, id)
		case list[at].Direction == desk.Note:
			return desk.Errorf(desk.KindInvalid, "messages[%d]: this is a note, which only your team sees; write what they may know in the text", i)
		}
	}
	if len(list) > maxForwarded {
		return desk.Errorf(desk.KindInvalid, "messages: more than %d cannot be forwarded at once; choose some of them", maxForwarded)
	}
	return nil
}

// forward returns the mail to third parties.
func (d *draft) forward(enclosed []desk.Message, answers *desk.Message) (desk.Message, error) {
	text, err := bodyText("text", d.reply.Text)
	if err != nil {
		return desk.Message{}, err
	}
	html, err := bodyText("html", d.reply.HTML)
	if err != nil {
		return desk.Message{}, err
	}
	if strings.TrimSpace(text) == "" && len(enclosed) == 0 {
		return desk.Message{}, desk.Errorf(desk.KindInvalid, "text: the message is empty")
	}
	if len(d.reply.To) == 0 && answers != nil {
		d.reply.To = slices.Clone(answers.From)
		if answers.Direction == desk.Outbound {
			d.reply.To = slices.Clone(answers.To)
		}
	}
	m, err := d.letterOut(lifecycle.MethodForward)
	if err != nil {
		return m, err
	}
	m.Preview, m.TextBody, m.NewText = imf.Preview(markdown.Text(text)), text, text
	if err := d.content(&m, text, html); err != nil {
		return m, err
	}
	d.follow(&m, enclosed, answers)
	d.finish(&m)
	if err := enclose.Add(&m, enclosed, MaxFiles); err != nil {
		return m, err
	}
	if m.Preview == "" {
		m.Preview = imf.Preview(m.TextBody)
	}
	m.HTMLBody = htmlview.Sanitize(m.HTMLBody)
	return m, nil
}

// follow sets the subject, and makes an answer to third parties part of their thread. A
// forwarded message begins another one: they know nothing of the customer's.
func (d *draft) follow(m *desk.Message, enclosed []desk.Message, answers *desk.Message) {
	if answers == nil {
		subject := d.conversation.Subject
		if len(enclosed) == 1 && enclosed[0].Subject != "" {
			subject = enclosed[0].Subject
		}
		m.Subject = "Fwd: " + baseSubject(subject, d.conversation.Subject)
		return
	}
	m.Subject = "Re: " + baseSubject(answers.Subject, d.conversation.Subject)
	m.InReplyTo, m.References = []string{answers.MessageID}, references(answers.References, answers.MessageID)
	if d.letter.Quote != "" && d.letter.Quote != router.QuoteNone {
		d.earlier = []Earlier{{Direction: desk.Inbound, From: answers.From, To: answers.To, CC: answers.CC, At: answers.SentAt, Text: answers.NewText}}
	}
}

// letterOut returns a mail to third parties without its text.
func (d *draft) letterOut(method string) (m desk.Message, err error) {
	c := &d.conversation
	if hasControl(d.by.Name) {
		return m, desk.Errorf(desk.KindInvalid, "your name contains a line break or another control character; ask an admin to correct it")
	}
	id := desk.NewID[desk.MessageID]()
	m = desk.Message{ID: id, ConversationID: c.ID, Direction: desk.Outbound, Channel: desk.ChannelEmail, MessageID: d.opt.MessageID(id), SentAt: d.now, ReceivedAt: d.now,
		AutoSubmitted: desk.AutoNo, AuthorID: d.by.ID, ThirdParty: true, ThreadMethod: method}
	from, err := d.sender()
	if err != nil {
		return m, err
	}
	if !imf.ValidAddr(from) {
		return m, desk.Errorf(desk.KindInvalid, "conversation #%d has no support address to send from", c.Number)
	}
	m.From = []desk.Address{{Name: d.senderName(), Email: from}}
	seen := map[string]bool{}
	if m.To, err = d.checked("to", d.reply.To, seen); err != nil {
		return m, err
	}
	if len(m.To) == 0 {
		return m, desk.Errorf(desk.KindInvalid, "to: name at least one recipient")
	}
	if m.CC, err = d.checked("cc", d.reply.CC, seen); err != nil {
		return m, err
	}
	for field, list := range map[string][]desk.Address{"to": m.To, "cc": m.CC} {
		for _, a := range list {
			if c.ReplyTo != "" && imf.NormalizeAddr(a.Email) == imf.NormalizeAddr(c.ReplyTo) {
				return m, desk.Errorf(desk.KindInvalid, "%s: %s is the customer, who does not see what is sent to third parties; reply to them instead", field, a.Email)
			}
		}
	}
	return m, nil
}
