package router

import (
	"time"

	"switchboard/router/sla"
)

// Rotation says who of several agents is on call at any time. The agents take turns in
// their order. Each turn takes Days days and begins at the wall-clock time Minute of
// Location, also on days on which the clocks change. A time that the clock skips is
// replaced by the end of the gap; of a time that it shows twice, the first counts.
type Rotation struct {
	Agents   []string // addresses in lower case; an agent may be listed more than once
	Location *time.Location
	Minute   int      // of the handover, after midnight
	Days     int      // of each turn
	Start    sla.Date // on which a turn of the first agent begins; turns before it are counted backwards
	// Overrides are exceptions. Of several at the same time, the last one counts.
	Overrides []Override
}

// Override puts an agent on call between two local times: From is included, To is not.
type Override struct {
	From, To sla.WallTime
	Agent    string
}

// firstMonday is the default for Rotation.Start: any date would do, as long as it does
// not change.
var firstMonday = sla.Date{Year: 1970, Month: time.January, Day: 5}

// OnCall returns the address of the agent who is on call, "" if the rotation has no
// agents.
func OnCall(r Rotation, at time.Time) string {
	for i := len(r.Overrides) - 1; i >= 0; i-- {
		o := r.Overrides[i]
		if !at.Before(o.From.In(r.Location)) && at.Before(o.To.In(r.Location)) {
			return o.Agent
		}
	}
	if len(r.Agents) == 0 || r.Days < 1 {
		return ""
	}
	start := r.Start.Number()
	turn := floorDiv(sla.WallTimeOf(at.In(r.Location)).Number()-start, r.Days)
	if r.begin(start + turn*r.Days).After(at) {
		turn--
	}
	return r.Agents[turn-len(r.Agents)*floorDiv(turn, len(r.Agents))]
}

// NextOnCall returns the next instant after at at which another agent may be on call,
// zero if there is none.
func NextOnCall(r Rotation, at time.Time) (next time.Time) {
	sooner := func(x time.Time) {
		if x.After(at) && (next.IsZero() || x.Before(next)) {
			next = x
		}
	}
	for _, o := range r.Overrides {
		sooner(o.From.In(r.Location))
		sooner(o.To.In(r.Location))
	}
	if len(r.Agents) > 0 && r.Days >= 1 {
		start := r.Start.Number()
		turn := floorDiv(sla.WallTimeOf(at.In(r.Location)).Number()-start, r.Days)
		sooner(r.begin(start + turn*r.Days))
		sooner(r.begin(start + (turn+1)*r.Days))
	}
	return next
}

// begin returns the instant of the handover on a day.
func (r Rotation) begin(day int) time.Time {
	return sla.WallTime{Date: sla.DateOf(day), Minute: r.Minute}.In(r.Location)
}

// floorDiv divides and rounds down, also below zero.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
