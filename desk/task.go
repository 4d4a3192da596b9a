package desk

import "time"

// TaskState is the state of a task.
type TaskState string

const (
	TaskOpen       TaskState = "open"
	TaskInProgress TaskState = "in_progress"
	TaskDone       TaskState = "done"
	TaskCancelled  TaskState = "cancelled"
)

// TaskStates lists all states.
func TaskStates() []TaskState { return []TaskState{TaskOpen, TaskInProgress, TaskDone, TaskCancelled} }

// Ended reports whether nothing is left to do.
func (s TaskState) Ended() bool { return s == TaskDone || s == TaskCancelled }

// Task is a part of the work on a conversation that another inbox, or another agent, does
// at the same time. The conversation keeps its inbox and its assignee, who is its driver.
type Task struct {
	ID             TaskID
	ConversationID ConversationID
	InboxID        InboxID
	Title          string
	Note           string // what there is to know; may be empty
	State          TaskState
	AssigneeID     AgentID // zero: nobody
	OpenedBy       AgentID
	// DueIn is the time that the task may take, in the business time of its inbox; 0: any.
	DueIn     time.Duration
	DueAt     time.Time // zero: no deadline
	OverdueAt time.Time // when the deadline passed; zero: it was not missed
	// Result is what came out of it, which the message ResultID in the conversation shows.
	Result    string
	ResultID  MessageID
	OpenedAt  time.Time
	UpdatedAt time.Time
	ClosedAt  time.Time // when it was done or cancelled; zero: it is not
	ClosedBy  AgentID
}

// OverdueTask records that the deadline of a task has passed.
type OverdueTask struct {
	Task TaskID
	At   time.Time
}

// Helper is an agent who was asked to help with a conversation. Helpers read and write
// notes; the owner answers.
type Helper struct {
	ConversationID ConversationID
	AgentID        AgentID
	By             AgentID // who asked them
	Since          time.Time
}
