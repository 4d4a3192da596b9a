package ingest

import (
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// scopes names the accounts that the batch's messages may belong to.
func scopes(batch []parsed, rules *Rules) []Scope {
	out := make([]Scope, 0, len(batch))
	for i := range batch {
		for _, s := range parties(&batch[i], rules) {
			out = append(out, s.scope())
		}
	}
	return out
}

// parties returns the people whose accounts a message may concern: its author, those
// for whom the author may have written, and the recipients of one we sent.
func parties(p *parsed, rules *Rules) []sender {
	raw, m := &p.Raw, &p.message
	if raw.Outgoing {
		return partners(m, rules)
	}
	author := senderOf(raw, m, Session{}, session(raw), rules)
	out := []sender{author}
	if raw.Channel != desk.ChannelEmail {
		if rules.Own(author.email) {
			out = append(out, nobody(author.trust))
		}
		return out
	}
	if who, field, ok := named(raw, m, author, rules); ok {
		out = append(out, standIn(who, field, rules))
	}
	if rules.Own(author.email) {
		out = append(out, nobody(author.trust))
	}
	if m.Origin != nil && m.Origin.Forwarded != nil {
		out = append(out, standIn(m.Origin.Forwarded.From, "forwarded", rules))
	}
	return append(out, partners(m, rules)...) // whom an agent may have written to
}

// query returns what the decisions on a batch need from the database.
func query(batch []parsed, rules *Rules) Query {
	q := Query{}
	for _, p := range rules.policies() {
		q.Facts = q.Facts || p.UsesOpening()
		q.History = q.History || p.Reads("history.total") || p.Reads("history.last_tier") || p.Reads("history.reopened")
	}
	for i := range batch {
		raw, m := &batch[i].Raw, &batch[i].message
		id := session(raw)
		for _, s := range parties(&batch[i], rules) {
			q.Identities = append(q.Identities, s.key)
			if s.domain != "" {
				q.Domains = append(q.Domains, s.domain)
			}
		}
		if raw.Channel != desk.ChannelChat && !raw.Outgoing && (imf.IsReply(m.Subject) || strings.Contains(m.TextBody, "\n>")) {
			for _, s := range customers(raw, m, rules) {
				q.Recent = append(q.Recent, RecentKey{s.key, slices.Concat(m.References, m.InReplyTo)})
			}
		}
		if raw.Channel != desk.ChannelChat {
			for _, a := range slices.Concat(m.From, m.Sender) {
				q.Authors = append(q.Authors, strings.ToLower(a.Email))
			}
		}
		if !id.IsZero() {
			q.Sessions = append(q.Sessions, id)
		}
		// The session of a chat line names the conversation, and its raw row is the only
		// one of that line.
		if raw.Channel != desk.ChannelChat || id.IsZero() {
			q.Opens = true
			q.OwnIDs = append(q.OwnIDs, m.MessageID)
			q.MessageIDs = append(q.MessageIDs, m.MessageID)
			q.MessageIDs = append(q.MessageIDs, m.InReplyTo...)
			q.MessageIDs = append(q.MessageIDs, m.References...)
		}
		if raw.Outgoing || len(m.From) > 0 && rules.Own(m.From[0].Email) {
			q.Reported = append(q.Reported, m.MessageID) // a copy of what we sent
		}
		if m.Report != nil && m.Report.OriginalMessageID != "" {
			q.MessageIDs = append(q.MessageIDs, m.Report.OriginalMessageID)
			q.Reported = append(q.Reported, m.Report.OriginalMessageID)
		}
		if isBounce(m) {
			failed(&q.Failed, raw, m, rules)
		}
		for _, address := range recipients(raw, m) {
			if conversation, _, ok := rules.Tokens.Parse(address); ok {
				q.Tokens = append(q.Tokens, conversation)
			}
		}
	}
	return q
}

// customers returns the people of whom one is the customer of a reply.
func customers(raw *desk.Raw, m *desk.Message, rules *Rules) []sender {
	author := senderOf(raw, m, Session{}, desk.SessionID{}, rules)
	if who, field, ok := named(raw, m, author, rules); ok {
		return []sender{author, standIn(who, field, rules)}
	}
	return []sender{author}
}

// failed adds what identifies the deliveries that a bounce may be about.
func failed(q *Failed, raw *desk.Raw, m *desk.Message, rules *Rules) {
	for _, r := range m.Report.Recipients {
		for _, address := range []string{r.Recipient, r.Original} {
			if address != "" {
				q.Addresses = append(q.Addresses, strings.ToLower(address))
			}
		}
	}
	if id, err := desk.ParseID[desk.DeliveryID](m.Report.EnvelopeID); err == nil {
		q.Envelopes = append(q.Envelopes, id)
	}
	for _, address := range slices.Concat(recipients(raw, m), m.Report.Returned.ReplyTo) {
		if conversation, issuedTo, ok := rules.Tokens.Parse(address); ok && issuedTo != nil {
			q.Conversations = append(q.Conversations, conversation)
		}
	}
}
