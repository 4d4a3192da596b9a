package ingest

import (
	"fmt"
	"slices"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
	"switchboard/threading"
)

// thirdParty adds a message that was exchanged with a third party to a conversation. It
// changes neither where replies go nor who takes part.
func (b *batch) thirdParty(c *desk.Conversation, p *parsed, m *desk.Message, s sender, d threading.Decision, key ContentKey) {
	m.ID, m.ConversationID = desk.NewID[desk.MessageID](), c.ID
	at := earliest(p.Raw.ReceivedAt, b.now)
	b.markCopied(c, m)
	m.Seq = b.apply(c, lifecycle.ThirdParty{Automatic: automatic(m) || s.system, History: p.Raw.History, Data: desk.ThirdPartyReceived{MessageSummary: m.Summary(),
		Method: m.ThreadMethod, AutoSubmitted: m.AutoSubmitted, Unverified: d.Unverified || d.Unconfirmed, Trust: s.trust}}, at)
	if !automatic(m) && !p.Raw.History && s.trust != desk.TrustForged && s.address() != "" {
		b.out.Reached = append(b.out.Reached, desk.AddressLift{Address: imf.NormalizeAddr(s.address()), At: at})
	}
	b.out.AddMessage(m, key.Account, key.Content, at)
	b.snap.Stored[key] = Stored{m.ID, c.ID}
	b.cite(c, m)
}

// markCopied adds a problem if a third party's mail has recipients on the customer's side,
// who have seen it.
func (b *batch) markCopied(c *desk.Conversation, m *desk.Message) {
	third := lifecycle.ThirdParties(c)
	for _, a := range slices.Concat(m.To, m.CC) {
		email := imf.NormalizeAddr(a.Email)
		if (slices.Contains(c.Participants, email) || imf.NormalizeAddr(c.ReplyTo) == email) && !slices.Contains(third, email) {
			m.AddProblem(desk.ProblemCopied, fmt.Sprintf("its author has also sent it to %s, on the customer's side", email))
			return
		}
	}
}

func put(set map[string]bool, id string) map[string]bool {
	if set == nil {
		set = map[string]bool{}
	}
	set[id] = true
	return set
}

// outside reports whether all recipients of a mail are third parties in c, and not on the
// customer's side.
func (b *batch) outside(c *desk.Conversation, m *desk.Message) bool {
	state := lifecycle.State{Conversation: *c, Service: lifecycle.Service{ThirdParties: lifecycle.ThirdParties(c)}}
	found := false
	for _, a := range slices.Concat(m.To, m.CC) {
		switch {
		case b.rules.Own(imf.NormalizeAddr(a.Email)):
		case state.Outside(a.Email):
			found = true
		default:
			return false
		}
	}
	return found
}
