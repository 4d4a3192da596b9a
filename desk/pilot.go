package desk

import "time"

// Pilot is a draft that is to be tried with some accounts. Its Publication is that of the
// draft: Tiers and Inboxes are those of both policies.
type Pilot struct {
	Publication
	Share    int // percent of the accounts
	Segment  string
	Baseline time.Duration // how long before it is measured
}

// PilotEnd says how a pilot ends without a publication.
type PilotEnd struct {
	Version int64 // of the draft
	By      Actor
	Author  string
	Reason  string
	Tiers   map[Tier]string // those of the live policy
	Inboxes []Inbox
}

// PilotOutcome says what became of a pilot.
type PilotOutcome string

const (
	PilotRunning    PilotOutcome = ""
	PilotAdopted    PilotOutcome = "adopted"
	PilotWithdrawn  PilotOutcome = "withdrawn"
	PilotSuperseded PilotOutcome = "superseded" // by another publication
)

// Events of pilots. Their subject is the version of the draft.
const (
	EventPilotStarted EventKind = "pilot.started" // PilotStarted
	EventPilotEnded   EventKind = "pilot.ended"   // PilotEnded
)

// PilotStarted is a draft of the policy that is tried with some accounts from then on.
type PilotStarted struct {
	PolicyVersion int64  `json:"policy_version" doc:"Of the draft"`
	Base          int64  `json:"base" doc:"The version that is live"`
	Share         int    `json:"share" doc:"Percent of the accounts"`
	Segment       string `json:"segment,omitempty" doc:"Only accounts in this segment"`
	Author        string `json:"author" doc:"May be empty"`
	Reason        string `json:"reason"`
}

// PilotEnded is the end of a pilot.
type PilotEnded struct {
	PolicyVersion int64        `json:"policy_version" doc:"Of the draft"`
	Outcome       PilotOutcome `json:"outcome" doc:"adopted, withdrawn, or superseded by another publication"`
	Published     int64        `json:"published,omitempty" doc:"The version whose publication ended it"`
	Author        string       `json:"author" doc:"May be empty"`
	Reason        string       `json:"reason"`
}

func (PilotStarted) EventKind() EventKind { return EventPilotStarted }
func (PilotEnded) EventKind() EventKind   { return EventPilotEnded }

func (PilotStarted) EventVersion() int { return 1 }
func (PilotEnded) EventVersion() int   { return 1 }
