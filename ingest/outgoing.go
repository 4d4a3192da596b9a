package ingest

import (
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/threading"
)

// maxPartners bounds how many recipients of one mail are looked up.
const maxPartners = 50

// partners names those a mail of ours went to, as if each had written it.
func partners(raw *desk.Raw, m *desk.Message, own func(string) bool) []sender {
	var out []sender
	seen := map[string]bool{}
	for _, list := range [][]desk.Address{m.To, m.CC, m.BCC} {
		for _, a := range list {
			key := imf.NormalizeAddr(a.Email)
			if !strings.Contains(key, "@") || own(key) || seen[key] || len(out) == maxPartners {
				continue
			}
			seen[key] = true
			mirrored := desk.Message{From: []desk.Address{a}}
			out = append(out, senderOf(raw, &mirrored, Session{}, desk.SessionID{}))
		}
	}
	return out
}

// outgoing files a mail that was found among what we sent: an answer that somebody
// wrote in a mail program instead of at the desk. It joins the conversation that it
// cites, or opens one with somebody we know. What the desk itself has sent is known
// by its Message-ID, and the rest is nobody's support case.
func (b *batch) outgoing(p *parsed) {
	m := p.message
	m.RawID, m.Direction, m.Channel = p.Raw.ID, desk.Outbound, p.Raw.Channel
	if id, ok := b.snap.SentAs[m.MessageID]; ok {
		b.out.Done = append(b.out.Done, Done{p.Raw.ID, p.Fence, id, true})
		return
	}
	to := partners(&p.Raw, &m, b.rules.Own)
	c := b.answered(&m, to)
	if c == nil {
		c = b.addressed(p, &m, to)
	}
	if c == nil {
		b.out.Done = append(b.out.Done, Done{Raw: p.Raw.ID, Fence: p.Fence})
		return
	}
	m.AuthorID = b.author(&m)
	b.file(c, &m)
	b.replied(c, &m, earliest(p.Raw.ReceivedAt, b.now))
	b.out.Done = append(b.out.Done, Done{p.Raw.ID, p.Fence, m.ID, false})
}

// answered finds the conversation that the mail cites, nearest first (RFC 5322
// §3.6.4). Nobody but us can put a mail there, so a citation needs no further
// proof; only where the identifier is merely mentioned a recipient must belong.
func (b *batch) answered(m *desk.Message, to []sender) *desk.Conversation {
	ids := slices.Clone(m.References)
	slices.Reverse(ids)
	ids = append(append(ids, m.InReplyTo...), m.MessageID)
	for _, own := range []bool{true, false} {
		for _, id := range ids {
			for _, known := range b.index.ByMessageID([]string{id}) {
				c := b.alive(known.Conversation)
				if c == nil || known.Own != own || (!own && !b.belongs(c, to)) {
					continue
				}
				m.ThreadMethod, m.ThreadEvidence = threading.MethodReferences, "cites <"+id+">"
				if id == m.MessageID {
					m.ThreadEvidence = "is cited as <" + id + ">"
				}
				return c
			}
		}
	}
	return nil
}

// alive follows merges.
func (b *batch) alive(id desk.ConversationID) *desk.Conversation {
	c := b.snap.Conversations[id]
	for range len(b.snap.Conversations) {
		if c == nil || c.MergedInto.IsZero() {
			break
		}
		c = b.snap.Conversations[c.MergedInto]
	}
	return c
}

func (b *batch) belongs(c *desk.Conversation, to []sender) bool {
	return slices.ContainsFunc(to, func(s sender) bool {
		contact, known := b.snap.Contacts[s.key]
		return known && contact.AccountID == c.AccountID || slices.Contains(c.Participants, s.email)
	})
}

// addressed opens a conversation with the first recipient who is a contact. What
// machines send by themselves begins none.
func (b *batch) addressed(p *parsed, m *desk.Message, to []sender) *desk.Conversation {
	if m.Automatic() {
		return nil
	}
	for _, s := range to {
		contact, known := b.snap.Contacts[s.key]
		if !known {
			continue
		}
		m.ThreadMethod = threading.MethodNew
		c := b.open(p, m, s, person{contact, b.snap.Accounts[contact.AccountID]}, threading.Decision{Method: threading.MethodNew})
		c.ReplyTo = s.email
		if len(m.From) > 0 && b.rules.Own(m.From[0].Email) {
			c.ReplyFrom = b.rules.Base(m.From[0].Email)
		}
		return c
	}
	return nil
}

// author is the agent whose own address the mail was written under; zero when
// it was written under the desk's.
func (b *batch) author(m *desk.Message) desk.AgentID {
	for _, a := range slices.Concat(m.From, m.Sender) {
		if id, ok := b.snap.Agents[strings.ToLower(a.Email)]; ok {
			return id
		}
	}
	return desk.AgentID{}
}

// file numbers the mail as an answer, and makes it findable by every id it knows.
func (b *batch) file(c *desk.Conversation, m *desk.Message) {
	m.ID, m.ConversationID = desk.NewID[desk.MessageID](), c.ID
	m.Seq = b.event(c, desk.EventMessageSent, actor(m), map[string]any{
		"message_id": m.ID, "from": m.From, "preview": m.Preview, "channel": m.Channel, "to": m.To, "cc": m.CC,
		"method": m.ThreadMethod,
	})
	b.out.Messages = append(b.out.Messages, NewMessage{Message: *m, Account: c.AccountID, Content: content(m)})
	b.snap.Sent[m.MessageID], b.snap.SentAs[m.MessageID] = c.ID, m.ID
	b.cite(c, m)
}

// actor is who an answer's events name.
func actor(m *desk.Message) desk.Actor {
	if m.AuthorID.IsZero() {
		return desk.ActorSystem
	}
	return desk.AgentActor(m.AuthorID)
}

// replied brings the conversation up to date with an answer of ours, as one
// written at the desk does: the move is the customer's. An answer that is read
// late, after the customer has written again, leaves the move with us.
func (b *batch) replied(c *desk.Conversation, m *desk.Message, at time.Time) {
	c.UpdatedAt = latest(c.UpdatedAt, at)
	b.dirty[c.ID] = true
	if m.Automatic() {
		return
	}
	c.LastReplyAt = latest(c.LastReplyAt, at)
	for _, a := range slices.Concat(m.To, m.CC) {
		b.participate(c, a.Email)
	}
	if at.Before(c.LastInboundAt) {
		if !c.WaitingSince.IsZero() && c.WaitingSince.Before(at) {
			c.WaitingSince = c.LastInboundAt
		}
		return
	}
	c.Preview, c.WaitingSince = m.Preview, time.Time{}
	if c.AssigneeID.IsZero() && !m.AuthorID.IsZero() && !c.Restricted {
		c.AssigneeID = m.AuthorID
		b.event(c, desk.EventConversationAssigned, actor(m), map[string]any{
			"from": desk.AgentID{}, "to": m.AuthorID, "name": firstName(m), "reason": "replied"})
	}
	if c.Status == desk.StatusOpen || c.Status == desk.StatusSnoozed {
		b.event(c, desk.EventStatusChanged, actor(m), map[string]any{"from": c.Status, "to": desk.StatusPending, "reason": "replied"})
		c.Status, c.SnoozedUntil = desk.StatusPending, time.Time{}
	}
	b.waitOn(c, desk.WaitingCustomer, at, "replied")
}

func firstName(m *desk.Message) string {
	if len(m.From) == 0 {
		return ""
	}
	return m.From[0].Name
}
