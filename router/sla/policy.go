package sla

import (
	"time"

	"switchboard/desk"
)

// Metric is what a clock measures.
type Metric = desk.Metric

const (
	FirstResponse = desk.FirstResponse
	NextResponse  = desk.NextResponse
	Resolution    = desk.Resolution
	Update        = desk.UpdateEvery
)

// Metrics lists all metrics in the order in which they apply to a conversation.
var Metrics = desk.Metrics()

// OnHandoff says what happens to open clocks that are not breached when another SLA
// policy comes into force that has their metric too.
type OnHandoff string

const (
	Keep     OnHandoff = "keep"     // unchanged, under the policy that started them
	Retarget OnHandoff = "retarget" // same start, but target, calendar, pauses and warnings of the new policy
	Restart  OnHandoff = "restart"  // superseded by new ones, which start now
)

// Policy is a set of targets.
type Policy struct {
	Name     string
	Calendar string // name of the calendar whose business time the targets count
	Targets  map[Metric]time.Duration
	// Warnings are shares of a target in percent, ascending, at which people are warned.
	Warnings []float64
	PauseOn  []desk.WaitingOn // clocks are paused while waiting on these
	// OnHandoff decides about clocks that are open when this policy comes into force.
	OnHandoff OnHandoff
}
