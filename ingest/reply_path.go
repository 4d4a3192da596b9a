package ingest

import (
	"slices"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/threading"
)

// replyPath returns where replies go from now on ("": unchanged), and the new
// participants: the author and, with proof, everyone they wrote to. A mail in another
// account's conversation does not redirect its replies, and only one with proof
// redirects them to an address that is new to it.
func (b *batch) replyPath(c *desk.Conversation, m *desk.Message, s sender, proven bool) (replyTo string, participants []string) {
	to := b.replyTo(m, s)
	if !proven && to != s.email && to != c.ReplyTo && !slices.Contains(c.Participants, to) && imf.Domain(to) != s.domain {
		to = s.email
	}
	lists := [][]desk.Address{m.From}
	if s.trust == desk.TrustForged {
		lists = [][]desk.Address{{{Email: s.email}}}
	}
	if proven {
		lists = append(lists, m.To, m.CC)
	}
	for _, a := range slices.Concat(lists...) {
		participants = append(participants, a.Email)
	}
	if c.ReplyChannel != desk.ChannelEmail || c.ReplyTo != "" && b.snap.Contacts[s.key].AccountID != c.AccountID {
		return "", participants
	}
	if to == unknownSender || b.rules.Own(to) {
		return "", participants
	}
	return to, participants
}

// proven reports whether the message's sender knows something that only we gave out:
// a reply address, or the Message-ID of a mail we sent. From, a subject and the
// Message-IDs of other people's mail can be forged or guessed.
func (b *batch) proven(c *desk.Conversation, m *desk.Message, d threading.Decision) bool {
	sent := func(id string) bool { return b.snap.Sent[id] == c.ID }
	return d.Method == threading.MethodToken || slices.ContainsFunc(m.InReplyTo, sent) || slices.ContainsFunc(m.References, sent)
}

// replyFrom returns the support address that the customer wrote to.
func (b *batch) replyFrom(raw *desk.Raw, m *desk.Message) string {
	for _, address := range recipients(raw, m) {
		if b.rules.Own(address) {
			return b.rules.Base(address)
		}
	}
	return b.rules.Base("")
}

// replyTo returns the address to which the author wants replies (RFC 5322 §3.6.2),
// except our own addresses, which some programs put into Reply-To.
func (b *batch) replyTo(m *desk.Message, s sender) string {
	for _, a := range m.ReplyTo {
		if imf.ValidAddr(a.Email) && !b.rules.Own(a.Email) {
			return imf.NormalizeAddr(a.Email)
		}
	}
	return s.email
}

// recipients lists every address that may be ours and carry a reply token: the
// forward-paths first, because only they are proven to be ours.
func recipients(raw *desk.Raw, m *desk.Message) []string {
	out := slices.Clone(raw.EnvelopeTo)
	for _, list := range [][]desk.Address{m.To, m.CC, m.BCC} {
		for _, a := range list {
			out = append(out, a.Email)
		}
	}
	return out
}
