package lifecycle

import (
	"time"

	"switchboard/desk"
)

// AdvisoryReason is why a conversation that an advisory opens is resolved. Reports do not count
// such a resolution (conversation_points).
const AdvisoryReason = "it is an advisory"

// Advise returns the outcome of opening a conversation with a notice that goes to many customers.
// The caller sets the same in c as for Open, and then applies an automatic Reply to the outcome's
// state. It is resolved from the beginning: nobody has to do anything, and nothing is promised. An
// answer opens it, and starts the clocks, as the first message of a conversation does.
func Advise(c desk.Conversation, o Opening, by desk.AgentID, p Policy, at time.Time) Outcome {
	at = at.Truncate(time.Microsecond)
	c.Status, c.AssigneeID, c.LastSeq = desk.StatusOpen, desk.AgentID{}, 0
	c.CreatedAt, c.UpdatedAt = at, at
	if p.Rules != nil {
		p = p.Begin(&c, o.Facts)
		o.Data.PolicyVersion = c.PolicyVersion
	}
	t := newTransition(State{Conversation: c}, p, at)
	t.opening, t.facted = true, true
	t.s.EventAt, t.s.facts = at, &o.Facts
	t.begin(at)
	var failed error
	if p.Rules != nil {
		t.s.Segment = p.Rules.SegmentOf(o.Facts)
		policy, ok, err := p.Rules.SLAFor(t.facts(at))
		if failed = err; ok {
			t.s.SLA = policy.Name
			t.c.Path = append(t.c.Path, "sla: "+policy.Name)
		}
	}
	t.reason = "advisory"
	o.Data.StartedBy, o.Data.Segment, o.Data.Path = by, t.s.Segment, t.c.Path
	t.record(desk.AgentActor(by), o.Data)
	if failed != nil {
		t.record(desk.ActorPolicy, desk.RuleFailed{Rule: t.s.SLA, Reason: failed.Error()})
	}
	t.become(desk.StatusResolved, desk.WaitingCustomer, desk.ActorSystem, AdvisoryReason)
	t.settle()
	return t.finished(State{})
}
