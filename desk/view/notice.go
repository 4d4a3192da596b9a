package view

import (
	"time"

	"switchboard/desk"
)

// Notice is something that an agent has to be told.
type Notice struct {
	ID           desk.NoticeID       `json:"id"`
	Kind         desk.NoticeKind     `json:"kind" doc:"Why: escalation, page, rule-failed, assigned, handoff, task, swarm, gap, delayed, undelivered, withheld, review, webhook, targets"`
	Rule         string              `json:"rule" doc:"Name of the escalation rule; may be empty"`
	Text         string              `json:"text" doc:"May be empty"`
	Conversation ConversationHeading `json:"conversation" doc:"With an empty id: the notice is not about a conversation"`
	At           time.Time           `json:"at"`
	AckedAt      *time.Time          `json:"acked_at" doc:"Null: not acknowledged"`
}

// ConversationHeading identifies a conversation for people.
type ConversationHeading struct {
	ID      desk.ConversationID `json:"id"`
	Number  int64               `json:"number"`
	Subject string              `json:"subject"`
}

// ByTime is a place in a list that is sorted by time, newest first. The zero ByTime is its
// start.
type ByTime struct {
	At time.Time
	ID desk.NoticeID
}
