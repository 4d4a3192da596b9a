package threading

import (
	"bytes"
	"time"

	"switchboard/desk"
)

// Archive threads a correspondence that is complete: a mailing list's archive or
// the mail of one customer. Other than Decide, which must place each message when
// it arrives, it sees later messages before it places a reply that lost its
// headers, and joins threads that a later message shows to be one.
type Archive struct {
	memory  *Memory
	entries []entry
	// guarded: senders have accounts, and joins obey the rules of Decide alone.
	guarded bool

	passages map[uint64]posting // of new texts, to the messages that wrote them
	echoes   map[uint64]posting // of what is quoted at first hand, by subject, to messages that quote it
	subjects map[string][]int   // base subject, to messages
}

// Placed is where an Archive put a message.
type Placed struct {
	MessageID    string
	Conversation desk.ConversationID
	Method       string
	Evidence     string
}

// entry is what an Archive keeps of a message.
type entry struct {
	id           string
	conversation desk.ConversationID
	method       string
	evidence     string
	from         desk.Address
	sentAt       time.Time
	orphan       *orphan // a reply that lost its headers; nil for the others
}

// NewArchive makes an empty Archive of one account's mail.
func NewArchive() *Archive {
	return &Archive{memory: NewMemory(), passages: map[uint64]posting{}, echoes: map[uint64]posting{}, subjects: map[string][]int{}}
}

// NewGuardedArchive makes an Archive whose senders belong to different accounts:
// every message is placed by Decide, as it would be on arrival.
func NewGuardedArchive() *Archive {
	a := NewArchive()
	a.guarded = true
	return a
}

// Add takes the next message in order of arrival. account and contact are the
// sender's; an unguarded Archive ignores contact.
func (a *Archive) Add(m *desk.Message, account desk.AccountID, contact desk.ContactID) {
	e := entry{id: m.MessageID, method: MethodNew, sentAt: m.SentAt}
	if len(m.From) > 0 {
		e.from = m.From[0]
	}
	in := Incoming{Message: m, Account: account, Contact: contact}
	d := a.decide(in)
	if !a.guarded {
		e.orphan = orphaned(m)
	}
	if d.Method != MethodNew {
		e.method, e.evidence, e.orphan = d.Method, d.Evidence, nil
	}
	e.conversation = d.ConversationID
	if e.conversation.IsZero() {
		e.conversation = desk.NewID[desk.ConversationID]()
		a.memory.AddConversation(Conversation{ID: e.conversation, Account: account, Contact: contact,
			Status: desk.StatusOpen, Subject: m.Subject, UpdatedAt: m.ReceivedAt})
	}
	for _, other := range d.AlsoCites {
		a.memory.Merge(other, e.conversation)
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

// decide is Decide, but where later mail will tell the subject can wait.
func (a *Archive) decide(in Incoming) Decision {
	if a.guarded {
		return Decide(in, nil, a.memory)
	}
	m := *in.Message
	m.Report = nil // a list passes reports on, but it does not send what they report
	in.Message = &m
	d := decider{in: in, idx: a.memory, sender: sender(&m)}
	if dec, ok := d.byIdentifiers(); ok {
		return dec
	}
	return d.begin()
}

// people are the addresses that take part in a conversation by this message.
func people(m *desk.Message) []string {
	var all []string
	for _, list := range [][]desk.Address{m.From, m.CC} {
		for _, p := range list {
			all = append(all, p.Email)
		}
	}
	return all
}

// Place finishes the Archive and returns its messages in order of arrival, each
// with the conversation it ended up in.
func (a *Archive) Place() []Placed {
	a.adopt()
	placed := make([]Placed, len(a.entries))
	for i, e := range a.entries {
		placed[i] = Placed{e.id, a.final(e.conversation), e.method, e.evidence}
	}
	return placed
}

func (a *Archive) final(id desk.ConversationID) desk.ConversationID {
	d := decider{idx: a.memory}
	if c, ok := d.final(id); ok {
		return c.ID
	}
	return id
}

// join makes two conversations one, under the older one's name.
func (a *Archive) join(x, y desk.ConversationID) {
	x, y = a.final(x), a.final(y)
	if bytes.Compare(x[:], y[:]) > 0 {
		x, y = y, x
	}
	a.memory.Merge(y, x)
}
