package lifecycle

import (
	"switchboard/desk"
	"switchboard/router"
)

// Of returns the policy for a conversation: that of the pilot if it decided about the
// conversation when it opened and is still running, otherwise the live one.
func (p Policy) Of(c *desk.Conversation) Policy {
	if p.Pilot != nil && c.PolicyVersion == p.Pilot.Policy.Version {
		p.Rules = p.Pilot.Policy
	}
	return p
}

// Begin returns the policy for a conversation that opens. If it is that of the pilot, the
// conversation says so.
func (p Policy) Begin(c *desk.Conversation, f router.Facts) Policy {
	if p.Pilot == nil || !p.Pilot.Takes(c.AccountID, p.Rules.SegmentOf(f)) {
		return p
	}
	c.PolicyVersion = p.Pilot.Policy.Version
	c.Path = append(c.Path, "pilot: "+p.Pilot.String())
	return p.Of(c)
}

// Defining returns the policy that says how an inbox works: the live one, or the pilot's for
// an inbox that only it has; nil if neither has it.
func (p *Policy) Defining(key string) *router.Policy {
	if p.Rules == nil {
		return nil
	}
	if _, ok := p.Rules.Inbox(key); ok {
		return p.Rules
	}
	if p.Pilot != nil {
		if _, ok := p.Pilot.Policy.Inbox(key); ok {
			return p.Pilot.Policy
		}
	}
	return nil
}

// InboxFor returns what the policy for a conversation says about the inbox that it is in, and
// that policy.
func (p Policy) InboxFor(c *desk.Conversation) (router.Inbox, *router.Policy, bool) {
	key := p.inboxByID(c.InboxID, c.Tier).Key
	own := p.Of(c)
	rules := own.Defining(key)
	if rules == nil {
		return router.Inbox{}, nil, false
	}
	in, ok := rules.Inbox(key)
	return in, rules, ok
}
