package threading

import (
	"bytes"
	"slices"
	"time"

	"switchboard/desk"
)

// Archive threads a complete correspondence: a mailing list's archive or the mail of
// one customer. Unlike Decide, which must place each message on arrival, it uses
// later messages too when it places a reply that lost its headers, and merges threads
// that a later message connects.
type Archive struct {
	memory  *Memory
	entries []entry
	// guarded means that senders belong to different accounts, so that only the rules
	// of Decide apply.
	guarded bool

	passages map[uint64]posting // from passages of new text to the messages that contain them
	echoes   map[uint64]posting // from directly quoted passages and their subject to messages that quote them
	subjects map[string][]int   // from base subjects to messages
}

// Placed is a message and the conversation it was placed in.
type Placed struct {
	MessageID    string
	Conversation desk.ConversationID
	Method       string
	Evidence     string
}

// entry is what an Archive remembers about a message.
type entry struct {
	id           string
	conversation desk.ConversationID
	method       string
	evidence     string
	from         desk.Address
	sentAt       time.Time
	orphan       *orphan  // set for a reply that lost its headers
	cites        []string // the identifiers that an orphan refers to
}

// NewArchive returns an empty Archive for the mail of one account.
func NewArchive() *Archive {
	return &Archive{memory: NewMemory(), passages: map[uint64]posting{}, echoes: map[uint64]posting{}, subjects: map[string][]int{}}
}

// NewGuardedArchive returns an empty Archive for senders of different accounts:
// Decide places every message, as it would on arrival.
func NewGuardedArchive() *Archive {
	a := NewArchive()
	a.guarded = true
	return a
}

// Add adds the next message in order of arrival. account and contact are the
// sender's; an unguarded Archive ignores contact.
func (a *Archive) Add(m *desk.Message, account desk.AccountID, contact desk.ContactID) {
	e := entry{id: m.MessageID, method: MethodNew, sentAt: m.SentAt}
	if len(m.From) > 0 {
		e.from = m.From[0]
	}
	// An archive has no authentication results: its senders are taken at their word.
	in := Incoming{Message: m, Sender: author(m), Account: account, Contact: contact, SenderTrust: desk.TrustAligned}
	d := a.decide(in)
	if !a.guarded {
		e.orphan, e.cites = lost(m), slices.Concat(m.References, m.InReplyTo)
	}
	if d.Method != MethodNew {
		e.method, e.evidence, e.orphan = d.Method, d.Evidence, nil
	}
	if e.orphan == nil {
		e.cites = nil
	}
	e.conversation = d.ConversationID
	if e.conversation.IsZero() {
		e.conversation = desk.NewID[desk.ConversationID]()
		a.memory.AddConversation(Conversation{ID: e.conversation, Account: account, Contact: contact,
			Status: desk.StatusOpen, Subject: m.Subject, UpdatedAt: m.ReceivedAt, Audience: "archive"})
	}
	for _, other := range d.Absorbs {
		a.memory.Merge(other.ID, e.conversation)
	}
	for _, other := range d.AlsoCites {
		if !a.guarded {
			a.merge(other, e.conversation)
		}
	}
	mentioned := append(append([]string{}, m.References...), m.InReplyTo...)
	a.memory.AddMessage(e.conversation, m.MessageID, mentioned, people(m)...)
	a.memory.touch(e.conversation, m.ReceivedAt)
	if a.guarded {
		a.memory.AddWritten(e.conversation, WrittenBy(m))
	} else {
		a.index(len(a.entries), m)
	}
	a.entries = append(a.entries, e)
}

// decide is Decide without the subject if later messages can be waited for.
func (a *Archive) decide(in Incoming) Decision {
	if a.guarded {
		return Decide(in, nil, a.memory)
	}
	m := *in.Message
	m.Report = nil // a list forwards reports about messages it did not send
	in.Message = &m
	d := decider{in: in, idx: a.memory, sender: in.Sender}
	if dec, ok := d.byIdentifiers(); ok {
		return dec
	}
	return d.begin()
}

// people returns the addresses that this message adds to a conversation.
func people(m *desk.Message) []string {
	var all []string
	for _, list := range [][]desk.Address{m.From, m.CC} {
		for _, p := range list {
			all = append(all, p.Email)
		}
	}
	return all
}

// Place places the remaining replies and returns all messages in order of arrival
// with their conversations.
func (a *Archive) Place() []Placed {
	a.adopt()
	placed := make([]Placed, len(a.entries))
	for i, e := range a.entries {
		placed[i] = Placed{e.id, a.final(e.conversation), e.method, e.evidence}
	}
	return placed
}

// final returns the conversation that id was merged into, or id itself.
func (a *Archive) final(id desk.ConversationID) desk.ConversationID {
	d := decider{idx: a.memory}
	if c, ok := d.final(id); ok {
		return c.ID
	}
	return id
}

// merge merges two conversations into the older one.
func (a *Archive) merge(x, y desk.ConversationID) {
	x, y = a.final(x), a.final(y)
	if bytes.Compare(x[:], y[:]) > 0 {
		x, y = y, x
	}
	a.memory.Merge(y, x)
}
