package desk

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"
)

// EventKind names what happened, as noun.verb in the past tense.
type EventKind string

const (
	EventConversationOpened   EventKind = "conversation.opened" // data: RouteData
	EventMessageReceived      EventKind = "message.received"    // data: MessageData
	EventMessageSent          EventKind = "message.sent"        // an agent's reply; data: MessageData
	EventNoteAdded            EventKind = "note.added"          // data: MessageData
	EventConversationAssigned EventKind = "conversation.assigned"
	EventConversationMoved    EventKind = "conversation.moved"  // another inbox or tier
	EventStatusChanged        EventKind = "conversation.status" // data: from, to
	EventDeliveryChanged      EventKind = "delivery.changed"    // data: DeliveryData
	EventDuplicateLinked      EventKind = "message.duplicate"   // the same mail arrived again
)

// Actor says who did it: "customer", "system", "policy", or an agent's ID in text.
type Actor string

const (
	ActorCustomer Actor = "customer"
	ActorSystem   Actor = "system"
	ActorPolicy   Actor = "policy"
)

// AgentActor names an agent as actor.
func AgentActor(id AgentID) Actor { return Actor(id.String()) }

// Event is one entry of a conversation's append-only history: audit trail and
// live update at once.
type Event struct {
	Cursor         Cursor // position in the node-wide order; set when read
	At             time.Time
	ConversationID ConversationID
	AccountID      AccountID
	Seq            int64 // dense per conversation, from 1
	Kind           EventKind
	Actor          Actor
	Data           json.RawMessage
}

// Cursor is a resume position in the event log. Opaque to clients; it sorts by
// transaction and then by row, so that a reader never skips a late commit. The
// empty cursor is the beginning. Its text is the transaction's number, a hyphen
// and the row's number, both decimal.
type Cursor string

// Compare orders two cursors as the log does: negative when c stands before d.
func (c Cursor) Compare(d Cursor) int {
	cx, cr, _ := strings.Cut(string(c), "-")
	dx, dr, _ := strings.Cut(string(d), "-")
	return cmp.Or(compareDecimal(cx, dx), compareDecimal(cr, dr))
}

// compareDecimal orders numbers without leading zeros by their text.
func compareDecimal(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}
