package ingest

import (
	"strings"

	"switchboard/desk"
)

// scopes names the accounts that the batch's messages may fall into.
func scopes(batch []parsed, rules *Rules) []Scope {
	out := make([]Scope, 0, len(batch))
	for i := range batch {
		id := session(&batch[i].Raw)
		out = append(out, senderOf(&batch[i].Raw, &batch[i].message, Session{}, id).scope())
	}
	return out
}

// query gathers what the decisions on a batch will ask for.
func query(batch []parsed, rules *Rules) Query {
	var q Query
	for i := range batch {
		raw, m := &batch[i].Raw, &batch[i].message
		id := session(raw)
		s := senderOf(raw, m, Session{}, id)
		q.Identities = append(q.Identities, s.key)
		if s.domain != "" {
			q.Domains = append(q.Domains, s.domain)
		}
		if !id.IsZero() {
			q.Sessions = append(q.Sessions, id)
		}
		q.OwnIDs = append(q.OwnIDs, m.MessageID)
		q.MessageIDs = append(q.MessageIDs, m.MessageID)
		q.MessageIDs = append(q.MessageIDs, m.InReplyTo...)
		q.MessageIDs = append(q.MessageIDs, m.References...)
		if m.Report != nil && m.Report.OriginalMessageID != "" {
			q.MessageIDs = append(q.MessageIDs, m.Report.OriginalMessageID)
		}
		for _, address := range recipients(raw, m) {
			if conversation, _, ok := rules.Tokens.Parse(address); ok {
				q.Tokens = append(q.Tokens, conversation)
			}
		}
		if headerless(m) {
			q.Recent = append(q.Recent, s.key)
		}
	}
	return q
}

// headerless reports a reply that names nothing it replies to.
func headerless(m *desk.Message) bool {
	return len(m.InReplyTo) == 0 && len(m.References) == 0 && strings.Contains(m.Subject, ":")
}
