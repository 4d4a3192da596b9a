package slareference

import "slices"

// apply applies an event to a conversation that exists.
func (c *conversation) apply(e Event) {
	next := c.state
	switch e.Do {
	case Receive:
		c.receive(e)
	case Reply:
		c.reply(e)
	case Assign:
		next.assignee = e.To
		c.transition(next, other)
	case Accept:
		if !c.handedOver {
			c.undefined = "nothing to accept"
		}
		c.handedOver = false
		next.assignee = e.By
		c.transition(next, other)
	case Move:
		c.move(e)
	case Return:
		c.giveBack()
	case Status:
		c.setStatus(e)
	case Priority:
		next.priority = e.Priority
		c.transition(next, other)
	case Note:
	default:
		panic("unknown event " + e.Do)
	}
}

// receive applies a message of the customer, and the account if it has changed. An
// automatic message changes nothing else.
func (c *conversation) receive(e Event) {
	next := c.state
	if e.Account != nil {
		c.account = *e.Account
		next.segment = c.findSegment()
	}
	if !e.person() {
		c.features.add(MachineWrites)
		c.transition(next, other)
		return
	}
	next.status, next.waiting = "open", "us"
	c.transition(next, personWrites)
}

func (c *conversation) reply(e Event) {
	next := c.state
	if next.status == "open" || next.status == "snoozed" {
		next.status = "pending"
	}
	next.waiting = "customer"
	if next.assignee == "" {
		next.assignee = e.By
	}
	c.transition(next, agentReplies)
	if c.replied == 0 {
		c.replied = c.now
	}
}

func (c *conversation) move(e Event) {
	inbox := e.Inbox
	if inbox == "" {
		inbox = c.onlyInbox(e.Tier)
	}
	if inbox == "" || inbox == c.state.inbox {
		c.undefined = "a move to nowhere else"
		return
	}
	c.moveTo(inbox)
}

// moveTo moves to another inbox. The assignee stays if they work in its tier.
func (c *conversation) moveTo(inbox string) {
	from := c.state
	c.origin, c.handedOver = &from, true
	next := c.state
	next.inbox, next.tier = inbox, c.tierOf(inbox)
	if !c.worksIn(next.assignee, next.tier) {
		next.assignee = ""
	}
	c.transition(toUs(next), other)
}

// toUs opens a conversation that waits: whoever gets it has to act.
func toUs(s state) state {
	if s.status == "pending" || s.status == "snoozed" {
		s.status, s.waiting = "open", "us"
	}
	return s
}

func (c *conversation) worksIn(agent string, tier int) bool {
	return slices.ContainsFunc(c.agents, func(a Agent) bool { return a.Name == agent && slices.Contains(a.Tiers, tier) })
}

// giveBack returns the conversation to where it was before the newest move.
func (c *conversation) giveBack() {
	if c.origin == nil || c.origin.inbox == c.state.inbox {
		c.undefined = "nothing to return"
		return
	}
	next := c.state
	next.inbox, next.tier, next.assignee = c.origin.inbox, c.origin.tier, c.origin.assignee
	c.origin, c.handedOver = nil, false
	c.features.add(Returned)
	c.transition(toUs(next), other)
}

func (c *conversation) setStatus(e Event) {
	next := c.state
	next.status = e.Status
	switch e.Status {
	case "open":
		next.waiting = "us"
	case "pending":
		next.waiting = "customer"
		if e.WaitingOn != "" {
			next.waiting = e.WaitingOn
		}
	case "snoozed":
		if !e.Snooze.After(e.At) {
			c.undefined = "snoozed until now"
		}
	default:
		next.waiting = "customer"
	}
	c.transition(next, other)
	if e.Status == "snoozed" {
		c.snooze = e.Snooze.Unix()
	}
}
