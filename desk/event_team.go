package desk

import "time"

// TaskOpened is a new task of the conversation.
type TaskOpened struct {
	TaskID     TaskID     `json:"task_id"`
	Title      string     `json:"title"`
	Inbox      string     `json:"inbox" doc:"Key of the inbox that works on it"`
	AssigneeID AgentID    `json:"assignee_id" doc:"Empty: nobody"`
	Name       string     `json:"name,omitempty" doc:"Name of the assignee"`
	Due        *time.Time `json:"due_at" doc:"null: no deadline"`
}

// TaskChanged is a change of a task's state, assignee or title.
type TaskChanged struct {
	TaskID       TaskID     `json:"task_id"`
	Title        string     `json:"title" doc:"The title now"`
	Inbox        string     `json:"inbox" doc:"Key of the inbox that works on it"`
	From         TaskState  `json:"from" enum:"open,in_progress,done,cancelled"`
	To           TaskState  `json:"to" enum:"open,in_progress,done,cancelled" doc:"Equal to from when something else changed"`
	FromAssignee AgentID    `json:"from_assignee_id" doc:"Empty: nobody"`
	AssigneeID   AgentID    `json:"assignee_id" doc:"The assignee now; empty: nobody"`
	Name         string     `json:"name,omitempty" doc:"Name of a new assignee"`
	Due          *time.Time `json:"due_at" doc:"null: no deadline"`
	MessageID    MessageID  `json:"message_id" doc:"The note with the result; empty: none"`
}

// TaskOverdue means that the deadline of a task has passed.
type TaskOverdue struct {
	TaskID TaskID    `json:"task_id"`
	Title  string    `json:"title"`
	Inbox  string    `json:"inbox" doc:"Key of the inbox that works on it"`
	Due    time.Time `json:"due_at"`
}

// SwarmInvited means that agents were asked to help. The conversation keeps its owner.
type SwarmInvited struct {
	Agents    []SwarmAgent `json:"agents"`
	MessageID MessageID    `json:"message_id" doc:"The note that says what they are asked for; empty: none"`
}

// SwarmAgent is an agent who was asked to help.
type SwarmAgent struct {
	ID   AgentID `json:"id"`
	Name string  `json:"name"`
}

// SwarmLeft means that an agent no longer helps.
type SwarmLeft struct {
	AgentID AgentID `json:"agent_id"`
	Name    string  `json:"name"`
}

// InboxOverflow means that agents of other inboxes help with the conversations of an
// inbox from now on, or no longer.
type InboxOverflow struct {
	Inbox   string   `json:"inbox" doc:"Key of the inbox"`
	Active  bool     `json:"active" doc:"false: the overflow has ended"`
	Reason  string   `json:"reason" doc:"May be empty when it ends"`
	Helping []string `json:"helping" doc:"Keys of the inboxes whose agents help, in order of preference; empty when it ends"`
}

// AccountCreated is a new account.
type AccountCreated struct {
	Name    string   `json:"name"`
	Domains []string `json:"domains"`
}

func (TaskOpened) EventKind() EventKind    { return EventTaskOpened }
func (TaskChanged) EventKind() EventKind   { return EventTaskChanged }
func (TaskOverdue) EventKind() EventKind   { return EventTaskOverdue }
func (SwarmInvited) EventKind() EventKind  { return EventSwarmInvited }
func (SwarmLeft) EventKind() EventKind     { return EventSwarmLeft }
func (InboxOverflow) EventKind() EventKind { return EventInboxOverflow }

func (TaskOpened) EventVersion() int    { return 1 }
func (TaskChanged) EventVersion() int   { return 1 }
func (TaskOverdue) EventVersion() int   { return 1 }
func (SwarmInvited) EventVersion() int  { return 1 }
func (SwarmLeft) EventVersion() int     { return 1 }
func (InboxOverflow) EventVersion() int { return 1 }
