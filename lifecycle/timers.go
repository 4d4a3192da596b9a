package lifecycle

import (
	"math"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// maxFirings bounds how many instants one Apply catches up with. The rest follows with
// the next one, so that a long pause cannot hold a lock for long.
const maxFirings = 1000

// NextTimer returns the instant from which a Timer has an effect; false if no timer
// is set. It may be in the past.
func NextTimer(s State, p Policy) (time.Time, bool) {
	t := newTransition(s, p, time.Time{})
	at := t.next(true)
	return at, !at.IsZero()
}

// next returns the next instant with something to do, zero if there is none. The
// instant of the newest event counts if a timer is due at it; without effective also if
// the rules merely have to be evaluated again there.
func (t *transition) next(effective bool) (at time.Time) {
	sooner := func(x time.Time) {
		if !x.IsZero() && (at.IsZero() || x.Before(at)) {
			at = x
		}
	}
	if t.c.Status == desk.StatusSnoozed {
		sooner(t.c.SnoozedUntil)
	}
	sooner(t.nextTask())
	sooner(t.nextScheduled())
	if t.policy.Rules == nil {
		return at
	}
	for _, p := range t.s.Pages {
		sooner(p.Next)
	}
	if t.s.Survey != nil {
		sooner(t.s.Survey.At)
	}
	for g := range t.s.Gaps {
		if x := t.gapAt(g); t.s.Gap == "" || x.After(t.s.TimersAt) {
			sooner(x)
		}
	}
	evaluated := t.s.TimersAt
	if fresh := t.s.EventAt.After(evaluated); fresh {
		if evaluated = t.s.EventAt; !effective || t.ripe() {
			sooner(t.s.EventAt)
		}
	}
	for i := range t.s.Clocks {
		sooner(t.nextOf(&t.s.Clocks[i]))
	}
	for i := range t.policy.Rules.Escalations() {
		for _, h := range t.policy.Rules.Escalations()[i].Thresholds() {
			if x := t.reaches(h, evaluated); x.After(evaluated) {
				sooner(x)
			}
		}
	}
	return at
}

// ripe reports whether a rule would fire at the instant of the newest event.
func (t *transition) ripe() bool {
	for i := range t.policy.Rules.Escalations() {
		e := &t.policy.Rules.Escalations()[i]
		if holds, err := t.holds(e, t.s.EventAt); (holds && !slices.Contains(t.s.Holding, e.Name)) || (err != nil && !slices.Contains(t.s.Failing, e.Name)) {
			return true
		}
	}
	return false
}

// nextOf returns when a clock gives a warning or is breached, zero if never.
func (t *transition) nextOf(c *desk.Clock) (at time.Time) {
	if !c.Open() {
		return at
	}
	if c.BreachedAt.IsZero() && !c.Paused {
		at = c.DueAt
	}
	for _, percent := range t.slaOf(c).Warnings {
		if !warned(c, percent) {
			if need := share(c.Target, percent/100); c.Paused && c.Used < need {
				break
			} else if c.Paused {
				return c.CountedAt // the share was used when the clock was paused, or by a new target
			}
			if x, ok := t.calendar(c).Add(c.CountedAt, share(c.Target, percent/100)-c.Used); ok && (at.IsZero() || x.Before(at)) {
				return x // they are in ascending order
			}
			break
		}
	}
	return at
}

// share returns a share of a duration, rounded up to the resolution of the database.
func share(d time.Duration, part float64) time.Duration {
	return time.Duration(math.Ceil(float64(d)*part/1000-1e-6)) * 1000
}

func warned(c *desk.Clock, percent float64) bool {
	return slices.ContainsFunc(c.Warnings, func(w desk.ClockWarning) bool { return w.Percent == percent })
}

// reaches returns when a fact reaches a threshold as time passes, zero if it does not.
func (t *transition) reaches(h router.Threshold, after time.Time) time.Time {
	switch h.Fact {
	case "stint.age":
		return t.out.State.Stint.StartedAt.Add(h.After)
	case "conversation.age":
		return t.c.CreatedAt.Add(h.After)
	case "handoff.age", "handoff.accept.used", "handoff.accept.remaining", "handoff.accept.breached":
		return t.handoffReaches(h)
	case "gap":
		return time.Time{} // the timer of the gap itself
	case "stint.unacknowledged":
		if t.s.Acknowledged || t.s.AssignedAt.IsZero() || t.c.AssigneeID.IsZero() {
			return time.Time{}
		}
		return t.s.AssignedAt.Add(h.After)
	}
	if name, ok := calendarFact(h.Fact); ok {
		if cal, ok := t.policy.Rules.Calendar(name); ok {
			at, _ := cal.NextChange(after)
			return at
		}
		return time.Time{}
	}
	for i := range t.s.Clocks {
		c := &t.s.Clocks[i]
		if !c.Open() || c.Paused {
			continue
		}
		var used time.Duration
		switch name := router.ClockFact(c.Metric); h.Fact {
		case name + ".used":
			used = share(c.Target, h.Share)
		case name + ".remaining":
			used = c.Target - h.After
		case name + ".breached":
			used = c.Target
		default:
			continue
		}
		at, _ := t.calendar(c).Add(c.CountedAt, used-c.Used)
		return at
	}
	return time.Time{}
}

// fire does everything that is due at an instant: snoozes end, scheduled replies are sent, tasks become overdue, clocks give
// warnings and are breached, gaps are found, pages repeated and surveys due, then escalation rules fire in the document's order, each
// at most once, until no other one becomes true.
func (t *transition) fire(at time.Time) {
	if t.c.Status == desk.StatusSnoozed && !t.c.SnoozedUntil.After(at) {
		t.act(at, SnoozeExpired{}, "", "")
	}
	t.at = at
	t.sendScheduled(at)
	t.ringTasks(at)
	if t.policy.Rules == nil {
		return
	}
	t.count(at)
	t.ring(at)
	t.findGap(at)
	t.pageAgain(at)
	t.ask(at)
	t.factsNow, t.factsThen = knownFacts{}, knownFacts{}
	t.s.TimersAt = latest(t.s.TimersAt, at)
	fired := map[string]bool{}
	for again := true; again; {
		again = false
		for i := range t.policy.Rules.Escalations() {
			e := &t.policy.Rules.Escalations()[i]
			if t.becameTrue(e, at) && !fired[e.Name] {
				fired[e.Name], again = true, true
				t.escalate(e, at)
			}
		}
	}
}

// ring gives the warnings of the clocks and marks those that are breached.
func (t *transition) ring(at time.Time) {
	for i := range t.s.Clocks {
		c := &t.s.Clocks[i]
		if !c.Open() {
			continue
		}
		for _, percent := range t.slaOf(c).Warnings {
			if c.Used >= share(c.Target, percent/100) && !warned(c, percent) {
				c.Warnings = append(c.Warnings, desk.ClockWarning{Percent: percent, At: at})
				t.record(desk.ActorPolicy, desk.PromiseWarned{Metric: c.Metric, Policy: c.Policy, Percent: percent, Due: c.DueAt})
			}
		}
		if c.BreachedAt.IsZero() && !c.Paused && c.Used >= c.Target {
			c.State, c.BreachedAt, c.DueAt = desk.ClockBreached, at, at
			t.record(desk.ActorPolicy, desk.PromiseBreached{Metric: c.Metric, Policy: c.Policy, Tier: c.Tier})
		}
	}
}

// catchUp does everything that is due before an instant; with inclusive, also at it.
func (t *transition) catchUp(until time.Time, inclusive bool) {
	for range maxFirings {
		at := t.next(false)
		if at.IsZero() || at.After(until) || at.Equal(until) && !inclusive {
			return
		}
		t.fire(latest(at, t.s.TimersAt).UTC())
	}
}
