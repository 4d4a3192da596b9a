package router

import (
	"fmt"
	"strings"

	exprast "github.com/expr-lang/expr/ast"

	"switchboard/desk"
	"switchboard/router/sla"
)

// SLAFor returns the SLA policy for a conversation: the first rule that matches; false
// if none does. failed names a rule that could not be evaluated, which does not match.
func (p *Policy) SLAFor(f *Facts) (policy sla.Policy, ok bool, failed error) {
	for _, r := range p.slas {
		match, err := r.when.holds(f)
		if err != nil && failed == nil {
			failed = fmt.Errorf("slas: %s: %w", r.policy.Name, err)
		}
		if match {
			return r.policy, true, failed
		}
	}
	return sla.Policy{}, false, failed
}

// Expected returns the SLA policy of a usual conversation of a segment in an inbox: one without
// tags, of normal priority, that is opened by a person while all calendars are open.
func (p *Policy) Expected(segment string, in Inbox, channel desk.Channel) (sla.Policy, bool) {
	f := Facts{Channel: string(channel), Segment: segment, Tier: int(in.Tier), Inbox: in.Key, Calendar: map[string]bool{}}
	f.Message.AutoSubmitted, f.Conversation.Status, f.Conversation.Priority = "none", string(desk.StatusOpen), string(desk.PriorityNormal)
	for _, c := range p.calendars {
		f.Calendar[c.Name] = true
	}
	policy, ok, _ := p.SLAFor(&f)
	return policy, ok
}

// Segments returns the names of the segments in the document's order.
func (p *Policy) Segments() (names []string) {
	for _, s := range p.segments {
		names = append(names, s.name)
	}
	return names
}

// SegmentOf returns the segment of an account, "" if it is in none.
func (p *Policy) SegmentOf(f Facts) string { return p.segment(newWalk(f, false)) }

// InboxOf returns the first inbox of a tier.
func (p *Policy) InboxOf(t desk.Tier) (Inbox, bool) {
	for _, in := range p.inboxes {
		if in.Tier == t {
			return in, true
		}
	}
	return Inbox{}, false
}

// Thresholds returns the values at which the condition's facts may change it as time
// passes.
func (e *Escalation) Thresholds() []Threshold { return e.thresholds }

// Uses reports whether the SLA rules or the escalations refer to a fact or a group of
// facts, such as "message".
func (p *Policy) Uses(fact string) bool { return p.uses[fact] }

// UsesOpening reports whether the SLA rules or the escalations look at facts of the
// opening, which are stored apart from the conversation.
func (p *Policy) UsesOpening() bool {
	return p.uses["message"] || p.uses["contact"] || p.uses["account"] || p.uses["history"] || p.uses["channel"] || p.uses["endpoint"]
}

// Reads reports whether any condition refers to a fact or a group of facts, also those of
// segments and routing.
func (p *Policy) Reads(fact string) bool { return p.reads[fact] }

// note records that SLA rules or escalations use the facts of a condition.
func (p *Policy) note(c condition) { p.uses = noted(p.uses, c) }

// noted adds the facts that a condition refers to, with the groups they are in.
func noted(facts map[string]bool, c condition) map[string]bool {
	if c.node == nil {
		return facts
	}
	if facts == nil {
		facts = map[string]bool{}
	}
	n := c.node
	exprast.Walk(&n, visit(func(n exprast.Node) {
		name := factName(n)
		for name != "" {
			facts[name] = true
			name = name[:max(0, strings.LastIndexByte(name, '.'))]
		}
	}))
	return facts
}
