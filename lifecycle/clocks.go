package lifecycle

import (
	"cmp"
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router/sla"
)

// signals are what an event means for the clocks.
type signals struct {
	person bool // a person among the customers wrote
	reply  bool // a person at the desk replied
}

// promise updates the clocks after a step: they are counted under the state before it,
// then started, met and ended, then paused or resumed under the state after it.
func (t *transition) promise() {
	if t.policy.Rules == nil {
		return
	}
	t.count(t.at)
	if t.sig.reply {
		t.answer()
	}
	t.finish()
	t.reconsider()
	if t.sig.person {
		t.demand()
	}
	t.turn()
	t.watchGaps()
	if done(t.c.Status) || t.sig.reply {
		t.s.Pages = nil
	}
}

// now is the instant for the clocks. Mail that was read late does not turn them back.
func (t *transition) now() time.Time { return latest(t.at, t.s.EventAt) }

// count adds the business time up to an instant.
func (t *transition) count(at time.Time) {
	for i := range t.s.Clocks {
		c := &t.s.Clocks[i]
		if c.Open() && at.After(c.CountedAt) {
			c.Used, c.CountedAt = t.usage(c, at), at
		}
	}
}

// start starts a clock of the policy in force, if it has that metric and no clock of it
// is open.
func (t *transition) start(m desk.Metric, p sla.Policy, at time.Time) {
	target, ok := p.Targets[m]
	if !ok || t.s.open(m) != nil {
		return
	}
	t.s.First = t.s.First || m == desk.FirstResponse
	t.s.Clocks = append(t.s.Clocks, desk.Clock{ID: desk.NewID[desk.ClockID](), ConversationID: t.c.ID, Metric: m, Policy: p.Name,
		PolicyVersion: t.policy.Rules.Version, Tier: t.c.Tier, StartedAt: at, Target: target, CountedAt: at, State: desk.ClockRunning})
}

// end ends a clock.
func end(c *desk.Clock, state desk.ClockState, at time.Time) {
	c.State, c.EndedAt = state, latest(at, c.StartedAt)
	if state == desk.ClockMet {
		c.MetAt = c.EndedAt
	}
}

// response reports whether a metric's clocks are met by a reply alone.
func response(m desk.Metric) bool { return m == desk.FirstResponse || m == desk.NextResponse }

// answer lets a reply meet the clocks that wait for it. The next update is due from then
// on, unless the conversation is resolved.
func (t *transition) answer() {
	for i := range t.s.Clocks {
		c := &t.s.Clocks[i]
		if c.Open() && (response(c.Metric) || c.Metric == desk.UpdateEvery) && !c.StartedAt.After(t.at) {
			end(c, desk.ClockMet, t.at)
		}
	}
	if p, ok := t.policy.Rules.SLA(t.s.SLA); ok && !done(t.c.Status) {
		t.start(desk.UpdateEvery, p, t.now())
	}
}

// finish ends the clocks of a conversation that was resolved, and continues the
// resolution clock of one that was reopened.
func (t *transition) finish() {
	was, is := done(t.before.Conversation.Status), done(t.c.Status)
	if was == is {
		return
	}
	for i := range t.s.Clocks {
		c := &t.s.Clocks[i]
		switch {
		case is && c.Open() && c.Metric == desk.Resolution:
			end(c, desk.ClockMet, t.now())
		case is && c.Open():
			end(c, desk.ClockVoid, t.now())
		case was && c.Metric == desk.Resolution && c.State == desk.ClockMet:
			c.MetAt, c.EndedAt, c.CountedAt, c.DueAt = time.Time{}, time.Time{}, t.now(), time.Time{}
			c.Paused = true // turn decides whether it runs
		}
	}
}

// reconsider puts the SLA policy into force that applies after a change of inbox, tier,
// priority or segment, or instead of one that is not there any more.
func (t *transition) reconsider() {
	b := &t.before
	_, known := t.policy.Rules.SLA(t.s.SLA) // not after the end of the pilot that had it, or a publication without it
	if t.opening || (known || t.s.SLA == "") && t.c.InboxID == b.Conversation.InboxID && t.c.Tier == b.Conversation.Tier &&
		t.c.Priority == b.Conversation.Priority && t.s.Segment == b.Service.Segment {
		return
	}
	p, _, err := t.policy.Rules.SLAFor(t.facts(t.now()))
	if err != nil {
		t.record(desk.ActorPolicy, desk.RuleFailed{Rule: p.Name, Reason: err.Error()})
	}
	if p.Name == t.s.SLA {
		return
	}
	data := desk.SLAChanged{From: t.s.SLA, To: p.Name}
	t.s.SLA = p.Name
	if p.Name != "" {
		t.c.Path = append(t.c.Path, "sla: "+p.Name)
		data.Clocks = string(cmp.Or(p.OnHandoff, sla.Keep))
		t.takeOver(p)
	}
	t.record(desk.ActorPolicy, data)
}

// takeOver applies a policy that has just come into force to the open clocks, and
// starts those that are missing. Breached clocks continue as they are.
func (t *transition) takeOver(p sla.Policy) {
	at := t.now()
	for i := range t.s.Clocks { // clocks appended meanwhile are not visited
		target, has := p.Targets[t.s.Clocks[i].Metric]
		if c := &t.s.Clocks[i]; c.Open() && c.BreachedAt.IsZero() && has {
			switch p.OnHandoff {
			case sla.Restart:
				end(c, desk.ClockSuperseded, at)
				t.start(c.Metric, p, at)
			case sla.Retarget:
				t.retarget(c, p, target, at)
			}
		}
	}
	if !done(t.c.Status) {
		t.start(desk.Resolution, p, at)
		t.start(desk.UpdateEvery, p, at)
	}
	if !t.s.First && t.c.LastReplyAt.IsZero() {
		t.start(desk.FirstResponse, p, at)
	}
}

// retarget counts a clock again from its start, as if it had run under the policy from
// then on.
func (t *transition) retarget(c *desk.Clock, p sla.Policy, target time.Duration, at time.Time) {
	c.Policy, c.PolicyVersion, c.Target, c.Used, c.CountedAt = p.Name, t.policy.Rules.Version, target, 0, at
	calendar := t.calendar(c)
	for i, side := range t.s.Sides {
		until := at
		if i+1 < len(t.s.Sides) {
			until = t.s.Sides[i+1].At
		}
		if from := latest(side.At, c.StartedAt); !pauses(p, c.Metric, side) {
			c.Used += calendar.Between(from, until)
		}
	}
	c.DueAt = time.Time{} // turn sets it
}

// pauses reports whether a clock is paused on a side.
func pauses(p sla.Policy, m desk.Metric, s Side) bool {
	return slices.Contains(p.PauseOn, s.WaitingOn) || m == desk.Resolution && s.Done
}

// demand starts the clocks that a message from the customer starts.
func (t *transition) demand() {
	p, ok := t.policy.Rules.SLA(t.s.SLA)
	at := t.now()
	if !t.s.Promised {
		t.s.Promised = true
		if !ok {
			return
		}
		if !t.s.First && t.c.LastReplyAt.IsZero() {
			t.start(desk.FirstResponse, p, at)
		}
		if !done(t.c.Status) {
			t.start(desk.Resolution, p, at)
			t.start(desk.UpdateEvery, p, at)
		}
	}
	turned := t.before.Conversation.WaitingOn != desk.WaitingUs && t.c.WaitingOn == desk.WaitingUs
	if ok && turned && t.s.open(desk.FirstResponse) == nil {
		t.start(desk.NextResponse, p, at)
	}
}

// turn pauses and resumes clocks according to who has to act now, and sets when they
// are due.
func (t *transition) turn() {
	side := Side{At: t.now(), WaitingOn: t.c.WaitingOn, Done: done(t.c.Status)}
	if n := len(t.s.Sides); n == 0 || t.s.Sides[n-1].WaitingOn != side.WaitingOn || t.s.Sides[n-1].Done != side.Done {
		t.s.Sides = append(t.s.Sides, side)
	}
	var oldest time.Time
	for i := range t.s.Clocks {
		c := &t.s.Clocks[i]
		if !c.Open() && (c.Metric != desk.Resolution || c.State != desk.ClockMet) { // a reopening continues that one
			continue
		}
		if oldest.IsZero() || c.StartedAt.Before(oldest) {
			oldest = c.StartedAt
		}
		if c.Open() {
			t.run(c, side)
		}
	}
	t.s.forget(oldest)
}

// run pauses or resumes one clock.
func (t *transition) run(c *desk.Clock, side Side) {
	paused := pauses(t.slaOf(c), c.Metric, side)
	switch {
	case !c.BreachedAt.IsZero():
		c.State, c.DueAt = desk.ClockBreached, c.BreachedAt
	case paused:
		c.State, c.DueAt = desk.ClockPaused, time.Time{}
	case c.Paused || c.DueAt.IsZero():
		due, ok := t.calendar(c).Add(c.CountedAt, c.Target-c.Used)
		c.DueAt = time.Time{}
		if ok {
			c.DueAt = due.UTC()
		}
		c.State = desk.ClockRunning
	}
	c.Paused = paused
}

// forget drops the sides before an instant that no open clock needs, except the one
// that was in force then. A zero instant means that there is no open clock.
func (s *Service) forget(before time.Time) {
	keep := len(s.Sides) - 1
	if !before.IsZero() {
		for keep > 0 && s.Sides[keep].At.After(before) {
			keep--
		}
	}
	s.Sides = slices.Clone(s.Sides[keep:])
}
