package lifecycle

import (
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// Counted returns the clocks of a stored conversation, counted up to an instant. Timers
// that have not fired yet are not anticipated.
func Counted(s State, p Policy, at time.Time) []desk.Clock {
	if p.Rules == nil {
		return s.Service.Clocks
	}
	t := newTransition(s, p, at)
	t.count(at)
	return t.s.Clocks
}

// FactsOf returns what the conditions of the policy may look at, at an instant.
func FactsOf(s State, p Policy, at time.Time) router.Facts {
	t := newTransition(s, p, at)
	t.count(at)
	return *t.facts(at)
}
