package view

import (
	"encoding/json"
	"time"

	"switchboard/desk"
)

// InboxName identifies an inbox by key and name.
type InboxName struct {
	Key  string `json:"key" doc:"Stable, from the policy document"`
	Name string `json:"name"`
}

// AccountName identifies an account.
type AccountName struct {
	ID   desk.AccountID `json:"id"`
	Name string         `json:"name"`
}

// ContactName identifies a contact. Address is the contact's email address, or the
// first identity on another channel.
type ContactName struct {
	ID      desk.ContactID `json:"id"`
	Name    string         `json:"name"`
	Address string         `json:"address" doc:"Email address, or the identity on another channel if there is none"`
}

// AgentName identifies an agent.
type AgentName struct {
	ID   desk.AgentID `json:"id"`
	Name string       `json:"name"`
}

// ReplyPath is the channel and the addresses of a reply.
type ReplyPath struct {
	Channel desk.Channel `json:"channel"`
	To      string       `json:"to"`
	From    string       `json:"from"`
	// LeftAt is set only in a conversation that is read by itself.
	LeftAt *time.Time `json:"left_at" doc:"With chat: when the visitor closed it; they see a reply when they open it again. Null while it is open, and always null in lists"`
}

// Conversation is a row of the list and also the header of the thread.
type Conversation struct {
	ID            desk.ConversationID `json:"id"`
	Number        int64               `json:"number" doc:"Short number for people: #1042"`
	Subject       string              `json:"subject"`
	Channel       desk.Channel        `json:"channel" enum:"email,chat,form"`
	Status        desk.Status         `json:"status" enum:"open,pending,snoozed,resolved,closed"`
	Priority      desk.Priority       `json:"priority" enum:"low,normal,high,urgent"`
	Tier          desk.Tier           `json:"tier"`
	Inbox         InboxName           `json:"inbox"`
	Account       AccountName         `json:"account"`
	Contact       ContactName         `json:"contact"`
	Assignee      *AgentName          `json:"assignee" doc:"Null when unassigned"`
	Path          []string            `json:"path" doc:"The policy nodes that routed it here, outermost first"`
	PolicyVersion int64               `json:"policy_version"`
	Tags          []string            `json:"tags"`
	Unread        bool                `json:"unread" doc:"Open, with a message from the customer that you have not seen; or with one from a third party, whatever its status"`
	Restricted    bool                `json:"restricted" doc:"Visible only to agents of its tier and to admins"`
	MergedInto    *ConversationName   `json:"merged_into" doc:"The conversation that it was merged into, where its messages are; null: none"`
	Preview       string              `json:"preview"`
	LastSeq       int64               `json:"last_seq" doc:"Number of the newest event; pass it as expected_seq"`
	Reply         ReplyPath           `json:"reply"`
	LastInboundAt *time.Time          `json:"last_inbound_at"`
	LastReplyAt   *time.Time          `json:"last_reply_at"`
	WaitingOn     desk.WaitingOn      `json:"waiting_on" enum:"us,customer,third-party" doc:"Who has to act next"`
	WaitingSince  *time.Time          `json:"waiting_since" doc:"When the customer started waiting for us"`
	SnoozedUntil  *time.Time          `json:"snoozed_until"`
	ResolvedAt    *time.Time          `json:"resolved_at"`
	CreatedAt     time.Time           `json:"created_at"`
	UpdatedAt     time.Time           `json:"updated_at"`

	InboxID desk.InboxID `json:"-"`
	SortKey string       `json:"-"` // what the list was sorted by, for Position
	SLA     string       `json:"sla" doc:"Name of the SLA policy in force; empty: none"`
	Segment string       `json:"segment" doc:"Of the account, as the policy sees it; empty: none"`
	Gap     string       `json:"gap" enum:",owner,clock,next_action" doc:"What it has lacked for longer than the policy allows; empty: nothing"`
	NextDue *NextDue     `json:"next_due" doc:"The open clock that is due first; null: none is open"`
	// Clocks, Handoff and Allowed are set only in a conversation that is read by itself.
	Clocks    []Clock  `json:"clocks" doc:"All SLA clocks, in the order in which they started; always empty in lists"`
	Handoff   *Handoff `json:"handoff" doc:"The newest move between inboxes; null if there was none, and always null in lists"`
	Allowed   []string `json:"allowed" doc:"What you may do with it: reply, note, assign, resolve, ...; always empty in lists"`
	OpenTasks int      `json:"open_tasks" doc:"Tasks that are open or in progress"`
	Swarm     []Helper `json:"swarm" doc:"Agents who were asked to help: they read and write notes, and the assignee answers. Empty in lists"`
}

// ConversationName names a conversation.
type ConversationName struct {
	ID     desk.ConversationID `json:"id"`
	Number int64               `json:"number"`
}

// Sort is an order of a list of conversations.
type Sort string

const (
	SortDue      Sort = "due"      // breached first, then the next deadline, then those without one, last changed first
	SortWaiting  Sort = "waiting"  // the customers who have been waiting longest first
	SortNewest   Sort = "newest"   // last changed first
	SortOldest   Sort = "oldest"   // opened first
	SortPriority Sort = "priority" // urgent first, then last changed first
)

// ConversationRef refers to a conversation by its ID or, if that is zero, by its
// Number.
type ConversationRef struct {
	ID     desk.ConversationID
	Number int64
}

// Position is a place in a sorted list of conversations: the last row that was
// returned. Key is what the list is sorted by; rows with the same key are sorted by
// UpdatedAt, newest first. The zero Position is the start of the list.
type Position struct {
	Key       string
	UpdatedAt time.Time
	ID        desk.ConversationID
}

// Event is one entry of the event log.
type Event struct {
	Cursor         desk.Cursor         `json:"cursor" doc:"Where to resume after this event"`
	At             time.Time           `json:"at"`
	Subject        desk.Subject        `json:"subject" doc:"What the event is about"`
	ConversationID desk.ConversationID `json:"conversation_id" doc:"Empty for other subjects"`
	Seq            int64               `json:"seq" doc:"Dense per conversation, from 1; 0 for other subjects"`
	Kind           desk.EventKind      `json:"kind"`
	Version        int                 `json:"version" doc:"Of the shape of data, from 1"`
	Actor          desk.Actor          `json:"actor" doc:"customer, system, policy, or an agent's ID"`
	Data           json.RawMessage     `json:"data"`
}

// EventOf returns the view of an event.
func EventOf(e desk.Event) Event {
	v := Event{
		Cursor: e.Cursor, At: e.At.UTC(), Subject: e.Subject, ConversationID: e.ConversationID, Seq: e.Seq,
		Kind: e.Kind, Version: e.Version, Actor: e.Actor, Data: e.Data,
	}
	if len(v.Data) == 0 {
		v.Data = json.RawMessage("{}")
	}
	return v
}

// Access determines who may see a conversation: every agent, or only admins and the
// agents of its Tier if it is Restricted; and of agents who are limited to inboxes, those
// of its inbox.
type Access struct {
	Restricted bool
	Tier       desk.Tier
	InboxID    desk.InboxID
}

// Stint is an entry of a conversation's assignment history.
type Stint struct {
	Inbox     InboxName      `json:"inbox"`
	Tier      desk.Tier      `json:"tier"`
	Assignee  *AgentName     `json:"assignee"`
	WaitingOn desk.WaitingOn `json:"waiting_on" enum:"us,customer,third-party"`
	StartedAt time.Time      `json:"started_at"`
	EndedAt   *time.Time     `json:"ended_at" doc:"Null for the current one"`
	Reason    string         `json:"reason"`
}
