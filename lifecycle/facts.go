package lifecycle

import (
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

// facts returns what the conditions of the policy may look at, at an instant that is
// not before the clocks were last counted.
func (t *transition) facts(at time.Time) *router.Facts {
	rules := t.policy.Rules
	f := &router.Facts{History: router.HistoryFacts{LastTier: -1}}
	if rules.UsesOpening() {
		*f = *t.s.opening()
	}
	c := &t.c
	f.Segment, f.Tier, f.Inbox = t.s.Segment, int(c.Tier), t.policy.inboxByID(c.InboxID, c.Tier).Key
	f.Conversation = router.ConversationFacts{Number: c.Number, Subject: c.Subject, Status: string(c.Status), Priority: string(c.Priority),
		Tags: c.Tags, Restricted: c.Restricted, Assigned: !c.AssigneeID.IsZero(), Age: at.Sub(c.CreatedAt)}
	f.Messages = router.CountFacts{Inbound: t.s.Inbound, Outbound: t.s.Outbound}
	stint := &t.out.State.Stint
	f.Stint = router.StintFacts{Age: at.Sub(stint.StartedAt), WaitingOn: string(c.WaitingOn)}
	if !c.AssigneeID.IsZero() {
		if rules.Uses("stint.assignee") {
			f.Stint.Assignee = t.agent(c.AssigneeID).Email
		}
		if !t.s.Acknowledged && !t.s.AssignedAt.IsZero() {
			f.Stint.Unacknowledged = at.Sub(t.s.AssignedAt)
		}
	}
	if rules.Uses("handoff") {
		f.Handoff = t.handoffFacts(at)
	}
	if rules.Uses("gap") {
		f.Gap = string(t.gap(at))
	}
	if rules.Uses("calendar") {
		f.Calendar = map[string]bool{}
		for _, cal := range rules.Calendars() {
			f.Calendar[cal.Name] = cal.Open(at)
		}
	}
	for i := range t.s.Clocks {
		if k := &t.s.Clocks[i]; k.Open() {
			*clockFacts(f, k.Metric) = t.clockFacts(k, at)
		}
	}
	f.SLA.UpdateEvery = f.SLA.Update
	return f
}

func clockFacts(f *router.Facts, m desk.Metric) *router.ClockFacts {
	switch m {
	case desk.FirstResponse:
		return &f.SLA.FirstResponse
	case desk.NextResponse:
		return &f.SLA.NextResponse
	case desk.Resolution:
		return &f.SLA.Resolution
	}
	return &f.SLA.Update
}

func (t *transition) clockFacts(k *desk.Clock, at time.Time) router.ClockFacts {
	used := t.usage(k, at)
	return router.ClockFacts{Running: !k.Paused, Breached: !k.BreachedAt.IsZero(), Used: float64(used) / float64(max(k.Target, 1)), Remaining: k.Target - used}
}

// calendarFact returns the calendar that a fact such as "calendar.office" is about.
func calendarFact(fact string) (name string, ok bool) { return strings.CutPrefix(fact, "calendar.") }

// agent returns an agent, the zero Agent if they are not known.
func (t *transition) agent(id desk.AgentID) desk.Agent {
	if id.IsZero() || t.policy.Agent == nil {
		return desk.Agent{}
	}
	a, _ := t.policy.Agent(id)
	return a
}

// inbox returns an inbox by its key.
func (p *Policy) inbox(key string) (desk.Inbox, bool) {
	for _, in := range p.Inboxes {
		if in.Key == key {
			return in, true
		}
	}
	return desk.Inbox{}, false
}

// inboxByID returns an inbox; one without key and name if it is not in use any more.
func (p *Policy) inboxByID(id desk.InboxID, tier desk.Tier) desk.Inbox {
	for _, in := range p.Inboxes {
		if in.ID == id {
			return in
		}
	}
	return desk.Inbox{ID: id, Tier: tier}
}
