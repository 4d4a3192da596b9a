package router

import (
	"slices"
	"strconv"
	"strings"

	exprast "github.com/expr-lang/expr/ast"

	"switchboard/desk"
	"switchboard/internal/nearest"
)

// escalations reads the escalations section.
func (c *compiler) escalations(f field) {
	list := c.items(f, false)
	for _, item := range list {
		var e Escalation
		c.keys(item.value, item.path, map[string]func(field){
			"name": func(f field) { e.Name = c.text(f) },
			"on": func(f field) {
				e.on = c.condition(f, c.calendarNames())
				e.On = e.on.source
				var unclear string
				if e.thresholds, unclear = thresholdsOf(e.on.node); unclear != "" {
					c.fail(f.value, f.path, "compare %s with a constant such as 2h or 80%%, so that it is known when the condition becomes true", unclear)
				}
				c.policy.note(e.on)
			},
			"do": func(f field) { e.Do = c.action(f) },
		}, "name", "on", "do")
		if slices.ContainsFunc(c.policy.escalations, func(o Escalation) bool { return o.Name == e.Name && e.Name != "" }) {
			c.fail(item.value, item.path, "escalation %q already exists", e.Name)
		}
		c.policy.escalations = append(c.policy.escalations, e)
	}
	c.cycles(list)
}

// action reads what an escalation does.
func (c *compiler) action(f field) Action {
	var a Action
	var repeatAt field
	c.keys(orKey(f), f.path, map[string]func(field){
		"notify":   func(f field) { a.Notify = c.notify(f) },
		"priority": func(f field) { a.Priority, a.Raise = c.priorityChange(f) },
		"move":     func(f field) { a.MoveInbox, a.MoveTier = c.move(f) },
		"handover": func(f field) { a.Handover = c.oneOf(f, "auto") },
		"unassign": func(f field) { a.Unassign = c.boolean(f) },
		"reassign": func(f field) { a.Reassign = c.boolean(f) },
		"tags":     func(f field) { a.Tags = c.texts(f) },
		"page":     func(f field) { a.Page = c.page(f) },
		"repeat":   func(f field) { a.Repeat, repeatAt = c.duration(f), f },
	})
	if repeatAt.at != nil && a.Page == "" {
		c.fail(repeatAt.at, repeatAt.path, "repeats a page, but the action has no `page`")
	}
	if list, ok := c.fields(orKey(f), f.path); ok && len(list) == 0 {
		c.fail(orKey(f), f.path, "the action is empty")
	}
	return a
}

// page reads whom to page.
func (c *compiler) page(f field) string {
	s := c.text(f)
	if s != "" && s != onCall && !strings.Contains(s, "@") {
		c.fail(f.value, f.path, "%q must be on-call or an agent's address%s", s, nearest.Hint(s, []string{onCall}))
	}
	return s
}

// notified are the people whom an escalation can notify, beside agents by their address.
var notified = []string{"assignee", "inbox-lead", "admins"}

// notify reads the list of people to notify.
func (c *compiler) notify(f field) []string {
	var all []string
	for _, item := range c.items(f, true) {
		s := c.text(item)
		if s != "" && !slices.Contains(notified, s) && !strings.Contains(s, "@") {
			c.fail(item.value, item.path, "%q must be assignee, inbox-lead, admins or an agent's address%s", s, nearest.Hint(s, notified))
			continue
		}
		all = append(all, s)
	}
	return all
}

// priorityChange reads a priority, or a step such as +1.
func (c *compiler) priorityChange(f field) (desk.Priority, int) {
	s := c.text(f)
	if strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") {
		n, err := strconv.Atoi(s)
		if err != nil || n == 0 || n < -3 || n > 3 {
			c.fail(f.value, f.path, "%q is not a valid step from -3 to +3", s)
		}
		return "", n
	}
	if s == "" {
		return "", 0
	}
	return desk.Priority(c.oneOf(f, priorityNames()...)), 0
}

// move reads an inbox, or a step in tiers such as tier+1.
func (c *compiler) move(f field) (inbox string, tiers int) {
	s, _ := scalar(f.value)
	if step, ok := strings.CutPrefix(strings.ReplaceAll(s, " ", ""), "tier"); ok && step != "" && strings.ContainsAny(step[:1], "+-") {
		n, err := strconv.Atoi(step)
		if err != nil || n == 0 || n < -9 || n > 9 {
			c.fail(f.value, f.path, "%q is not a valid step such as tier+1", s)
		}
		return "", n
	}
	return c.inboxRef(f), 0
}

// cycles finds escalations that could move a conversation in an endless loop. A
// condition that names an inbox or a tier holds only there; any other may hold
// anywhere.
func (c *compiler) cycles(at []field) {
	next := map[string]map[string]int{} // from inbox to inbox, and the escalation that does it
	for i, e := range c.policy.escalations {
		for _, from := range c.policy.inboxes {
			to, ok := c.policy.moveTarget(e.Do, from)
			if !ok || !mayHold(e.on.node, from) {
				continue
			}
			if next[from.Key] == nil {
				next[from.Key] = map[string]int{}
			}
			next[from.Key][to.Key] = i
		}
	}
	for _, in := range c.policy.inboxes {
		if i, ok := onCycle(next, in.Key); ok {
			c.fail(at[i].value, at[i].path, "creates a loop: conversations in inbox %q can return to it", in.Key)
			return
		}
	}
}

// moveTarget returns the inbox to which an action moves a conversation from another one.
func (p *Policy) moveTarget(a Action, from Inbox) (Inbox, bool) {
	if a.MoveInbox != "" {
		to, ok := p.Inbox(a.MoveInbox)
		return to, ok && to.Key != from.Key
	}
	if a.MoveTier == 0 {
		return Inbox{}, false
	}
	i := slices.IndexFunc(p.inboxes, func(in Inbox) bool { return in.Tier == from.Tier+desk.Tier(a.MoveTier) })
	if i < 0 {
		return Inbox{}, false
	}
	return p.inboxes[i], true
}

// onCycle returns an escalation that is part of a cycle through start.
func onCycle(next map[string]map[string]int, start string) (int, bool) {
	seen := map[string]bool{}
	var visit func(key string) (int, bool)
	visit = func(key string) (int, bool) {
		for to, i := range next[key] {
			if to == start {
				return i, true
			}
			if !seen[to] {
				seen[to] = true
				if _, ok := visit(to); ok {
					return i, true
				}
			}
		}
		return 0, false
	}
	return visit(start)
}

// mayHold reports whether the condition can be true in an inbox, judging by the inbox
// and tier it names.
func mayHold(n exprast.Node, in Inbox) bool {
	b, ok := n.(*exprast.BinaryNode)
	if !ok {
		return true
	}
	switch b.Operator {
	case "and", "&&":
		return mayHold(b.Left, in) && mayHold(b.Right, in)
	case "or", "||":
		return mayHold(b.Left, in) || mayHold(b.Right, in)
	case "==", "!=":
		name, ok := b.Left.(*exprast.IdentifierNode)
		if !ok {
			return true
		}
		same := true
		switch v := b.Right.(type) {
		case *exprast.IntegerNode:
			if name.Value != "tier" {
				return true
			}
			same = v.Value == int(in.Tier)
		case *exprast.StringNode:
			if name.Value != "inbox" {
				return true
			}
			same = v.Value == in.Key
		default:
			return true
		}
		return same == (b.Operator == "==")
	}
	return true
}
