package desk

import (
	"slices"
	"time"
)

// Status is a conversation's state as the desk sees it.
type Status string

const (
	StatusOpen     Status = "open"     // waits for us
	StatusPending  Status = "pending"  // waits for the customer or a third party
	StatusSnoozed  Status = "snoozed"  // hidden until SnoozedUntil
	StatusResolved Status = "resolved" // answered; a reply reopens it
	StatusClosed   Status = "closed"   // archived; a reply opens a follow-up
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
	// AssigneeID is the one agent who holds it; zero when unassigned.
	AssigneeID AgentID
	Tags       []string
	Restricted bool // only members of its inbox may read it

	// Path names the policy nodes that brought it here, outermost first, and
	// PolicyVersion the policy they belong to; a manual move appends to it.
	Path          []string
	PolicyVersion int64

	// ReplyChannel, ReplyTo and ReplyFrom say how an answer travels: by mail to
	// the address ReplyTo from our address ReplyFrom, or by chat to the session
	// whose text form is ReplyTo.
	ReplyChannel Channel
	ReplyTo      string
	ReplyFrom    string

	// Participants are the lower-case addresses of everyone who wrote or was
	// written to in it, ours excepted. Who is among them may join by reference.
	Participants []string

	// WaitingOn says who has to act: the running stint's side.
	WaitingOn     WaitingOn
	Preview       string
	LastInboundAt time.Time // zero: never
	LastReplyAt   time.Time // zero: never answered
	WaitingSince  time.Time // since when the customer waits for us; zero: does not
	SnoozedUntil  time.Time
	ResolvedAt    time.Time
	MergedInto    ConversationID
	LastSeq       int64 // number of the newest event
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Stint is one entry of the append-only ledger of who held a conversation.
// A conversation's stints tile its lifetime: no gap, no overlap.
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

// WaitingOn says whose move it is.
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

// CanRead is the one rule for who may read a conversation, and so may work on
// it: restricted ones are for admins and for the agents of their tier. An unknown
// or disabled agent reads nothing. The SQL function may_read is its twin.
func (a *Agent) CanRead(c *Conversation) bool {
	if a.ID.IsZero() || a.Disabled {
		return false
	}
	return a.Admin || !c.Restricted || slices.Contains(a.Tiers, c.Tier)
}

// Agent is a person at the desk.
type Agent struct {
	ID    AgentID
	Name  string
	Email string
	Tiers []Tier // tiers whose inboxes the agent works in
	Admin bool
	// Disabled agents keep their history and cannot sign in.
	Disabled bool
}
