package view

import (
	"time"

	"switchboard/desk"
)

// SurveyFilter says which surveys are counted, and how they are grouped.
type SurveyFilter struct {
	Kind     desk.SurveyKind
	By       string // inbox or agent
	From, To time.Time
}

// SurveyResults is what customers answered.
type SurveyResults struct {
	Total  SurveyCount   `json:"total"`
	Groups []SurveyGroup `json:"groups" doc:"The group with the most surveys first"`
}

// SurveyCount counts surveys and their answers.
type SurveyCount struct {
	Sent     int64    `json:"sent"`
	Answered int64    `json:"answered"`
	Good     int64    `json:"good" doc:"Answers satisfied and very satisfied, or rather easy and better: on a scale of 5, 4 and 5; of 7, from 5; of 2, Good"`
	Share    *float64 `json:"share" minimum:"0" maximum:"1" doc:"The share of the answers that are good; null without answers"`
	Average  *float64 `json:"average" doc:"Of the scores, on a scale from 0 to 1; null without answers"`
}

// SurveyGroup counts the surveys of an inbox or an agent.
type SurveyGroup struct {
	Key  string `json:"key" doc:"The inbox's key, or the agent's id; empty: nobody was assigned"`
	Name string `json:"name"`
	SurveyCount
}
