package assignment

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router"
	"switchboard/router/sla"
)

// help makes the agent a helper of an inbox, if they can be: they work in one of the
// inboxes that help, and have all skills of the inbox that they help. The smaller of the
// two inboxes' capacities applies, unless they have one of their own.
func (m *member) help(inbox router.Inbox, helping []router.Inbox) bool {
	for i, from := range helping {
		if !worksIn(&m.Agent, from) {
			continue
		}
		if slices.ContainsFunc(inbox.Skills, func(s string) bool { return !slices.Contains(m.Skills, s) }) {
			return false
		}
		m.helps, m.helping = i+1, from.Key
		m.limit = cmp.Or(m.Capacity, smaller(inbox.Assign.Capacity, from.Assign.Capacity))
		return true
	}
	return false
}

// smaller returns the smaller of two capacities, of which 0 is no limit.
func smaller(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// Load returns the percentage of the capacity of the agents present in an inbox that is
// used: 0 if one of them has no limit, and 100 if nobody is present.
func Load(inbox router.Inbox, members []desk.Member) float64 {
	used, capacity := 0, 0
	for _, m := range candidates(inbox, members, nil) {
		switch {
		case m.Availability != desk.Available:
			continue
		case m.limit == 0:
			return 0
		}
		used += m.open
		capacity += m.limit
	}
	if capacity == 0 {
		return 100
	}
	return 100 * float64(used) / float64(capacity)
}

// Overflows reports whether an inbox overflows now, given whether it did before, and
// why. oldest is since when a conversation has been waiting for an assignee; zero: none
// is. The time is counted in the inbox's calendar; nil: all time counts.
func Overflows(inbox router.Inbox, before bool, oldest time.Time, members []desk.Member, calendar *sla.Calendar, at time.Time) (now bool, why string) {
	o := inbox.Overflow
	if len(o.To) == 0 {
		return false, ""
	}
	if due := OverflowAt(inbox, oldest, calendar); !due.IsZero() && !due.After(at) {
		return true, fmt.Sprintf("a conversation has waited for %s", o.WhenWaiting)
	}
	load := Load(inbox, members)
	if !before {
		// A full inbox in which nothing waits needs no help.
		if o.WhenLoad > 0 && load >= o.WhenLoad && !oldest.IsZero() {
			return true, fmt.Sprintf("%.0f %% of the capacity is used", load)
		}
		return false, ""
	}
	if o.BackBelow > 0 && load >= o.BackBelow {
		return true, fmt.Sprintf("%.0f %% of the capacity is used", load)
	}
	return false, fmt.Sprintf("%.0f %% of the capacity is used, and no conversation has waited too long", load)
}

// OverflowAt returns from when on an inbox overflows because a conversation has been
// waiting for an assignee since oldest; zero: never.
func OverflowAt(inbox router.Inbox, oldest time.Time, calendar *sla.Calendar) time.Time {
	if inbox.Overflow.WhenWaiting == 0 || len(inbox.Overflow.To) == 0 || oldest.IsZero() {
		return time.Time{}
	}
	if calendar == nil {
		calendar = &sla.Calendar{Always: true}
	}
	at, _ := calendar.Add(oldest, inbox.Overflow.WhenWaiting)
	return at
}

// Oldest returns since when a conversation has been waiting for an assignee; zero if
// there is none.
func Oldest(waiting []Waiting) (oldest time.Time) {
	for i := range waiting {
		if since := waiting[i].Since; oldest.IsZero() || since.Before(oldest) {
			oldest = since
		}
	}
	return oldest
}

// Next returns when a decision about waiting conversations can change although nothing
// happens: an inbox begins to overflow, or somebody else is on call. Zero: never. That
// agents come and go is not considered.
func Next(inbox router.Inbox, oldest time.Time, calendar *sla.Calendar, after time.Time) (at time.Time) {
	if oldest.IsZero() {
		return at
	}
	sooner := func(x time.Time) {
		if x.After(after) && (at.IsZero() || x.Before(at)) {
			at = x
		}
	}
	sooner(OverflowAt(inbox, oldest, calendar))
	if inbox.Assign.Strategy == OnCall {
		for _, r := range inbox.Assign.Rotations {
			sooner(router.NextOnCall(r, after))
		}
	}
	return at
}
