package replay

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"switchboard/desk"
	"switchboard/replay/output"
)

// result describes a conversation as of an instant.
func (r *run) result(c *conversation, until time.Time) output.Conversation {
	v := &c.state.Conversation
	out := output.Conversation{Key: c.key, Status: string(v.Status), Inbox: r.inboxKey(v.InboxID), Tier: int(v.Tier), Assignee: r.agentKey(v.AssigneeID),
		Segment: named(c.state.Service.Segment), Path: append([]string{}, v.Path...), SLA: named(c.state.Service.SLA),
		Stints: []output.Stint{}, Clocks: []output.Clock{}, Fired: []output.Fired{}}
	for _, s := range c.stints {
		out.Stints = append(out.Stints, output.Stint{Inbox: r.inboxKey(s.InboxID), Tier: int(s.Tier), Assignee: r.agentKey(s.AssigneeID), WaitingOn: string(s.WaitingOn),
			StartedAt: s.StartedAt, EndedAt: instant(s.EndedAt)})
	}
	slices.SortStableFunc(c.clocks, func(a, b desk.Clock) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), slices.Index(desk.Metrics(), a.Metric)-slices.Index(desk.Metrics(), b.Metric))
	})
	for i := range c.clocks {
		out.Clocks = append(out.Clocks, r.clock(c, &c.clocks[i], until))
	}
	for _, f := range c.fired {
		out.Fired = append(out.Fired, output.Fired{Escalation: f.Escalation, At: f.At, Did: append([]string{}, f.Did...)})
	}
	out.Measures = c.measures(until)
	return out
}

// clock describes a clock; one that is open is counted up to until.
func (r *run) clock(c *conversation, k *desk.Clock, until time.Time) output.Clock {
	used := k.Used
	if k.Open() && !k.Paused && until.After(k.CountedAt) {
		if p, ok := r.policy.Rules.SLA(k.Policy); ok {
			if cal, ok := r.policy.Rules.Calendar(p.Calendar); ok {
				used += cal.Between(k.CountedAt, until)
			}
		}
	}
	out := output.Clock{Metric: string(k.Metric), Policy: k.Policy, Tier: int(k.Tier), State: string(k.State), StartedAt: k.StartedAt, DueAt: instant(k.DueAt),
		MetAt: instant(k.MetAt), BreachedAt: instant(k.BreachedAt), EndedAt: instant(k.EndedAt), TargetS: k.Target.Seconds(), UsedS: used.Seconds(), Warnings: []output.Warning{}}
	for _, w := range k.Warnings {
		out.Warnings = append(out.Warnings, output.Warning(w))
	}
	return out
}

// measures adds up the stints, without the time while resolved or closed.
func (c *conversation) measures(until time.Time) output.Measures {
	m := output.Measures{TierS: map[string]float64{}, WaitingS: map[string]float64{"us": 0, "customer": 0, "third-party": 0}}
	opened := c.stints[0].StartedAt
	if len(c.replies) > 0 {
		s := c.replies[0].Sub(opened).Seconds()
		m.FirstReplyS = &s
	}
	if n := len(c.done); n > 0 && c.done[n-1].to.IsZero() {
		s := c.done[n-1].from.Sub(opened).Seconds()
		m.ResolutionS = &s
	}
	for i := range c.stints {
		s := &c.stints[i]
		end := s.EndedAt
		if end.IsZero() {
			end = until
		}
		d := end.Sub(s.StartedAt) - c.doneWithin(s.StartedAt, end)
		m.TierS[strconv.Itoa(int(s.Tier))] += d.Seconds()
		m.WaitingS[string(s.WaitingOn)] += d.Seconds()
		if i == 0 {
			continue
		}
		before := &c.stints[i-1]
		if before.Tier != s.Tier {
			m.Handoffs++
		}
		if !before.AssigneeID.IsZero() && !s.AssigneeID.IsZero() && before.AssigneeID != s.AssigneeID {
			m.Reassignments++
		}
	}
	return m
}

// doneWithin returns how long the conversation was resolved or closed between two
// instants.
func (c *conversation) doneWithin(from, to time.Time) (sum time.Duration) {
	for _, p := range c.done {
		a, b := p.from, p.to
		if b.IsZero() || b.After(to) {
			b = to
		}
		if a.Before(from) {
			a = from
		}
		sum += max(0, b.Sub(a))
	}
	return sum
}

func (r *run) inboxKey(id desk.InboxID) string {
	for _, in := range r.policy.Inboxes {
		if in.ID == id {
			return in.Key
		}
	}
	return ""
}

func (r *run) agentKey(id desk.AgentID) *string { return named(r.keys[id]) }

func named(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
