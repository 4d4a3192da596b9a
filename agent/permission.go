package agent

import (
	"fmt"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/router"
)

// Operations that the policy may limit with `may`, per tier. Everything else is allowed
// to everyone who may read a conversation.
const (
	mayReply   = "reply"
	mayResolve = "resolve"
)

// may returns nil if the agent may do something, by the tiers they work in. Admins may do
// everything, and so may the agents of a tier without a list.
func may(rules *router.Policy, by *desk.Agent, operation string) error {
	if rules == nil || by.Admin {
		return nil
	}
	var able []string
	for _, t := range rules.Tiers() {
		if len(t.May) > 0 && !slices.Contains(t.May, operation) {
			continue
		}
		if slices.Contains(by.Tiers, t.Tier) {
			return nil
		}
		able = append(able, fmt.Sprintf("tier %d (%s)", t.Tier, t.Name))
	}
	if len(able) == 0 {
		return desk.Errorf(desk.KindDenied, "only admins may %s; the policy allows it to no tier", operation)
	}
	return desk.Errorf(desk.KindDenied, "your tier may not %s here; the policy allows it to %s and to admins", operation, strings.Join(able, ", "))
}

// Allowed returns what an agent may do with a conversation now, in the words of the API.
func (d *Desk) Allowed(by desk.Agent, c *view.Conversation) []string {
	visible := desk.Conversation{Restricted: c.Restricted, Tier: c.Tier}
	if c.ID.IsZero() || !by.CanRead(&visible) {
		return []string{}
	}
	rules := d.opt.Policy().Rules
	allowed := []string{"assign", "move", "note", "priority", "swarm", "task"}
	if c.Status != desk.StatusClosed && !onlyHelps(by.ID, c) && may(rules, &by, mayReply) == nil {
		allowed = append(allowed, "reply")
	}
	switch c.Status {
	case desk.StatusResolved, desk.StatusClosed:
		allowed = append(allowed, "open")
	default:
		allowed = append(allowed, "pending", "snooze")
		if may(rules, &by, mayResolve) == nil {
			allowed = append(allowed, "close", "resolve")
		}
	}
	if c.Assignee == nil {
		allowed = append(allowed, "claim")
	}
	if h := c.Handoff; h != nil && h.ReturnedAt == nil && h.To.Key == c.Inbox.Key {
		allowed = append(allowed, "return")
		if h.AcceptedAt == nil {
			allowed = append(allowed, "accept")
		}
	}
	slices.Sort(allowed)
	return allowed
}
