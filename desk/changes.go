package desk

import (
	"encoding/json"
	"time"
)

// Changes lists everything that one transaction writes. Every operation on a
// conversation builds one, and the store has a single writer for it. A nil or empty
// list writes nothing.
type Changes struct {
	Accounts   []Account
	Domains    []AccountDomain
	Contacts   []Contact // without their Identities, which are listed below
	Identities []ContactIdentity

	// Opened are new conversations, and Updated existing ones that the transaction
	// holds a lock on. Every column is written; the store sets Number of new ones.
	Opened  []*Conversation
	Updated []*Conversation

	Messages   []NewMessage
	Placements []Placement
	Refs       []ThreadRef
	Merges     []Merge

	// Ended are stored stints whose EndedAt is set now, and Begun new ones, which
	// may have ended within the same transaction.
	Ended []Stint
	Begun []Stint

	Facts   []ConversationFacts
	Clocks  []Clock // new and changed ones
	Notices []Notice

	// Overdue are stored tasks whose deadline has passed, and Tasks new and changed ones,
	// which are written after that.
	Overdue []OverdueTask
	Tasks   []Task
	Invited []Helper
	Left    []Helper // who no longer help

	Events     []Event
	Deliveries []Delivery
	Results    []DeliveryResult
	Operations []DeliveryOperation
	// Unreached are deliveries that failed because of an address, and Reached addresses of
	// which that is over.
	Unreached []AddressFailure
	Reached   []AddressLift
	Released  []ReleasedMessage
	Cancelled []CancelledMessage
	Automatic []AutomaticDue
	Sessions  []SessionLink
	Processed []ProcessedRaw
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

// NewMessage is a message together with the key by which a later copy of it is
// recognized.
type NewMessage struct {
	Message
	Account AccountID
	// Content is the SHA-256 over what its author wrote, without what relays and
	// lists add; zero for messages that were written at the desk.
	Content [32]byte
}

// Placement records that a message is in a conversation, and under which number.
// Every message has at least one; operations such as a merge end one and begin
// another.
type Placement struct {
	MessageID      MessageID
	ConversationID ConversationID
	Seq            int64  // number of its event in the conversation; never reused
	Method         string // why it is there: a threading method, "reply", "note", "merge"
	Evidence       string
	Since          time.Time
	Until          time.Time // zero: it is still there
}

// ThreadRef records that a message of a conversation has or cites a Message-ID.
type ThreadRef struct {
	MessageID    string // without angle brackets
	Conversation ConversationID
	Account      AccountID
	Own          bool // true: a message of the conversation has this id; false: it is only cited
}

// ConversationFacts are what the routing decision of a conversation was based on, as
// JSON of package lifecycle.
type ConversationFacts struct {
	Conversation ConversationID
	Facts        json.RawMessage
}

// SessionLink ties a chat session to its contact and conversation.
type SessionLink struct {
	Session      SessionID
	Contact      ContactID
	Conversation ConversationID
}

// ProcessedRaw marks a raw row as processed, under the fence of its claim.
type ProcessedRaw struct {
	Raw       RawID
	Fence     int64
	Message   MessageID // zero: the row produced no message
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

// AddUpdated adds the new version of a conversation. If the same changes open the
// conversation, the new version replaces the one in Opened.
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

// AddClock adds a new or changed clock, or replaces the version that was added before.
func (c *Changes) AddClock(k Clock) {
	for i := range c.Clocks {
		if c.Clocks[i].ID == k.ID {
			c.Clocks[i] = k
			return
		}
	}
	c.Clocks = append(c.Clocks, k)
}
