package ingest

import (
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/internal/article"
	"switchboard/internal/autoreply"
	"switchboard/internal/language"
)

// answerLater records that the message which opened a conversation may be answered
// automatically, if the policy says so for its inbox. internal/responder decides: the
// budgets need a transaction of their own.
func (b *batch) answerLater(c *desk.Conversation, p *parsed, m *desk.Message, author, s sender) {
	answer := b.answers[c.ID]
	if p.Raw.History || c.ReplyChannel != desk.ChannelEmail && answer == "" {
		return
	}
	rules, _, ok := b.life.InboxFor(c)
	if !ok || !rules.Automatic.Answers() && answer == "" {
		return
	}
	facts := b.automaticFacts(c, p, m, author, s)
	if facts.Answer = answer; answer != "" || rules.Automatic.Articles {
		facts.Language, facts.Words = language.Detect(m.NewText), article.Words(m.Subject+"\n"+m.NewText)
	}
	b.out.Automatic = append(b.out.Automatic, desk.AutomaticDue{ConversationID: c.ID, MessageID: m.ID, Kind: desk.AutomaticAcknowledgement,
		At: b.now, Facts: facts})
}

// automaticFacts returns what a message says about whether a program may answer it. An
// answer goes to its author, and not to Reply-To (RFC 3834 §4).
func (b *batch) automaticFacts(c *desk.Conversation, p *parsed, m *desk.Message, author, s sender) desk.AutomaticFacts {
	f := desk.AutomaticFacts{Channel: p.Raw.Channel, Received: p.Raw.ReceivedAt, Trust: author.trust, Auto: m.AutoSubmitted,
		Refused: m.Refuses, NullPath: m.NullPath, Via: s.via != "", Spam: slices.Contains(c.Tags, tagSpam),
		Reply: b.answersOurs(p, m), Subject: m.Subject, Fingerprint: autoreply.Fingerprint(m.Subject, m.NewText)}
	if author.email != unknownSender {
		f.Address = author.email
	}
	if p.Raw.Channel == desk.ChannelEmail { // the identifier of a form is not that of a mail
		f.MessageID, f.References = m.MessageID, m.References
	}
	_, agent := b.snap.Agents[author.email]
	f.Own = agent || b.rules.Own(author.email)
	for _, list := range [][]desk.Address{m.To, m.CC, m.BCC} {
		f.Named = f.Named || slices.ContainsFunc(list, func(a desk.Address) bool { return b.rules.Own(a.Email) })
	}
	if a := m.Authentication; a != nil && strings.HasPrefix(a.Virus, "found") {
		f.Spam = true
	}
	return f
}

// answersOurs reports whether a message cites one that we sent, or came to a reply
// address.
func (b *batch) answersOurs(p *parsed, m *desk.Message) bool {
	sent := func(id string) bool { return !b.snap.Sent[id].IsZero() }
	if slices.ContainsFunc(m.InReplyTo, sent) || slices.ContainsFunc(m.References, sent) {
		return true
	}
	return slices.ContainsFunc(recipients(&p.Raw, m), func(address string) bool {
		_, _, ok := b.rules.Tokens.Parse(address)
		return ok
	})
}
