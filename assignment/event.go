package assignment

import (
	"switchboard/desk"
	"switchboard/lifecycle"
)

// maxConsidered bounds how many agents an event lists.
const maxConsidered = 20

// Event returns the assignment of a conversation that was found in an inbox.
func (c *Choice) Event(inbox desk.InboxID) lifecycle.Assign {
	why := &lifecycle.Automatic{Inbox: inbox, Strategy: c.Strategy, Reason: c.Reason, Helping: c.Helping}
	for i := range c.Considered[:min(len(c.Considered), maxConsidered)] {
		o := &c.Considered[i]
		why.Considered = append(why.Considered, desk.ConsideredAgent{AgentID: o.Agent, Name: o.Name, Reason: o.WhyNot})
	}
	return lifecycle.Assign{By: desk.ActorPolicy, To: c.Agent, Automatic: why}
}
