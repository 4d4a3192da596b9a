package desk

import "time"

// Changes is everything that one transaction writes. Whatever changes a
// conversation builds one, and the store has one writer for it. A nil or empty
// list writes nothing.
type Changes struct {
	Accounts   []Account
	Domains    []AccountDomain
	Contacts   []Contact // Identities is ignored: see the field of that name
	Identities []ContactIdentity

	// Opened are new conversations, and Updated existing ones that the transaction
	// holds a lock on. Every column is written; the store sets Number of new ones.
	Opened  []*Conversation
	Updated []*Conversation

	Messages   []NewMessage
	Placements []Placement
	Refs       []ThreadRef

	// Ended are stored stints whose EndedAt is set now, and Begun new ones, which
	// may have ended within the same transaction.
	Ended []Stint
	Begun []Stint

	Events     []Event
	Deliveries []Delivery
	Results    []DeliveryResult
	Sessions   []SessionLink
	Processed  []ProcessedRaw
}

// AccountDomain gives a domain to an account.
type AccountDomain struct {
	Domain  string // lower case
	Account AccountID
}

// ContactIdentity gives an address to a contact. When the address is known
// already, its contact stays and its trust is only ever raised.
type ContactIdentity struct {
	Contact ContactID
	Identity
}

// NewMessage is a message with what recognizes it when it arrives again.
type NewMessage struct {
	Message
	Account AccountID
	// Content is the SHA-256 over what its author wrote, without what relays and
	// lists add; zero for messages that were written at the desk.
	Content [32]byte
}

// Placement puts a message into a conversation under a number. A message has one
// at least; operations like merging end one and begin another.
type Placement struct {
	MessageID      MessageID
	ConversationID ConversationID
	Seq            int64  // its event's number in the conversation; never used again
	Method         string // why it is there: a threading method, "reply", "note", "merge"
	Evidence       string
	Since          time.Time
	Until          time.Time // zero: it is there now
}

// ThreadRef records that a conversation is known by a Message-ID.
type ThreadRef struct {
	MessageID    string // without angle brackets
	Conversation ConversationID
	Account      AccountID
	Own          bool // a message of the conversation has this id; else it is only cited
}

// SessionLink ties a chat session to its contact and conversation.
type SessionLink struct {
	Session      SessionID
	Contact      ContactID
	Conversation ConversationID
}

// ProcessedRaw marks a raw row processed under the claim's fence.
type ProcessedRaw struct {
	Raw       RawID
	Fence     int64
	Message   MessageID // zero: it became no message
	Duplicate bool      // the message was there already, from another raw row
}

// AddMessage adds a message and its placement in m.ConversationID.
func (c *Changes) AddMessage(m *Message, account AccountID, content [32]byte, since time.Time) {
	c.Messages = append(c.Messages, NewMessage{Message: *m, Account: account, Content: content})
	c.Placements = append(c.Placements, Placement{MessageID: m.ID, ConversationID: m.ConversationID, Seq: m.Seq,
		Method: m.ThreadMethod, Evidence: m.ThreadEvidence, Since: since})
}

// AddOpened adds a new conversation, or replaces the version that was added before.
func (c *Changes) AddOpened(v Conversation) { c.Opened = putConversation(c.Opened, &v) }

// AddUpdated adds the new version of a conversation. One that the same changes
// open is opened in that version.
func (c *Changes) AddUpdated(v Conversation) {
	for i, opened := range c.Opened {
		if opened.ID == v.ID {
			c.Opened[i] = &v
			return
		}
	}
	c.Updated = putConversation(c.Updated, &v)
}

func putConversation(list []*Conversation, v *Conversation) []*Conversation {
	for i := range list {
		if list[i].ID == v.ID {
			list[i] = v
			return list
		}
	}
	return append(list, v)
}

// EndStint records the end of a stint: s.EndedAt is set.
func (c *Changes) EndStint(s Stint) {
	for i := range c.Begun {
		if c.Begun[i].ID == s.ID {
			c.Begun[i] = s
			return
		}
	}
	c.Ended = append(c.Ended, s)
}
