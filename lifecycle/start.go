package lifecycle

import (
	"time"

	"switchboard/desk"
)

// Start returns the outcome of opening a conversation with a customer who has not written:
// an agent writes to them. The caller sets the same in c as for Open, and then applies the
// Reply to the outcome's state. It waits for the customer from the beginning. Nobody was
// promised a first response; the resolution clock starts at the opening, and the next update
// is due after the reply, as after every other one.
func Start(c desk.Conversation, o Opening, by desk.AgentID, assignee *desk.Agent, p Policy, at time.Time) Outcome {
	at = at.Truncate(time.Microsecond)
	c.Status, c.AssigneeID, c.LastSeq = desk.StatusPending, desk.AgentID{}, 0
	c.CreatedAt, c.UpdatedAt = at, at
	if p.Rules != nil {
		p = p.Begin(&c, o.Facts)
		o.Data.PolicyVersion = c.PolicyVersion
	}
	t := newTransition(State{Conversation: c}, p, at)
	t.opening, t.facted = true, true
	t.s.EventAt, t.s.facts, t.s.Promised, t.s.Started = at, &o.Facts, true, true
	t.begin(at)
	var failed error
	if p.Rules != nil {
		t.s.Segment = p.Rules.SegmentOf(o.Facts)
		policy, ok, err := p.Rules.SLAFor(t.facts(at))
		if failed = err; ok {
			t.s.SLA = policy.Name
			t.c.Path = append(t.c.Path, "sla: "+policy.Name)
			t.start(desk.Resolution, policy, at)
		}
	}
	t.reason = "started"
	t.wait(desk.WaitingCustomer)
	o.Data.StartedBy, o.Data.Segment, o.Data.Path = by, t.s.Segment, t.c.Path
	t.record(desk.AgentActor(by), o.Data)
	if failed != nil {
		t.record(desk.ActorPolicy, desk.RuleFailed{Rule: t.s.SLA, Reason: failed.Error()})
	}
	t.assign(assignee, desk.AgentActor(by), "started", nil)
	if assignee.ID != by {
		t.notify("assignee", desk.NoticeAssigned, "", "")
	}
	t.settle()
	return t.finished(State{})
}

// abandon closes a conversation of which nothing is left, because the message that started
// it was taken back. Its clocks promised nothing to anybody.
func (t *transition) abandon(by desk.Actor) {
	c := &t.c
	if !t.s.Started || !c.LastInboundAt.IsZero() || t.s.Inbound > 0 || t.s.Outbound > 0 || len(t.s.Scheduled) > 0 || !c.MergedInto.IsZero() || c.Status == desk.StatusClosed {
		return
	}
	for i := range t.s.Clocks {
		if k := &t.s.Clocks[i]; k.Open() {
			end(k, desk.ClockVoid, t.now())
		}
	}
	t.reason = "abandoned"
	t.become(desk.StatusClosed, desk.WaitingCustomer, by, "the message that started it was taken back")
}
