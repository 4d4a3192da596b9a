package desk

import (
	"encoding/json"
	"time"
)

// Status is the state of a conversation.
type Status string

const (
	StatusOpen     Status = "open"     // needs attention
	StatusPending  Status = "pending"  // waiting on the customer or a third party
	StatusSnoozed  Status = "snoozed"  // hidden until SnoozedUntil
	StatusResolved Status = "resolved" // a message from the customer reopens it
	StatusClosed   Status = "closed"   // archived; a message from the customer opens a follow-up
)

// Priority orders work inside an inbox.
type Priority string

const (
	PriorityLow    Priority = "low"
	PriorityNormal Priority = "normal"
	PriorityHigh   Priority = "high"
	PriorityUrgent Priority = "urgent"
)

// Tier is a level of support: 0 self-service, 1 frontline, 2 specialists, 3 engineering.
type Tier int

// Conversation is a thread of messages with one customer, held in one inbox.
type Conversation struct {
	ID        ConversationID
	Number    int64 // short, for people: "#1042"
	AccountID AccountID
	ContactID ContactID
	Subject   string
	Channel   Channel // of the first message
	Status    Status
	Priority  Priority
	InboxID   InboxID
	Tier      Tier
	// AssigneeID is the agent it is assigned to; zero: unassigned.
	AssigneeID AgentID
	Tags       []string
	Restricted bool // only admins and the agents of its tier may read it

	// Path names the policy nodes that brought it here, outermost first, and
	// PolicyVersion the policy they belong to; a manual move appends to it.
	Path          []string
	PolicyVersion int64

	// ReplyChannel, ReplyTo and ReplyFrom say how a reply travels: by mail to the
	// address ReplyTo from the support address ReplyFrom, or by chat to the session
	// whose ID is ReplyTo in text form.
	ReplyChannel Channel
	ReplyTo      string
	ReplyFrom    string

	// Participants are the lower-case addresses of everyone who wrote or was written
	// to in it, except the desk's own. Their mail may join by reference.
	Participants []string

	// WaitingOn says who has to act next, as in the running stint.
	WaitingOn     WaitingOn
	Preview       string
	LastInboundAt time.Time // zero: never
	LastReplyAt   time.Time // zero: no reply yet
	WaitingSince  time.Time // since when the customer has been waiting for us; zero: they are not waiting
	SnoozedUntil  time.Time
	ResolvedAt    time.Time
	MergedInto    ConversationID
	LastSeq       int64 // number of the newest event
	CreatedAt     time.Time
	UpdatedAt     time.Time

	SLA     string    // name of the SLA policy in force; empty: none
	Segment string    // of the account, as the policy saw it; empty: none
	Gap     string    // what it has lacked for too long: owner, clock or next_action; empty: nothing
	DueAt   time.Time // the earliest deadline of its open clocks; zero: none
	CheckAt time.Time // when a timer has to look at it; zero: never
	// Service and Facts are JSON that package lifecycle stores with it. Facts is nil
	// if it has not changed.
	Service, Facts json.RawMessage
}

// Stint is one entry of the append-only assignment history: where a conversation
// was, who it was assigned to and who it was waiting on. A conversation's stints
// tile its lifetime: no gap, no overlap.
type Stint struct {
	ID             StintID
	ConversationID ConversationID
	InboxID        InboxID
	Tier           Tier
	AssigneeID     AgentID
	WaitingOn      WaitingOn
	StartedAt      time.Time
	EndedAt        time.Time // zero: still running
	Reason         string    // why it began: "routed", "assigned", "moved", "customer replied"
}

// WaitingOn says who has to act next.
type WaitingOn string

const (
	WaitingUs         WaitingOn = "us"
	WaitingCustomer   WaitingOn = "customer"
	WaitingThirdParty WaitingOn = "third-party"
)

// Inbox is a shared queue that belongs to one tier.
type Inbox struct {
	ID   InboxID
	Key  string // stable, from the policy document: "frontline"
	Name string
	Tier Tier
}
