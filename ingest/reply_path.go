package ingest

import (
	"slices"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/threading"
)

// replyPath returns where replies go from now on ("": unchanged), and the new
// participants: the author and, with proof, everyone they wrote to. Only a mail whose
// sender was authenticated redirects the replies of a conversation, unless it belongs
// to another account; and only one with proof to an address that is new to it. The
// first mail of a conversation says where its replies go.
func (b *batch) replyPath(c *desk.Conversation, m *desk.Message, s sender, d threading.Decision, opening bool) (replyTo string, participants []string) {
	if s.system {
		return "", nil
	}
	if opening {
		replyTo, participants = b.openingPath(m, s, d)
	} else if s.authenticated() {
		replyTo, participants = b.redirected(c, m, s, b.proven(c, m, d))
	}
	if c.ReplyChannel != desk.ChannelEmail || replyTo == unknownSender || b.rules.Own(replyTo) {
		return "", participants
	}
	return replyTo, participants
}

// openingPath is replyPath for a mail that opens a conversation. A mail that nothing
// confirms and that continues a closed conversation, or has the address of a known
// contact, may come from someone else: it does not choose another address for replies.
func (b *batch) openingPath(m *desk.Message, s sender, d threading.Decision) (replyTo string, participants []string) {
	to := b.replyTo(m, s)
	if s.trust == desk.TrustForged {
		return s.email, []string{s.email}
	}
	if !s.authenticated() && to != s.email {
		if earlier := b.final(d.FollowUpOf); earlier != nil && earlier.ReplyChannel == desk.ChannelEmail && earlier.ReplyTo != "" {
			to = earlier.ReplyTo
		} else if s.known && (s.domain == "" || imf.Domain(to) != s.domain) {
			to = s.email
		}
	}
	participants = []string{s.email}
	if s.via == "" {
		participants = emails(m.From)
	}
	return to, append(participants, emails(m.To, m.CC)...)
}

// redirected is replyPath for an authenticated mail that joins a conversation.
func (b *batch) redirected(c *desk.Conversation, m *desk.Message, s sender, proven bool) (replyTo string, participants []string) {
	to := b.replyTo(m, s)
	if !proven && to != s.email && to != c.ReplyTo && !slices.Contains(c.Participants, to) && imf.Domain(to) != s.domain {
		to = s.email
	}
	participants = emails(m.From)
	if proven {
		participants = append(participants, emails(m.To, m.CC)...)
	}
	if c.ReplyTo != "" && b.snap.Contacts[s.key].AccountID != c.AccountID {
		to = ""
	}
	return to, participants
}

func emails(lists ...[]desk.Address) (out []string) {
	for _, a := range slices.Concat(lists...) {
		if !imf.IsDaemon(a.Email) {
			out = append(out, a.Email)
		}
	}
	return out
}

// markReplyTo adds a problem if the message asks for replies to an address that they
// do not go to because nothing confirms it. An agent may choose that address.
func (b *batch) markReplyTo(c *desk.Conversation, m *desk.Message, s sender, replyTo string) {
	asked := b.replyTo(m, s)
	if c.ReplyChannel != desk.ChannelEmail || s.trust == desk.TrustForged || automatic(m) || asked == unknownSender || b.rules.Own(asked) {
		return
	}
	if goes := firstOf(replyTo, c.ReplyTo); goes != "" && goes != asked {
		m.Problems = append(m.Problems, desk.Problem{Code: desk.ProblemReplyTo, Address: asked,
			Detail: "it asks for replies to " + asked + ", which nothing confirms; they go to " + goes})
	}
}

// proven reports whether the message's sender knows something that only we gave out:
// a reply address, or the Message-ID of a mail we sent. From, a subject and the
// Message-IDs of other people's mail can be forged or guessed.
func (b *batch) proven(c *desk.Conversation, m *desk.Message, d threading.Decision) bool {
	sent := func(id string) bool {
		in, known := b.snap.Sent[id]
		final := b.final(in)
		return known && (in == c.ID || final != nil && final.ID == c.ID)
	}
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
	if s.via != "" {
		return s.email
	}
	for _, a := range m.ReplyTo {
		if imf.ValidAddr(a.Email) && !b.rules.Own(a.Email) && !imf.IsDaemon(a.Email) {
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
