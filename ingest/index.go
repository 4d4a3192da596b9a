package ingest

import (
	"slices"

	"switchboard/desk"
	"switchboard/lifecycle"
	"switchboard/threading"
)

// cite makes the conversation findable by every Message-ID that the message has or
// cites. No mail can cite the identifier of a chat line, which never leaves the desk.
func (b *batch) cite(c *desk.Conversation, m *desk.Message) {
	if m.Channel != desk.ChannelChat {
		b.ref(c, m.MessageID, true)
	}
	for _, id := range slices.Concat(m.InReplyTo, m.References) {
		b.ref(c, id, false)
	}
	if !m.ThirdParty {
		b.snap.Last[c.ID] = slices.Insert(b.snap.Last[c.ID], 0, threading.WrittenBy(m))
	}
	b.index.AddConversation(b.candidate(c))
}

func (b *batch) ref(c *desk.Conversation, id string, own bool) {
	if id == "" {
		return
	}
	b.out.Refs = append(b.out.Refs, desk.ThreadRef{MessageID: id, Conversation: c.ID, Account: c.AccountID, Own: own})
	b.know(c.ID, id, own)
}

// know adds to the index that a message of a conversation has (own) or cites a
// Message-ID.
func (b *batch) know(c desk.ConversationID, id string, own bool) {
	switch _, sent := b.snap.Sent[id]; {
	case own && sent && b.snap.Forwarded[id]:
		b.index.AddForwarded(c, id)
	case own && sent:
		b.index.AddIssued(c, id)
	case own:
		b.index.AddMessage(c, id, nil)
	default:
		b.index.AddMessage(c, "", []string{id})
	}
}

// candidate returns what threading needs to know about a conversation.
func (b *batch) candidate(c *desk.Conversation) threading.Conversation {
	return threading.Conversation{Last: b.snap.Last[c.ID], ID: c.ID, Number: c.Number, Account: c.AccountID, Contact: c.ContactID, Status: c.Status,
		Subject: c.Subject, Participants: c.Participants, ThirdParties: lifecycle.ThirdParties(c), MergedInto: c.MergedInto, UpdatedAt: c.UpdatedAt,
		Assignee: c.AssigneeID, Audience: b.audience(c), Apart: b.snap.Apart[c.ID]}
}

// final returns the conversation of the snapshot that id was merged into; nil if that
// is not in the snapshot.
func (b *batch) final(id desk.ConversationID) *desk.Conversation {
	id, _ = lifecycle.Follow(id, func(id desk.ConversationID) (desk.ConversationID, bool) {
		c := b.snap.Conversations[id]
		if c == nil {
			return desk.ConversationID{}, false
		}
		return c.MergedInto, true
	})
	return b.snap.Conversations[id]
}
