package view

import (
	"time"

	"switchboard/desk"
)

// Task is a part of the work on a conversation, done by its inbox at the same time.
type Task struct {
	ID           desk.TaskID      `json:"id"`
	Conversation TaskConversation `json:"conversation"`
	Title        string           `json:"title"`
	Note         string           `json:"note" doc:"What there is to know; may be empty"`
	State        desk.TaskState   `json:"state" enum:"open,in_progress,done,cancelled"`
	Inbox        InboxName        `json:"inbox" doc:"Who works on it; the conversation stays in its own inbox"`
	Assignee     *AgentName       `json:"assignee" doc:"Null when nobody has it"`
	Driver       *AgentName       `json:"driver" doc:"The assignee of the conversation; null when it is unassigned"`
	DueAt        *time.Time       `json:"due_at" doc:"Null: no deadline"`
	OverdueAt    *time.Time       `json:"overdue_at" doc:"When the deadline passed; null: it was not missed"`
	Result       string           `json:"result" doc:"Of a task that is done; may be empty"`
	ResultID     desk.MessageID   `json:"result_id" doc:"The note in the conversation that shows the result; empty: none"`
	OpenedBy     AgentName        `json:"opened_by"`
	OpenedAt     time.Time        `json:"opened_at"`
	UpdatedAt    time.Time        `json:"updated_at"`
	ClosedBy     *AgentName       `json:"closed_by"`
	ClosedAt     *time.Time       `json:"closed_at" doc:"When it was done or cancelled"`
}

// TaskConversation identifies the conversation of a task.
type TaskConversation struct {
	ID      desk.ConversationID `json:"id"`
	Number  int64               `json:"number"`
	Subject string              `json:"subject"`
	Status  desk.Status         `json:"status" enum:"open,pending,snoozed,resolved,closed"`
}

// Helper is an agent who was asked to help with a conversation.
type Helper struct {
	Agent AgentName `json:"agent"`
	By    AgentName `json:"by" doc:"Who asked them"`
	Since time.Time `json:"since"`
}

// TaskFilter selects tasks.
type TaskFilter struct {
	Inbox      string         // key; empty: any
	Assignee   desk.AgentID   // zero: any
	Unassigned bool           // only those without an assignee
	State      desk.TaskState // empty: those that have not ended
}

// TaskPosition is a place in the list of tasks, the earliest deadline first: the last row
// that was returned. The zero TaskPosition is the start of the list.
type TaskPosition struct {
	DueAt time.Time // zero: no deadline
	ID    desk.TaskID
}
