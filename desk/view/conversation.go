package view

import (
	"encoding/json"
	"time"

	"switchboard/desk"
)

// InboxName names an inbox.
type InboxName struct {
	Key  string `json:"key" doc:"Stable, from the policy document"`
	Name string `json:"name"`
}

// AccountName names an account.
type AccountName struct {
	ID   desk.AccountID `json:"id"`
	Name string         `json:"name"`
}

// ContactName names a contact; Address is the one it is best known by: its
// mail address, or its first identity on another channel.
type ContactName struct {
	ID      desk.ContactID `json:"id"`
	Name    string         `json:"name"`
	Address string         `json:"address" doc:"Mail address, or another channel's identity when there is none"`
}

// AgentName names an agent.
type AgentName struct {
	ID   desk.AgentID `json:"id"`
	Name string       `json:"name"`
}

// ReplyPath says how an answer travels.
type ReplyPath struct {
	Channel desk.Channel `json:"channel"`
	To      string       `json:"to"`
	From    string       `json:"from"`
}

// Conversation is a row of the list and the head of the thread at once.
type Conversation struct {
	ID            desk.ConversationID `json:"id"`
	Number        int64               `json:"number" doc:"Short, for people: #1042"`
	Subject       string              `json:"subject"`
	Channel       desk.Channel        `json:"channel" enum:"email,chat,form"`
	Status        desk.Status         `json:"status" enum:"open,pending,snoozed,resolved,closed"`
	Priority      desk.Priority       `json:"priority" enum:"low,normal,high,urgent"`
	Tier          desk.Tier           `json:"tier"`
	Inbox         InboxName           `json:"inbox"`
	Account       AccountName         `json:"account"`
	Contact       ContactName         `json:"contact"`
	Assignee      *AgentName          `json:"assignee" doc:"Null when nobody holds it"`
	Path          []string            `json:"path" doc:"The policy nodes that brought it here, outermost first"`
	PolicyVersion int64               `json:"policy_version"`
	Tags          []string            `json:"tags"`
	Restricted    bool                `json:"restricted" doc:"Only agents of its tier and admins see it"`
	Preview       string              `json:"preview"`
	LastSeq       int64               `json:"last_seq" doc:"Number of the newest event; pass it as expected_seq"`
	Reply         ReplyPath           `json:"reply"`
	LastInboundAt *time.Time          `json:"last_inbound_at"`
	LastReplyAt   *time.Time          `json:"last_reply_at"`
	WaitingSince  *time.Time          `json:"waiting_since" doc:"Since when the customer waits for us"`
	SnoozedUntil  *time.Time          `json:"snoozed_until"`
	ResolvedAt    *time.Time          `json:"resolved_at"`
	CreatedAt     time.Time           `json:"created_at"`
	UpdatedAt     time.Time           `json:"updated_at"`
}

// ConversationRef names a conversation by its ID or, when that is zero, by its Number.
type ConversationRef struct {
	ID     desk.ConversationID
	Number int64
}

// Position is a place in the list of conversations, newest change first: the
// row it names has been seen. The zero Position is the beginning.
type Position struct {
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
	Actor          desk.Actor          `json:"actor" doc:"customer, system, policy, or an agent's id"`
	Data           json.RawMessage     `json:"data"`
}

// EventOf returns the view of an event. Rows from before subjects and versions
// existed are about a conversation, in version 1.
func EventOf(e desk.Event) Event {
	v := Event{
		Cursor: e.Cursor, At: e.At.UTC(), Subject: e.Subject, ConversationID: e.ConversationID, Seq: e.Seq,
		Kind: e.Kind, Version: max(e.Version, 1), Actor: e.Actor, Data: e.Data,
	}
	if v.Subject.Kind == "" {
		v.Subject = desk.ConversationSubject(e.ConversationID)
	}
	if len(v.Data) == 0 {
		v.Data = json.RawMessage("{}")
	}
	return v
}

// Access is what decides who may see a conversation: everybody, or when it is
// Restricted only admins and the agents of its Tier.
type Access struct {
	Restricted bool
	Tier       desk.Tier
}

// Stint is one entry of the ledger of who held a conversation.
type Stint struct {
	Inbox     InboxName      `json:"inbox"`
	Tier      desk.Tier      `json:"tier"`
	Assignee  *AgentName     `json:"assignee"`
	WaitingOn desk.WaitingOn `json:"waiting_on" enum:"us,customer,third-party"`
	StartedAt time.Time      `json:"started_at"`
	EndedAt   *time.Time     `json:"ended_at" doc:"Null while it runs"`
	Reason    string         `json:"reason"`
}
