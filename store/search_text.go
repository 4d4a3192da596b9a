package store

import (
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/internal/textindex"
)

// searchText is what a search compares of a message, folded.
type searchText struct {
	sender string // "name <address>" of who wrote an inbound message
	text   string // everything that words are looked for in
}

// maxSearched is how much of a message's text is searched, in octets. What is beyond
// it is quoted mail and logs almost always.
const maxSearched = 64 << 10

// searchTexts returns the searchText of each message in c.
func searchTexts(c *desk.Changes) []searchText {
	in := make(map[desk.MessageID]*desk.Conversation, len(c.Messages))
	conversations := make(map[desk.ConversationID]*desk.Conversation, len(c.Opened)+len(c.Updated))
	for _, list := range [][]*desk.Conversation{c.Opened, c.Updated} {
		for _, v := range list {
			conversations[v.ID] = v
		}
	}
	for _, p := range c.Placements {
		if v := conversations[p.ConversationID]; v != nil && in[p.MessageID] == nil {
			in[p.MessageID] = v
		}
	}
	out := make([]searchText, len(c.Messages))
	for i := range c.Messages {
		m := &c.Messages[i].Message
		var participants []string
		subject := ""
		if v := in[m.ID]; v != nil {
			participants, subject = v.Participants, v.Subject
		}
		out[i] = searchable(m, subject, participants)
	}
	return out
}

// searchable returns the searchText of a message: the subjects of it and of its
// conversation, the reference that a form gave out, customers it is from or to, the
// names of its files, and its text. The
// parts are lines; a query has no line breaks, so a phrase is found within one part.
// The names of agents and the desk's own addresses are not included, because almost
// every conversation has them.
func searchable(m *desk.Message, subject string, participants []string) searchText {
	var s searchText
	var parts []string
	add := func(text string) {
		if text = textindex.FoldN(clean(text), maxSearched); text != "" && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	add(m.Subject)
	if m.Channel == desk.ChannelForm && !m.RawID.IsZero() {
		add(desk.Reference(m.RawID))
	}
	add(subject)
	if m.Direction == desk.Inbound {
		for _, a := range slices.Concat(m.From, m.ReplyTo) {
			add(person(a))
		}
		if len(m.From) > 0 {
			s.sender = textindex.Fold(clean(person(m.From[0])))
		}
	}
	if m.Direction != desk.Note {
		for _, a := range slices.Concat(m.To, m.CC) {
			if m.Direction == desk.Outbound || slices.Contains(participants, strings.ToLower(a.Email)) {
				add(person(a))
			}
		}
	}
	for _, p := range m.Attachments {
		add(p.Name)
	}
	add(m.TextBody)
	s.text = strings.Join(parts, "\n")
	return s
}

// person returns a name and address in the form in which a whole address can be told
// from the end of another one.
func person(a desk.Address) string { return strings.TrimSpace(a.Name + " <" + a.Email + ">") }
