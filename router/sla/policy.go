package sla

import (
	"time"

	"switchboard/desk"
)

// Metric is what a clock measures.
type Metric string

const (
	FirstResponse Metric = "first_response" // from opening to our first reply
	NextResponse  Metric = "next_response"  // from a customer's message to our next reply
	Resolution    Metric = "resolution"     // from opening to resolution
	Update        Metric = "update_every"   // from our last message to the next promised update
)

// Metrics lists all metrics in the order in which they apply to a conversation.
var Metrics = []Metric{FirstResponse, NextResponse, Resolution, Update}

// Policy is a set of targets.
type Policy struct {
	Name     string
	Calendar string // name of the calendar whose business time the targets count
	Targets  map[Metric]time.Duration
	// Warnings are shares of a target in percent, ascending, at which people are warned.
	Warnings []float64
	PauseOn  []desk.WaitingOn // clocks are paused while waiting on these
}

// Clock measures one target of a conversation. A handoff never deletes it.
type Clock struct {
	Policy     string
	Metric     Metric
	Tier       desk.Tier
	StartedAt  time.Time     // when it last began to run
	PausedAt   time.Time     // zero: not paused
	Consumed   time.Duration // business time used before StartedAt
	DueAt      time.Time     // zero while paused
	MetAt      time.Time     // zero: not met
	BreachedAt time.Time     // zero: not breached
}
