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

// parties returns the people whose accounts a message may concern: its author, or
// the recipients of one we sent.
func parties(p *parsed, rules *Rules) []sender {
	if p.Raw.Outgoing {
		return partners(&p.Raw, &p.message, rules.Own)
	}
	return []sender{senderOf(&p.Raw, &p.message, Session{}, session(&p.Raw))}
}

// query returns what the decisions on a batch need from the database.
func query(batch []parsed, rules *Rules) Query {
	var q Query
	for i := range batch {
		raw, m := &batch[i].Raw, &batch[i].message
		id := session(raw)
		for _, s := range parties(&batch[i], rules) {
			q.Identities = append(q.Identities, s.key)
			if s.domain != "" {
				q.Domains = append(q.Domains, s.domain)
			}
			if headerless(m) && !raw.Outgoing {
				q.Recent = append(q.Recent, s.key)
			}
		}
		if raw.Outgoing {
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
		if m.Report != nil && m.Report.OriginalMessageID != "" {
			q.MessageIDs = append(q.MessageIDs, m.Report.OriginalMessageID)
			q.Reported = append(q.Reported, m.Report.OriginalMessageID)
		}
		for _, address := range recipients(raw, m) {
			if conversation, _, ok := rules.Tokens.Parse(address); ok {
				q.Tokens = append(q.Tokens, conversation)
			}
		}
	}
	return q
}

// headerless reports whether a message is a reply without In-Reply-To and References.
func headerless(m *desk.Message) bool {
	return len(m.InReplyTo) == 0 && len(m.References) == 0 && imf.IsReply(m.Subject)
}
