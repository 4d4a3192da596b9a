package lifecycle

import (
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router"
	"switchboard/router/sla"
)

// lacks reports whether the conversation has a gap now, however short.
func (t *transition) lacks(g router.Gap) bool {
	if done(t.c.Status) || !t.c.MergedInto.IsZero() {
		return false
	}
	running, open := false, false
	for i := range t.s.Clocks {
		if k := &t.s.Clocks[i]; k.Open() {
			open, running = true, running || !k.Paused
		}
	}
	switch g {
	case router.GapOwner:
		return t.c.Status == desk.StatusOpen && t.c.AssigneeID.IsZero()
	case router.GapClock:
		return !open
	}
	working := !t.c.AssigneeID.IsZero() && t.c.WaitingOn == desk.WaitingUs
	return !running && !working && len(t.s.Tasks) == 0 && t.c.Status != desk.StatusSnoozed
}

// watchGaps remembers since when the conversation has had each gap, after a step.
func (t *transition) watchGaps() {
	for g := range t.policy.Rules.Gaps().After {
		_, had := t.s.Gaps[g]
		switch has := t.lacks(g); {
		case has && !had:
			if t.s.Gaps == nil {
				t.s.Gaps = map[router.Gap]time.Time{}
			}
			t.s.Gaps[g] = t.now()
		case !has && had:
			delete(t.s.Gaps, g)
		}
	}
	if t.s.Gap != "" && t.gap(t.now()) == "" {
		t.s.Gap = ""
	}
}

// gapAt returns when a gap has lasted as long as the policy allows, zero if the
// conversation does not have it.
func (t *transition) gapAt(g router.Gap) (at time.Time) {
	rules := t.policy.Rules.Gaps()
	since, has := t.s.Gaps[g]
	after, watched := rules.After[g]
	if !has || !watched {
		return at
	}
	calendar, ok := t.policy.Rules.Calendar(rules.Calendar)
	if !ok {
		calendar = &sla.Calendar{Always: true}
	}
	at, _ = calendar.Add(since, after)
	return at
}

// gap returns the first gap that has lasted too long, "" if there is none.
func (t *transition) gap(at time.Time) router.Gap {
	i := slices.IndexFunc(router.Gaps, func(g router.Gap) bool {
		x := t.gapAt(g)
		return !x.IsZero() && !x.After(at)
	})
	if i < 0 {
		return ""
	}
	return router.Gaps[i]
}

// findGap records a gap that has lasted too long.
func (t *transition) findGap(at time.Time) {
	g := t.gap(at)
	if g != "" && g != t.s.Gap {
		t.record(desk.ActorPolicy, desk.GapFound{Gap: string(g)})
	}
	t.s.Gap = g
}
