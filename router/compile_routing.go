package router

import (
	"slices"

	"github.com/goccy/go-yaml/ast"

	"switchboard/desk"
	"switchboard/internal/nearest"
)

// routing reads the routing section.
func (c *compiler) routing(f field) {
	c.policy.routing = c.routes(f, false)
	if len(c.policy.routing) == 0 {
		return
	}
	if !guaranteesInbox(c.policy.routing) {
		c.fail(f.at, f.path, "has no default: the last node must have no `when` and set an inbox")
	}
}

// routes reads sibling nodes. nested means that they are a node's children, which are
// checked together with it.
func (c *compiler) routes(f field, nested bool) []*route {
	var nodes []*route
	var at []field
	for _, item := range c.items(f, false) {
		n := &route{}
		c.keys(item.value, item.path, map[string]func(field){
			"name":     func(f field) { n.name = c.text(f) },
			"when":     func(f field) { n.when = c.condition(f, c.calendarNames(), notInRouting...) },
			"continue": func(f field) { n.continues = c.boolean(f) },
			"set":      func(f field) { n.set = c.settings(f) },
			"routes":   func(f field) { n.children = c.routes(f, true) },
		}, "name")
		c.reachable(n, nodes, item)
		nodes, at = append(nodes, n), append(at, item)
	}
	if _, list := f.value.(*ast.SequenceNode); list && len(nodes) == 0 {
		c.fail(f.value, f.path, "at least one node is required")
	}
	if !nested {
		c.checkInboxes(nodes, at, false, false)
	}
	return nodes
}

// reachable checks a node against the siblings before it.
func (c *compiler) reachable(n *route, before []*route, item field) {
	for _, o := range before {
		switch {
		case o.name == n.name && n.name != "":
			c.fail(item.value, item.path, "another node at this level is already named %q", n.name)
		case o.when.always() && !o.continues:
			c.fail(item.value, item.path, "is never reached: node %q before it matches everything", o.name)
			return
		}
	}
	if n.when.never() {
		c.fail(item.value, item.path, "is never reached: its condition is always false")
	}
}

// checkInboxes reports nodes at which a conversation would end without an inbox.
// hasInbox means that an ancestor sets one, laterInbox that a later node is certain to
// set one.
func (c *compiler) checkInboxes(nodes []*route, at []field, hasInbox, laterInbox bool) {
	sure := guaranteesInbox(nodes)
	for i, n := range nodes {
		hasInbox := hasInbox || n.set.inbox != ""
		laterInbox := laterInbox || n.continues && sure
		if hasInbox || laterInbox {
			continue
		}
		if !guaranteesInbox(n.children) {
			c.fail(at[i].value, at[i].path, "a conversation would end here without an inbox: set one, or `continue: true`")
			continue
		}
		c.checkInboxes(n.children, c.childFields(at[i]), hasInbox, laterInbox)
	}
}

// childFields returns the positions of a node's children.
func (c *compiler) childFields(f field) []field {
	list, _ := c.fields(f.value, f.path)
	for _, child := range list {
		if child.key == "routes" {
			return c.items(child, false)
		}
	}
	return nil
}

// guaranteesInbox reports whether the nodes give every conversation an inbox.
func guaranteesInbox(nodes []*route) bool {
	return slices.ContainsFunc(nodes, func(n *route) bool {
		return n.when.always() && (n.set.inbox != "" || guaranteesInbox(n.children))
	})
}

// settings reads what a node sets.
func (c *compiler) settings(f field) settings {
	var s settings
	var tier desk.Tier
	var tierAt field // where an existing tier is set
	c.keys(orKey(f), f.path, map[string]func(field){
		"inbox": func(f field) { s.inbox = c.inboxRef(f) },
		"tier": func(f field) {
			var ok bool
			if tier, ok = c.tierRef(f); ok {
				tierAt = f
			}
		},
		"priority":   func(f field) { s.priority = desk.Priority(c.oneOf(f, priorityNames()...)) },
		"tags":       func(f field) { s.tags = union(nil, c.texts(f)) },
		"restricted": func(f field) { s.restricted = c.boolean(f) },
		"page":       func(f field) { s.page = c.page(f) },
		"sla":        func(f field) { s.sla = c.slaRef(f) },
		"answer":     func(f field) { s.answer = c.answer(f) },
	})
	if tierAt.value != nil {
		s.inbox = c.inboxOf(tier, s.inbox, tierAt)
	}
	return s
}

// inboxOf returns the inbox of a node that sets a tier: the inbox it sets as well, or
// the tier's first one.
func (c *compiler) inboxOf(tier desk.Tier, inbox string, at field) string {
	if in, ok := c.policy.Inbox(inbox); ok && in.Tier != tier {
		c.fail(at.value, at.path, "inbox %q belongs to tier %d", inbox, in.Tier)
	}
	if inbox != "" {
		return inbox
	}
	i := slices.IndexFunc(c.policy.inboxes, func(in Inbox) bool { return in.Tier == tier })
	if i < 0 {
		c.fail(at.value, at.path, "tier %d has no inbox", tier)
		return ""
	}
	return c.policy.inboxes[i].Key
}

// priorityNames returns the names of all priorities.
func priorityNames() []string {
	names := make([]string, len(Priorities))
	for i, p := range Priorities {
		names[i] = string(p)
	}
	return names
}

// slaRef reads the name of an existing SLA policy.
func (c *compiler) slaRef(f field) string {
	name := c.text(f)
	if _, ok := c.policy.SLA(name); name != "" && !ok {
		c.fail(f.value, f.path, "SLA policy %q does not exist%s", name, nearest.Hint(name, c.slaNames()))
	}
	return name
}
