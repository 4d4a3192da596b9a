package ingest

import (
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
	"switchboard/threading"
)

// maxPartners bounds how many recipients of one mail are looked up.
const maxPartners = 50

// partners returns the recipients of a mail outside the desk, each as if they were its
// sender.
func partners(m *desk.Message, rules *Rules) []sender {
	var out []sender
	seen := map[string]bool{}
	for _, list := range [][]desk.Address{m.To, m.CC, m.BCC} {
		for _, a := range list {
			key := imf.NormalizeAddr(a.Email)
			if !strings.Contains(key, "@") || rules.Own(key) || seen[key] || len(out) == maxPartners {
				continue
			}
			seen[key] = true
			s := standIn(a, "", rules)
			out = append(out, s)
		}
	}
	return out
}

// outgoing files a mail found in a Sent folder: a reply that an agent wrote in a mail
// program instead of at the desk. It joins the conversation that it cites, or opens
// one if a recipient is a known contact. What the desk sent itself is recognized by
// its Message-ID. Anything else is not a support case and is ignored.
func (b *batch) outgoing(p *parsed) {
	m := p.message
	m.RawID, m.Direction, m.Channel = p.Raw.ID, desk.Outbound, p.Raw.Channel
	if id, ok := b.snap.SentAs[m.MessageID]; ok {
		b.copied(id, "the server filed a copy in the folder of sent mail")
		b.processed(p, id, true)
		return
	}
	to := partners(&m, b.rules)
	c := b.answered(&m, to, true)
	if c == nil {
		c = b.addressed(p, &m, to)
	}
	if c == nil {
		b.processed(p, desk.MessageID{}, false)
		return
	}
	b.reply(c, &m, b.author(&m), m.Automatic() || p.Raw.History, earliest(p.Raw.ReceivedAt, b.now))
	b.processed(p, m.ID, false)
}

// answered returns the conversation that the mail cites, the nearest first (RFC 5322
// §3.6.4). Only the owner of the mailbox can put a mail into its Sent folder, so that a
// citation there needs no further proof (trusted). Elsewhere, and where the identifier is only
// mentioned by a message of the conversation, a recipient must belong to it.
func (b *batch) answered(m *desk.Message, to []sender, trusted bool) *desk.Conversation {
	ids := slices.Clone(m.References)
	slices.Reverse(ids)
	ids = append(append(ids, m.InReplyTo...), m.MessageID)
	for _, own := range []bool{true, false} {
		for _, id := range ids {
			for _, known := range b.index.ByMessageID([]string{id}) {
				c := b.final(known.Conversation)
				if c == nil || known.Own != own || (!own || !trusted) && !b.belongs(c, to) {
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

func (b *batch) belongs(c *desk.Conversation, to []sender) bool {
	return slices.ContainsFunc(to, func(s sender) bool {
		contact, known := b.snap.Contacts[s.key]
		return known && contact.AccountID == c.AccountID || slices.Contains(c.Participants, s.email) || slices.Contains(lifecycle.ThirdParties(c), s.email)
	})
}

// addressed opens a conversation with the first recipient who is a contact. An
// automatic message opens none, and neither does history.
func (b *batch) addressed(p *parsed, m *desk.Message, to []sender) *desk.Conversation {
	if m.Automatic() || p.Raw.History {
		return nil
	}
	for _, s := range to {
		contact, known := b.snap.Contacts[s.key]
		if !known {
			continue
		}
		m.ThreadMethod, s.known = threading.MethodNew, true
		c := b.open(p, m, s, person{contact, b.snap.Accounts[contact.AccountID]}, threading.Decision{Method: threading.MethodNew})
		c.ReplyTo = s.email
		if len(m.From) > 0 && b.rules.Own(m.From[0].Email) {
			c.ReplyFrom = b.rules.Base(m.From[0].Email)
		}
		return c
	}
	return nil
}

// author returns the agent from whose own address the mail was sent; the zero Agent
// if it was sent from the desk's.
func (b *batch) author(m *desk.Message) desk.Agent {
	for _, a := range slices.Concat(m.From, m.Sender) {
		if agent, ok := b.snap.Agents[strings.ToLower(a.Email)]; ok {
			return agent
		}
	}
	return desk.Agent{}
}

// reply adds the mail to a conversation as a reply, with the same effect as one
// written at the desk; if silent, it is recorded and changes nothing else.
func (b *batch) reply(c *desk.Conversation, m *desk.Message, author desk.Agent, silent bool, at time.Time) {
	m.ID, m.ConversationID, m.AuthorID = desk.NewID[desk.MessageID](), c.ID, author.ID
	if m.ThirdParty = b.outside(c, m); m.ThirdParty {
		m.Seq = b.apply(c, lifecycle.Forward{Author: author, Data: desk.ThirdPartySent{MessageSummary: m.Summary(), To: m.To, CC: m.CC, Method: m.ThreadMethod}}, at)
		b.snap.Forwarded = put(b.snap.Forwarded, m.MessageID)
	} else {
		e := lifecycle.Reply{Author: author, Automatic: silent,
			Data: desk.MessageSent{MessageSummary: m.Summary(), To: m.To, CC: m.CC, Method: m.ThreadMethod}}
		for _, a := range slices.Concat(m.To, m.CC) {
			e.Participants = append(e.Participants, a.Email)
		}
		m.Seq = b.apply(c, e, at)
	}
	b.out.AddMessage(m, c.AccountID, content(m), at)
	b.snap.Sent[m.MessageID], b.snap.SentAs[m.MessageID], b.snap.SentText[m.MessageID] = c.ID, m.ID, m.TextBody
	b.cite(c, m)
}
