package view

import (
	"time"

	"switchboard/desk"
)

// Runbook is an internal article that is attached to a conversation, as a checklist.
type Runbook struct {
	ID          desk.ArticleID `json:"id"`
	Slug        string         `json:"slug"`
	Language    string         `json:"language"`
	Title       string         `json:"title"`
	PublishedAt time.Time      `json:"published_at"`
	Because     RunbookReason  `json:"because" doc:"Why it is shown here"`
	Parts       []RunbookPart  `json:"parts" doc:"The text in its order"`
	Steps       int            `json:"steps"`
	Done        int            `json:"done" doc:"How many of the steps are done in this conversation"`

	Text string `json:"-"` // CommonMark, published
}

// RunbookReason is what a runbook and a conversation have in common.
type RunbookReason struct {
	Routes []string `json:"routes" doc:"Rules that routed the conversation"`
	Tags   []string `json:"tags"`
	Inbox  bool     `json:"inbox" doc:"It is attached to the inbox of the conversation"`
}

// RunbookPart is a step, or what is written between steps.
type RunbookPart struct {
	Step string    `json:"step" doc:"The key of a step; it stays the same while its text does. Empty: not a step"`
	HTML string    `json:"html" doc:"Without scripts"`
	Text string    `json:"text" doc:"The first line of a step as plain text; empty: not a step"`
	Done *StepDone `json:"done" doc:"Null: not done"`
}

// StepDone is who did a step.
type StepDone struct {
	By AgentName `json:"by"`
	At time.Time `json:"at"`
}
