package sla

import (
	"time"

	"switchboard/desk"
)

// Metric is what a clock measures.
type Metric string

const (
	FirstResponse Metric = "first_response" // opened, to our first answer
	NextResponse  Metric = "next_response"  // customer's message, to our next answer
	Resolution    Metric = "resolution"     // opened, to resolved
	Update        Metric = "update_every"   // our last message, to the next promised one
)

// Metrics lists all of them in the order of a conversation's life.
var Metrics = []Metric{FirstResponse, NextResponse, Resolution, Update}

// Policy is a set of targets.
type Policy struct {
	Name     string
	Calendar string // name of a calendar; its time is what targets count
	Targets  map[Metric]time.Duration
	// Warnings are shares of a target in percent at which people are warned, rising.
	Warnings []float64
	PauseOn  []desk.WaitingOn // clocks stand still while waiting on these
}

// Clock is one running promise. It is never deleted by a handoff.
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
