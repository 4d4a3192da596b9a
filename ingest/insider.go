package ingest

import (
	"fmt"
	"slices"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
	"switchboard/threading"
)

// Mail that agents send to the desk from their own mail programs: a mail to a customer
// with the desk in copy is our reply, and a customer's mail that they forward is the
// customer's. An agent's address can be forged: unless it was authenticated, nothing is
// credited to the agent, and a conversation that customers wait in stays as it is.

// fromAgent files a mail that an agent wrote to someone outside, with the desk in
// copy. It reports whether the mail is one.
func (b *batch) fromAgent(p *parsed, m *desk.Message, s sender) bool {
	agent, ok := b.snap.Agents[s.email]
	if !ok && !(b.rules.Own(s.email) && s.authenticated()) || p.Raw.Channel != desk.ChannelEmail || s.trust == desk.TrustForged || m.Automatic() {
		return false
	}
	to := b.outsiders(m)
	if len(to) == 0 {
		return false
	}
	if id, sent := b.snap.SentAs[m.MessageID]; sent && b.sentBack(m) {
		b.processed(p, id, true) // found in the Sent folder before
		return true
	}
	m.Direction = desk.Outbound
	if !s.authenticated() {
		b.markAddress(p, m, s, s)
		agent = desk.Agent{}
	}
	c := b.addressedBy(&p.Raw, m, to)
	if c == nil {
		c = b.answered(m, to, false)
	}
	begun := c == nil
	if begun {
		c = b.begun(p, m, to)
	}
	b.reply(c, m, agent, !begun && !s.authenticated() || p.Raw.History, earliest(p.Raw.ReceivedAt, b.now))
	b.processed(p, m.ID, false)
	return true
}

// addressedBy returns the conversation whose reply address is among the recipients, if
// another recipient belongs to it.
func (b *batch) addressedBy(raw *desk.Raw, m *desk.Message, to []sender) *desk.Conversation {
	for _, address := range recipients(raw, m) {
		id, _, ok := b.rules.Tokens.Parse(address)
		if c := b.final(id); ok && c != nil && b.belongs(c, to) {
			m.ThreadMethod, m.ThreadEvidence = threading.MethodToken, "the conversation's reply address is in copy"
			return c
		}
	}
	return nil
}

// outsiders returns the recipients of a mail who are neither agents nor of our domain.
func (b *batch) outsiders(m *desk.Message) []sender {
	return slices.DeleteFunc(partners(m, b.rules), func(s sender) bool {
		_, agent := b.snap.Agents[s.email]
		return agent || b.rules.insider(s.email) || !imf.ValidAddr(s.email)
	})
}

// begun opens a conversation with the first recipient who is a contact, or else with
// the first one.
func (b *batch) begun(p *parsed, m *desk.Message, to []sender) *desk.Conversation {
	s := to[max(0, slices.IndexFunc(to, func(s sender) bool { _, known := b.snap.Contacts[s.key]; return known }))]
	_, s.known = b.snap.Contacts[s.key]
	m.ThreadMethod = threading.MethodNew
	c := b.open(p, m, s, b.resolve(s), threading.Decision{Method: threading.MethodNew})
	c.ReplyTo = s.email
	return c
}

// forwarded returns the author of a mail that an agent forwards to the desk, and what
// the agent wrote about it, as a note. m becomes the forwarded message. A sender
// without via means that the mail is none.
func (b *batch) forwarded(p *parsed, m *desk.Message, s sender) (sender, *desk.Message) {
	agent, ok := b.snap.Agents[s.email]
	if !ok || p.Raw.Channel != desk.ChannelEmail || s.trust == desk.TrustForged || m.Origin == nil || m.Origin.Forwarded == nil || len(b.outsiders(m)) > 0 {
		return s, nil
	}
	f := m.Origin.Forwarded
	out := standIn(f.From, "the author of the forwarded message", b.rules)
	if _, colleague := b.snap.Agents[out.email]; colleague || b.rules.insider(out.email) {
		return s, nil
	}
	var note *desk.Message
	if own := imf.Preview(f.Own); own != "" {
		note = &desk.Message{Direction: desk.Note, Channel: desk.ChannelNote, From: m.From, Subject: m.Subject, SentAt: m.SentAt, ReceivedAt: m.ReceivedAt,
			Preview: own, TextBody: f.Own, NewText: f.Own, AutoSubmitted: desk.AutoNo, ThreadMethod: "note"}
		if s.authenticated() {
			note.AuthorID = agent.ID
		} else {
			b.markAddress(p, note, s, s)
		}
	}
	m.AddProblem(desk.ProblemAttributed, fmt.Sprintf("%s forwarded this; %s, named there as the author, is taken for the customer, which nothing confirms", s.email, out.email))
	m.From, m.ReplyTo, m.Sender = []desk.Address{f.From}, nil, nil
	m.Subject = imf.BaseSubject(m.Subject)
	m.TextBody, m.HTMLBody, m.NewText = f.Text, f.HTML, firstOf(f.NewText, f.Text)
	m.Preview = imf.Preview(m.NewText)
	if a := m.Authentication; a != nil {
		other := *a
		other.Trust, other.Reason = desk.TrustClaimed, "the forwarded message was not checked"
		m.Authentication = &other
	}
	return out, note
}

// comment adds what an agent wrote about a forwarded message as a note.
func (b *batch) comment(c *desk.Conversation, p *parsed, note *desk.Message) {
	note.ID, note.ConversationID, note.RawID = desk.NewID[desk.MessageID](), c.ID, p.Raw.ID
	note.MessageID = note.ID.String() + "@" + imf.Domain(b.rules.Base(""))
	by := desk.ActorSystem
	if !note.AuthorID.IsZero() {
		by = desk.AgentActor(note.AuthorID)
	}
	at := earliest(p.Raw.ReceivedAt, b.now)
	note.Seq = b.apply(c, lifecycle.Note{By: by, Data: desk.NoteAdded{MessageSummary: note.Summary()}}, at)
	b.out.AddMessage(note, c.AccountID, [32]byte{}, at)
}
