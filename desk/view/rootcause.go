package view

import (
	"time"

	"switchboard/desk"
)

// RootCauseRow is a root cause in a list.
type RootCauseRow struct {
	ID            desk.RootCauseID    `json:"id"`
	Title         string              `json:"title"`
	State         desk.RootCauseState `json:"status" enum:"open,fixed"`
	URL           string              `json:"url" doc:"Where the work on it is tracked; may be empty"`
	Conversations int                 `json:"conversations" doc:"How many linked conversations you may read"`
	CreatedBy     AgentName           `json:"created_by"`
	CreatedAt     time.Time           `json:"created_at"`
	UpdatedAt     time.Time           `json:"updated_at"`
	FixedAt       *time.Time          `json:"fixed_at" doc:"Null: it is not fixed"`
}

// RootCause is a fault behind several conversations.
type RootCause struct {
	RootCauseRow
	Note     string            `json:"note" doc:"What is known about it; for agents only"`
	Hidden   int               `json:"hidden" doc:"How many linked conversations you may not read; your updates do not go to them"`
	Contacts int               `json:"contacts" doc:"How many customers have the conversations that you may read"`
	Accounts int               `json:"accounts" doc:"How many accounts these belong to"`
	Affected []Affected        `json:"affected" doc:"The linked conversations that you may read, the newest link first"`
	Updates  []RootCauseUpdate `json:"updates" doc:"The newest first"`
}

// Affected is a conversation that is linked to a root cause.
type Affected struct {
	Conversation TaskConversation  `json:"conversation"`
	Channel      desk.Channel      `json:"channel" doc:"That it is answered on"`
	Contact      ContactName       `json:"contact"`
	Account      AccountName       `json:"account"`
	MergedInto   *ConversationName `json:"merged_into" doc:"The conversation that it was merged into, and in which its customer is answered; null: none"`
	LinkedBy     AgentName         `json:"linked_by"`
	LinkedAt     time.Time         `json:"linked_at"`
}

// RootCauseUpdate is what the customers are told about a root cause.
type RootCauseUpdate struct {
	ID        desk.UpdateID `json:"id"`
	Text      string        `json:"text" doc:"With its variables"`
	Then      string        `json:"then" enum:",pending,resolved" doc:"The status of each conversation then; empty: as after any reply"`
	Author    AgentName     `json:"author"`
	CreatedAt time.Time     `json:"created_at"`
	SendAt    time.Time     `json:"send_at" doc:"Until then it can be taken back"`
	Waiting   int           `json:"waiting" doc:"How many conversations it still goes to"`
	Sent      int           `json:"sent"`
	Skipped   int           `json:"skipped"`
	Cancelled int           `json:"cancelled"`
	LeftOut   int           `json:"left_out" doc:"Linked conversations that its author might not read"`
	NotSent   []NotSent     `json:"not_sent" doc:"Why conversations did not get it"`
}

// NotSent is a conversation that gets no update.
type NotSent struct {
	Conversation TaskConversation `json:"conversation"`
	Reason       string           `json:"reason"`
}

// RootCauseFilter selects root causes.
type RootCauseFilter struct {
	State        desk.RootCauseState // empty: any
	Text         string              // in the title or the note; empty: any
	Conversation desk.ConversationID // that is linked, itself or one that was merged into it; zero: any
}
