package slareference

import "slices"

// rule is an escalation rule of a conversation.
type rule struct {
	armed bool  // the condition has been false since it fired
	last  int64 // when it fired
}

var priorities = []string{"low", "normal", "high", "urgent"}

// escalate fires the rules whose condition has become true, in document order, until no
// other becomes true. It reports whether one fired.
func (c *conversation) escalate() (any bool) {
	for again := true; again; any = any || again {
		again = false
		for i := range c.rules {
			again = c.tryRule(i) || again
		}
	}
	return any
}

func (c *conversation) tryRule(i int) (fired bool) {
	r, e := &c.rules[i], &c.policy.Escalations[i]
	if !e.On.holds(c) {
		if !r.armed {
			c.features.add(Rearmed)
		}
		r.armed = true
		return false
	}
	if !r.armed {
		return false
	}
	if r.last == c.now {
		c.undefined = "rule " + e.Name + " becomes true twice at one instant"
		return false
	}
	r.armed, r.last = false, c.now
	c.fired = append(c.fired, Fired{e.Name, instant(c.now)})
	c.features.add(Escalated)
	c.act(e)
	return true
}

// act does what a rule says, unless it no longer applies.
func (c *conversation) act(e *Escalation) {
	next := c.state
	switch i := slices.Index(priorities, next.priority); {
	case e.Raise && i+1 < len(priorities):
		next.priority = priorities[i+1]
		c.features.add(EscalationRaises)
	case e.Unassign:
		next.assignee = ""
	case e.Move != "":
		inbox := e.Move
		if inbox == "tier+1" {
			inbox = c.onlyInbox(next.tier + 1)
		}
		if inbox == "" || inbox == next.inbox || next.finished() {
			return
		}
		c.features.add(EscalationMoves)
		c.moveTo(inbox)
		return
	}
	if next != c.state {
		c.transition(next, other)
	}
}

// onlyInbox returns the inbox of a tier, empty if it has none.
func (c *conversation) onlyInbox(tier int) string {
	found := ""
	for _, b := range c.policy.Inboxes {
		if b.Tier == tier && found != "" {
			c.undefined = "several inboxes in the tier of a move"
		}
		if b.Tier == tier {
			found = b.Name
		}
	}
	return found
}
