package router

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/parser"
	"github.com/goccy/go-yaml/ast"

	"switchboard/desk"
	"switchboard/internal/nearest"
	"switchboard/router/sla"
)

// Warnings returns what is probably a mistake although the document compiles: what can
// never match or leads nowhere, in the document's order.
func (p *Policy) Warnings() []Problem { return p.warnings }

// warn records a warning at a node.
func (c *compiler) warn(n ast.Node, path, format string, args ...any) {
	p := position(n)
	c.policy.warnings = append(c.policy.warnings, Problem{p.Line, p.Column, path, fmt.Sprintf(format, args...)})
}

// locatedCondition is a condition and where it is.
type locatedCondition struct {
	field field
	condition
}

// findMistakes looks for mistakes in a document that compiles.
func (c *compiler) findMistakes(root ast.Node) {
	known := map[string]locatedCondition{}
	for _, l := range c.conditions {
		known[l.field.path] = l
	}
	for _, l := range c.conditions {
		c.checkCondition(l, known)
	}
	c.sameConditions(known)
	c.uselessInboxes(root)
	c.uselessSkills(root)
	sorted := PolicyError{Problems: c.policy.warnings}
	sorted.sort()
	c.policy.warnings = sorted.Problems
}

// checkCondition warns about a condition that is always false, or that compares a fact
// with a value that it never has.
func (c *compiler) checkCondition(l locatedCondition, known map[string]locatedCondition) {
	text, origin := expandLiterals(l.source)
	tree, err := parser.Parse(text)
	if err != nil {
		return
	}
	a := &analysis{values: c.factValues(), metrics: c.metrics(), escalation: strings.HasPrefix(l.field.path, "escalations")}
	a.look(tree.Node)
	for _, f := range a.findings {
		octet := len(string([]rune(text)[:f.at]))
		line, column := c.locate(l.field.value, l.source[:min(origin[octet], len(l.source))])
		c.policy.warnings = append(c.policy.warnings, Problem{line, column, l.field.path, f.reason})
	}
	if truth, ok := a.truth(tree.Node); ok && !truth && len(a.findings) == 0 {
		c.warn(l.field.value, l.field.path, "is always false")
		return
	}
	var parents []test // they hold as well
	for i, c := range l.field.path {
		if parent, ok := known[l.field.path[:i]+".when"]; ok && c == '.' && parent.field.path != l.field.path {
			text, _ := expandLiterals(parent.source)
			if tree, err := parser.Parse(text); err == nil {
				parents = a.conjunction(tree.Node, parents)
			}
		}
	}
	if contradiction(parents) != "" {
		return // the parent has the warning
	}
	if reason := contradiction(a.conjunction(tree.Node, parents)); reason != "" {
		c.warn(l.field.value, l.field.path, "is never true: %s", reason)
	}
}

// metrics returns the metrics for which an SLA policy has a target.
func (c *compiler) metrics() []sla.Metric {
	var all []sla.Metric
	for _, r := range c.policy.slas {
		for m := range r.policy.Targets {
			all = append(all, m)
		}
	}
	return all
}

// factValues returns the values that facts can have, for those with few of them.
func (c *compiler) factValues() map[string][]string {
	values := map[string][]string{
		"channel":                {"email", "chat", "form"},
		"message.auto_submitted": {"none", "auto-reply", "bounce", "complaint", "list", "auto-generated"},
		"message.trust":          {"claimed", "aligned", "verified", "forged"},
		"conversation.status":    {"open", "pending", "snoozed", "resolved", "closed"},
		"conversation.priority":  priorityNames(),
		"stint.waiting_on":       {string(desk.WaitingUs), string(desk.WaitingCustomer), string(desk.WaitingThirdParty)},
		"inbox":                  c.inboxKeys(),
		"segment":                {""},
		"gap":                    {""},
		"tier":                   {},
	}
	for _, s := range c.policy.segments {
		values["segment"] = append(values["segment"], s.name)
	}
	for _, g := range Gaps {
		values["gap"] = append(values["gap"], string(g))
	}
	for _, t := range c.policy.tiers {
		values["tier"] = append(values["tier"], fmt.Sprint(int(t.Tier)))
	}
	return values
}

// sameConditions warns about rules that are never reached because one before them, of
// which the first that matches applies, has the same condition.
func (c *compiler) sameConditions(known map[string]locatedCondition) {
	check := func(prefix string, names []string, skip func(i int) bool) {
		for i := range names {
			later, ok := known[fmt.Sprintf("%s[%d].when", prefix, i)]
			for j := 0; ok && j < i; j++ {
				before := known[fmt.Sprintf("%s[%d].when", prefix, j)]
				if !skip(j) && before.source != "" && sameSource(before.source, later.source) {
					c.warn(later.field.value, later.field.path, "is never reached: %q before it has the same condition", names[j])
					break
				}
			}
		}
	}
	never := func(int) bool { return false }
	var segments, slas []string
	for _, s := range c.policy.segments {
		segments = append(segments, s.name)
	}
	for _, r := range c.policy.slas {
		slas = append(slas, r.policy.Name)
	}
	check("segments", segments, never)
	check("slas", slas, never)
	var tree func(prefix string, nodes []*route)
	tree = func(prefix string, nodes []*route) {
		var names []string
		for _, n := range nodes {
			names = append(names, n.name)
		}
		check(prefix, names, func(i int) bool { return nodes[i].continues })
		for i, n := range nodes {
			tree(fmt.Sprintf("%s[%d].routes", prefix, i), n.children)
		}
	}
	tree("routing", c.policy.routing)
}

// sameSource reports whether two conditions are the same but for layout.
func sameSource(a, b string) bool {
	if a == b {
		return true
	}
	textA, _ := expandLiterals(a)
	textB, _ := expandLiterals(b)
	treeA, errA := parser.Parse(textA)
	treeB, errB := parser.Parse(textB)
	return errA == nil && errB == nil && treeA.Node.String() == treeB.Node.String()
}

// uselessInboxes warns about inboxes to which nothing in the policy leads. Self-service
// (tier 0) is not reached by the policy: agents move a conversation there.
func (c *compiler) uselessInboxes(root ast.Node) {
	reached := map[string]bool{}
	var routes func(nodes []*route)
	routes = func(nodes []*route) {
		for _, n := range nodes {
			reached[n.set.inbox] = true
			routes(n.children)
		}
	}
	routes(c.policy.routing)
	for _, in := range c.policy.inboxes {
		reached[in.Key] = reached[in.Key] || in.Tier == 0
		for _, e := range c.policy.escalations {
			if to, ok := c.policy.moveTarget(e.Do, in); ok {
				reached[to.Key] = true
			}
		}
		for _, to := range in.Overflow.To {
			reached[to] = true
		}
		for _, h := range c.policy.handoffs {
			reached[in.Key] = reached[in.Key] || h.To == in.Tier && (h.ToInbox == "" || h.ToInbox == in.Key)
		}
	}
	c.each(root, "inboxes", func(f field) {
		if !reached[f.key] {
			c.warn(f.at, f.path, "no route, move, overflow or handoff leads to this inbox")
		}
	})
}

// uselessSkills warns about skills of tiers that none of their inboxes needs, and about
// permissions that do not exist.
func (c *compiler) uselessSkills(root ast.Node) {
	c.each(root, "tiers", func(tier field) {
		list, _ := c.fields(tier.value, tier.path)
		for _, f := range list {
			switch f.key {
			case "skills":
				for _, item := range c.items(f, false) {
					if skill := c.text(item); !slices.Contains(c.inboxSkills(), skill) {
						c.warn(item.value, item.path, "no inbox needs the skill %q%s", skill, nearest.Hint(skill, c.inboxSkills()))
					}
				}
			case "may":
				for _, item := range c.items(f, false) {
					switch may := c.text(item); {
					case isOperation(may):
					case isPlanned(may):
						c.warn(item.value, item.path, "%q has no effect: there is no such operation yet", may)
					default:
						c.warn(item.value, item.path, "%q is not a known permission: use %s or *%s", may, strings.Join(operations, ", "), nearest.Hint(may, operations))
					}
				}
			}
		}
	})
}

func (c *compiler) inboxSkills() []string {
	var all []string
	for _, in := range c.policy.inboxes {
		all = append(all, in.Skills...)
	}
	return all
}

// each calls a function for each entry of a section.
func (c *compiler) each(root ast.Node, section string, visit func(field)) {
	sections, _ := c.fields(root, "")
	for _, s := range sections {
		if s.key != section {
			continue
		}
		var list []field
		if _, sequence := s.value.(*ast.SequenceNode); sequence {
			list = c.items(s, false)
		} else {
			list, _ = c.fields(s.value, s.path)
		}
		for _, f := range list {
			visit(f)
		}
	}
}
