package view

import (
	"time"

	"switchboard/desk"
)

// Advisory is a notice to many contacts.
type Advisory struct {
	ID         desk.AdvisoryID    `json:"id"`
	Subject    string             `json:"subject"`
	Text       string             `json:"text" doc:"CommonMark with the variables of macros"`
	Inbox      string             `json:"inbox" doc:"Key of the inbox that answers go to"`
	Segments   []string           `json:"segments"`
	Accounts   []AccountName      `json:"accounts"`
	State      desk.AdvisoryState `json:"state" enum:"draft,sending,paused,done,cancelled"`
	Author     AgentName          `json:"author" doc:"In whose name it is sent"`
	Waiting    int                `json:"waiting" doc:"How many contacts it still goes to"`
	Sent       int                `json:"sent"`
	Skipped    int                `json:"skipped"`
	Cancelled  int                `json:"cancelled"`
	CreatedAt  time.Time          `json:"created_at"`
	UpdatedAt  time.Time          `json:"updated_at"`
	StartedAt  *time.Time         `json:"started_at" doc:"Null: it is a draft"`
	FinishedAt *time.Time         `json:"finished_at" doc:"Null: it is not done"`
}

// AdvisoryRecipient is a contact whom an advisory goes to, or why it does not.
type AdvisoryRecipient struct {
	Contact        ContactName         `json:"contact"`
	Account        AccountName         `json:"account"`
	State          string              `json:"state" enum:"waiting,sent,skipped,cancelled" doc:"Of a draft: waiting, or skipped"`
	Reason         string              `json:"reason" doc:"With skipped: why"`
	ConversationID desk.ConversationID `json:"conversation_id" doc:"With sent: the conversation that it opened; empty: none"`
	At             *time.Time          `json:"at" doc:"When it was sent or skipped; null: not yet"`
}
