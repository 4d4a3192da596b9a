package replay

import (
	"time"

	"switchboard/assignment"
	"switchboard/desk"
	"switchboard/lifecycle"
	"switchboard/replay/history"
)

// maxPerInstant bounds how often one conversation is assigned at one instant, for
// policies with a rule that takes back what the strategy assigns.
const maxPerInstant = 10

// assigner assigns the conversations of the inboxes whose strategy is not manual, after
// everything else that happens at an instant.
type assigner struct {
	inboxes []desk.Inbox
	members []desk.Member // as declared, without load
	skills  []string
	// due is the next instant to decide at; zero: not until something happens.
	due   time.Time
	turns map[desk.InboxID]map[desk.AgentID]time.Time
	// overflows are the inboxes that overflow.
	overflows map[desk.InboxID]bool
}

func newAssigner(p *lifecycle.Policy) *assigner {
	return &assigner{inboxes: p.Automatic(), skills: p.Rules.Skills(), turns: map[desk.InboxID]map[desk.AgentID]time.Time{}, overflows: map[desk.InboxID]bool{}}
}

// declare adds an agent, who is present unless they are away.
func (a *assigner) declare(agent desk.Agent, l *history.Line, at time.Time) {
	agent.Inboxes, agent.Skills, agent.Capacity = l.Inboxes, l.Skills, l.Capacity
	m := desk.Member{Agent: agent, Availability: desk.Available}
	if l.Away {
		m.Availability, m.Reason = desk.Away, desk.ReasonChosen
	}
	a.members = append(a.members, m)
	a.wake(at)
}

// wake asks for a decision at an instant, after what happens at it.
func (a *assigner) wake(at time.Time) {
	if len(a.inboxes) > 0 && !at.IsZero() && (a.due.IsZero() || at.Before(a.due)) {
		a.due = at
	}
}

// turn remembers that an agent was assigned a conversation. Turns at one instant have
// an order.
func (a *assigner) turn(s *desk.Stint) {
	turns := a.turns[s.InboxID]
	if turns == nil {
		turns = map[desk.AgentID]time.Time{}
		a.turns[s.InboxID] = turns
	}
	at := s.StartedAt
	for _, other := range turns {
		if !other.Before(at) {
			at = other.Add(1)
		}
	}
	turns[s.AssigneeID] = at
}

// assign decides at an instant and carries the decisions out.
func (r *run) assign(at time.Time) {
	a := r.assigner
	a.due = time.Time{}
	var next time.Time
	for _, in := range a.inboxes {
		rules, _ := r.policy.Rules.Inbox(in.Key)
		waiting := r.waiting(in, at)
		members := r.present()
		calendar, _ := r.policy.Rules.Calendar(rules.Calendar)
		oldest := assignment.Oldest(waiting)
		a.overflows[in.ID], _ = assignment.Overflows(rules, a.overflows[in.ID], oldest, members, calendar, at)
		state := assignment.State{At: at, Turns: a.turns[in.ID], Skills: a.skills}
		if a.overflows[in.ID] {
			state.Helping = r.policy.Rules.Helping(rules)
		}
		choices := assignment.Decide(rules, waiting, members, state)
		for i := range choices {
			c := r.order[number(choices[i].Conversation)-1]
			if !c.assignedAt.Equal(at) {
				c.assignedAt, c.assigned = at, 0
			}
			c.assigned++
			_ = r.apply(c, choices[i].Event(in.ID), at) // nothing has happened since the decision
		}
		if len(choices) < len(waiting) {
			if x := assignment.Next(rules, oldest, calendar, at); !x.IsZero() && (next.IsZero() || x.Before(next)) {
				next = x
			}
		}
	}
	a.wake(next)
}

// waiting returns the conversations of an inbox that wait for an assignee.
func (r *run) waiting(in desk.Inbox, at time.Time) (list []assignment.Waiting) {
	for _, o := range r.order {
		c := &o.state.Conversation
		if c.InboxID != in.ID || !o.state.Unassigned() || o.assignedAt.Equal(at) && o.assigned >= maxPerInstant {
			continue
		}
		w := assignment.Waiting{ID: c.ID, Priority: c.Priority, Tier: c.Tier, InboxID: c.InboxID, Tags: c.Tags, Restricted: c.Restricted, DueAt: c.DueAt,
			WaitingSince: c.WaitingSince, Since: o.state.Stint.StartedAt, Avoid: o.state.Service.Avoid}
		if rules, _ := r.policy.Rules.Inbox(in.Key); rules.Assign.Sticky {
			w.Last = r.last(o)
		}
		list = append(list, w)
	}
	return list
}

// last returns who handled the contact's last other conversation.
func (r *run) last(of *conversation) (last desk.AgentID) {
	var at time.Time
	for _, o := range r.order {
		c := &o.state.Conversation
		if o != of && o.contact == of.contact && !c.AssigneeID.IsZero() && !c.UpdatedAt.Before(at) {
			last, at = c.AssigneeID, c.UpdatedAt
		}
	}
	return last
}

// present returns the agents with their load.
func (r *run) present() []desk.Member {
	keys := map[desk.InboxID]string{}
	for _, in := range r.policy.Inboxes {
		keys[in.ID] = in.Key
	}
	load := map[desk.AgentID]map[string]int{}
	for _, o := range r.order {
		c := &o.state.Conversation
		if c.Status == desk.StatusOpen && c.WaitingOn == desk.WaitingUs && !c.AssigneeID.IsZero() {
			if load[c.AssigneeID] == nil {
				load[c.AssigneeID] = map[string]int{}
			}
			load[c.AssigneeID][keys[c.InboxID]]++
		}
	}
	members := make([]desk.Member, len(r.assigner.members))
	for i, m := range r.assigner.members {
		m.Load = load[m.ID]
		members[i] = m
	}
	return members
}

// number returns the number of a conversation, which its ID contains.
func number(id desk.ConversationID) int { return int(id[15]) | int(id[14])<<8 | int(id[13])<<16 }
