package view

import (
	"time"

	"switchboard/desk"
)

// Review is a review of the answers in a resolved conversation.
type Review struct {
	ID           desk.ReviewID       `json:"id"`
	State        string              `json:"state" enum:"open,done"`
	Week         string              `json:"week" doc:"The Monday (UTC) of the week in which the conversation was resolved"`
	Conversation ConversationHeading `json:"conversation"`
	Tier         desk.Tier           `json:"tier" doc:"That resolved it"`
	Inbox        InboxName           `json:"inbox" doc:"In which it was resolved"`
	Agent        AgentName           `json:"agent" doc:"Whose answers are reviewed: who wrote most of them"`
	Reviewer     AgentName           `json:"reviewer" doc:"Who has reviewed them, or began to; with an empty id: nobody"`
	Scores       []ReviewScore       `json:"scores" doc:"Of all criteria, in order"`
	Note         string              `json:"note" doc:"What the reviewer tells the agent; may be empty"`
	Editable     bool                `json:"editable" doc:"You may score it"`
	ResolvedAt   time.Time           `json:"resolved_at"`
	DoneAt       *time.Time          `json:"done_at" doc:"Null: it is open"`
	UpdatedAt    time.Time           `json:"updated_at"`
}

// ReviewScore is how well the answers met a criterion.
type ReviewScore struct {
	Criterion string `json:"criterion" maxLength:"80"`
	Score     *int   `json:"score" minimum:"1" maximum:"5" doc:"5 is the best; null: not scored yet, or not applicable"`
	None      bool   `json:"none,omitempty" doc:"Not applicable"`
}

// ReviewFilter says which reviews are listed.
type ReviewFilter struct {
	Open bool
}

// ReviewPosition is a place in the list of reviews. The zero one is its start.
type ReviewPosition struct {
	At time.Time     `json:"at"`
	ID desk.ReviewID `json:"id"`
}
