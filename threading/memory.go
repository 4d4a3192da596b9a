package threading

import (
	"slices"
	"time"

	"switchboard/desk"
)

// Memory is an Index in memory. It is not safe for concurrent use.
type Memory struct {
	conversations map[desk.ConversationID]*Conversation
	known         map[string][]Known
	sessions      map[desk.SessionID]desk.ConversationID
	contacts      map[contactKey][]desk.ConversationID
}

// contactKey identifies a contact within an account.
type contactKey struct {
	account desk.AccountID
	contact desk.ContactID
}

// A reply without headers is only compared with a contact's newest conversations,
// and with the newest messages of each. The store uses the same limits.
const (
	maxRecent = 20
	maxLast   = 5
)

// NewMemory makes an empty Memory.
func NewMemory() *Memory {
	return &Memory{
		conversations: map[desk.ConversationID]*Conversation{},
		known:         map[string][]Known{},
		sessions:      map[desk.SessionID]desk.ConversationID{},
		contacts:      map[contactKey][]desk.ConversationID{},
	}
}

// AddConversation adds or replaces a conversation.
func (m *Memory) AddConversation(c Conversation) {
	c.Participants = slices.Clone(c.Participants)
	for i, p := range c.Participants {
		c.Participants[i] = lower(p)
	}
	if old, ok := m.conversations[c.ID]; ok {
		key := contactKey{old.Account, old.Contact}
		m.contacts[key] = slices.DeleteFunc(m.contacts[key], func(id desk.ConversationID) bool { return id == c.ID })
	}
	key := contactKey{c.Account, c.Contact}
	m.contacts[key] = append(m.contacts[key], c.ID)
	m.conversations[c.ID] = &c
}

// AddMessage records the identifiers of a message in conv: its own, which may be
// empty, and those it refers to. The addresses in from become participants.
func (m *Memory) AddMessage(conv desk.ConversationID, ownID string, mentioned []string, from ...string) {
	m.addKnown(Known{MessageID: ownID, Conversation: conv, Own: true})
	for _, id := range mentioned {
		m.addKnown(Known{MessageID: id, Conversation: conv})
	}
	c, ok := m.conversations[conv]
	if !ok {
		return
	}
	for _, addr := range from {
		if addr = lower(addr); addr != "" && !slices.Contains(c.Participants, addr) {
			c.Participants = append(c.Participants, addr)
		}
	}
}

// AddIssued records the identifier of a message that we sent.
func (m *Memory) AddIssued(conv desk.ConversationID, id string) {
	m.addKnown(Known{MessageID: id, Conversation: conv, Own: true, Issued: true})
}

// AddForwarded records the identifier of a message that we sent to third parties.
func (m *Memory) AddForwarded(conv desk.ConversationID, id string) {
	m.addKnown(Known{MessageID: id, Conversation: conv, Own: true, Issued: true, ThirdParty: true})
}

// addKnown adds a link, or updates the one with the same identifier and conversation.
func (m *Memory) addKnown(k Known) {
	if k.MessageID == "" {
		return
	}
	list := m.known[k.MessageID]
	for i := range list {
		if list[i].Conversation == k.Conversation {
			list[i].Own, list[i].Issued, list[i].ThirdParty = list[i].Own || k.Own, list[i].Issued || k.Issued, list[i].ThirdParty || k.ThirdParty
			return
		}
	}
	m.known[k.MessageID] = append(list, k)
}

// AddSession links a chat session to its conversation.
func (m *Memory) AddSession(session desk.SessionID, conv desk.ConversationID) {
	m.sessions[session] = conv
}

// AddWritten records the text of a message in conv, so that a reply without headers
// can be recognised by what it quotes.
func (m *Memory) AddWritten(conv desk.ConversationID, w Written) {
	if c, ok := m.conversations[conv]; ok {
		if len(c.written) >= maxLast {
			c.written = slices.Delete(c.written, 0, 1)
		}
		c.written = append(c.written, digest(w))
	}
}

// touch records activity in conv.
func (m *Memory) touch(conv desk.ConversationID, at time.Time) {
	if c, ok := m.conversations[conv]; ok && at.After(c.UpdatedAt) {
		c.UpdatedAt = at
	}
}

// Merge records that one conversation was merged into another.
func (m *Memory) Merge(from, into desk.ConversationID) {
	if c, ok := m.conversations[from]; ok && from != into {
		c.MergedInto = into
	}
}

// ByMessageID implements Index.
func (m *Memory) ByMessageID(ids []string) []Known {
	var all []Known
	for _, id := range ids {
		all = append(all, m.known[id]...)
	}
	return all
}

// Conversation implements Index.
func (m *Memory) Conversation(id desk.ConversationID) (Conversation, bool) {
	c, ok := m.conversations[id]
	if !ok {
		return Conversation{}, false
	}
	return *c, true
}

// BySession implements Index.
func (m *Memory) BySession(id desk.SessionID) (desk.ConversationID, bool) {
	conv, ok := m.sessions[id]
	return conv, ok
}

// Recent implements Index.
func (m *Memory) Recent(account desk.AccountID, contact desk.ContactID) []Conversation {
	var newest []*Conversation
	for _, id := range m.contacts[contactKey{account, contact}] {
		c := m.conversations[id]
		at, _ := slices.BinarySearchFunc(newest, c, func(x, y *Conversation) int { return y.UpdatedAt.Compare(x.UpdatedAt) })
		if newest = slices.Insert(newest, at, c); len(newest) > maxRecent {
			newest = newest[:maxRecent]
		}
	}
	all := make([]Conversation, len(newest))
	for i, c := range newest {
		all[i] = *c
	}
	return all
}
