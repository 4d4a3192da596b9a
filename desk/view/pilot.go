package view

import (
	"time"

	"switchboard/desk"
)

// Pilot is a draft of the policy that is, or was, tried with some accounts.
type Pilot struct {
	Version      int64             `json:"version" doc:"Of the draft"`
	Base         int64             `json:"base" doc:"The version that was live"`
	Share        int               `json:"share" doc:"Percent of the accounts"`
	Segment      string            `json:"segment" doc:"Only accounts in this segment of the live version; empty: all"`
	Reason       string            `json:"reason"`
	StartedAt    time.Time         `json:"started_at"`
	StartedBy    string            `json:"started_by" doc:"May be empty"`
	BaselineFrom time.Time         `json:"baseline_from" doc:"What was before is measured from here until the start"`
	EndedAt      *time.Time        `json:"ended_at" doc:"Null: it is running"`
	EndedBy      string            `json:"ended_by"`
	Outcome      desk.PilotOutcome `json:"outcome" enum:",adopted,withdrawn,superseded" doc:"Empty: it is running; superseded: by another publication"`
	Note         string            `json:"note" doc:"Why it ended"`
	Published    *int64            `json:"published" doc:"The version whose publication ended it; null: none"`
}

// PilotCases is what was counted of a group of a pilot, in one time. Times are in seconds, and
// shares from 0 to 1.
type PilotCases struct {
	N        int64   `json:"n" doc:"Cases"`
	Accounts int64   `json:"accounts" doc:"Whose cases these are"`
	Mean     float64 `json:"mean" doc:"Of times in seconds, of shares from 0 to 1"`
	Median   float64 `json:"median"`
	Spread   float64 `json:"-"` // sum of the squared distances of the accounts' totals from the mean
}

// PilotCount is what was counted of one measure.
type PilotCount struct {
	Grp     string // pilot or control
	During  bool   // since the pilot started; else before
	Measure string
	PilotCases
}
