package router

import (
	"cmp"
	"slices"
	"strings"

	"switchboard/desk"
)

// Assignment is the result of routing a conversation.
type Assignment struct {
	Inbox      string // key
	Tier       desk.Tier
	Priority   desk.Priority
	Tags       []string // in the order they were set, each once
	Restricted bool     // only the inbox's members may read it
	SLA        string   // name of the SLA policy; empty if none applies
	Page       string   // who to page immediately: "on-call" or empty
	Segment    string   // may be empty
	Answer     string   // slug of the article that answers the first message; may be empty
	// Path lists the matching parts of the policy in order: "segment: enterprise", then
	// each routing node as "routing: api" or, with its parents, "routing: api/webhook",
	// then "sla: t2", then "answer: reset-your-password".
	Path []string
}

// Step is one test that Route made.
type Step struct {
	Section string `json:"section"` // "segment", "routing" or "sla"
	Name    string `json:"name"`    // of the node, with its parents: "api/webhook"
	When    string `json:"when"`    // its condition; empty: always
	Matched bool   `json:"matched"`
	// Why names the attributes that are missing or of another type than the condition
	// needs: a test of such an attribute is false. It begins with "skipped: " if the
	// condition could not be evaluated, which then does not match.
	Why string `json:"why,omitempty"`
}

// Route decides where a conversation with these facts goes. It never fails: a
// condition that cannot be evaluated does not match, and every policy that compiles
// has a default.
func (p *Policy) Route(f Facts) Assignment {
	a, _ := p.decide(f, false)
	return a
}

// Explain returns every condition that Route tests for these facts, in order.
func (p *Policy) Explain(f Facts) []Step {
	_, steps := p.decide(f, true)
	return steps
}

// walk is one decision in progress.
type walk struct {
	facts  Facts
	eval   evaluation
	steps  []Step
	record bool
	path   []string

	remarks []string // about the facts of the current test
}

func newWalk(f Facts, record bool) *walk {
	w := &walk{facts: f, record: record}
	w.eval.Facts = &w.facts
	if record {
		w.facts.remarks = &w.remarks
	}
	return w
}

// decide routes a conversation. It returns the steps if record is set.
func (p *Policy) decide(f Facts, record bool) (Assignment, []Step) {
	w := newWalk(f, record)
	a := Assignment{Segment: p.segment(w)}
	w.facts.Segment = a.Segment
	set, _ := w.tree(p.routing, "")
	a.Inbox, a.Priority, a.Tags, a.Restricted, a.Page = set.inbox, set.priority, set.tags, set.restricted, set.page
	if a.Priority == "" {
		a.Priority = desk.PriorityNormal
	}
	if in, ok := p.Inbox(a.Inbox); ok {
		a.Tier = in.Tier
	}
	w.facts.Tier, w.facts.Inbox = int(a.Tier), a.Inbox
	w.facts.Conversation.Priority, w.facts.Conversation.Tags, w.facts.Conversation.Restricted = string(a.Priority), a.Tags, a.Restricted
	if a.SLA = set.sla; a.SLA == "" {
		a.SLA = p.firstSLA(w)
	}
	if a.SLA != "" {
		w.path = append(w.path, "sla: "+a.SLA)
	}
	if a.Answer = set.answer; a.Answer != "" {
		w.path = append(w.path, "answer: "+a.Answer)
	}
	a.Path = w.path
	return a, w.steps
}

// test evaluates a node's condition and records the step.
func (w *walk) test(section, name string, c condition) bool {
	ok, err := c.test(&w.eval)
	if w.record {
		s := Step{Section: section, Name: name, When: c.source, Matched: ok, Why: strings.Join(w.remarks, "; ")}
		w.remarks = w.remarks[:0]
		if err != nil {
			s.Why = "skipped: " + err.Error()
		}
		w.steps = append(w.steps, s)
	}
	return ok
}

// segment returns the name of the first segment whose condition holds, "" if none does.
func (p *Policy) segment(w *walk) string {
	for _, s := range p.segments {
		if w.test("segment", s.name, s.when) {
			w.path = append(w.path, "segment: "+s.name)
			return s.name
		}
	}
	return ""
}

// firstSLA returns the first SLA policy that applies.
func (p *Policy) firstSLA(w *walk) string {
	for _, r := range p.slas {
		if w.test("sla", r.policy.Name, r.when) {
			return r.policy.Name
		}
	}
	return ""
}

// tree walks siblings depth first. Settings of a child take precedence over those of
// its parent, and settings of an earlier sibling over those of a later one.
func (w *walk) tree(nodes []*route, parents string) (sum settings, matched bool) {
	for _, n := range nodes {
		if quick := n.when.quick; quick != nil && !w.record && !quick(&w.eval) {
			continue // as below, without a name: what happens to most nodes
		}
		name := parents + n.name
		if !w.test("routing", name, n.when) {
			continue
		}
		matched = true
		mark := len(w.path)
		w.path = append(w.path, "routing: "+name)
		got := n.set
		if inner, ok := w.tree(n.children, name+"/"); ok {
			got = inner.inherit(n.set)
			got.tags = union(n.set.tags, inner.tags)
			w.path = slices.Delete(w.path, mark, mark+1) // the child's entry names the parent too
		}
		sum = sum.inherit(got)
		if !n.continues {
			break
		}
	}
	return sum, matched
}

// inherit returns s, with settings that are empty in s taken from base.
func (s settings) inherit(base settings) settings {
	s.inbox = cmp.Or(s.inbox, base.inbox)
	s.priority = cmp.Or(s.priority, base.priority)
	s.sla = cmp.Or(s.sla, base.sla)
	s.page = cmp.Or(s.page, base.page)
	s.answer = cmp.Or(s.answer, base.answer)
	s.restricted = s.restricted || base.restricted
	s.tags = union(s.tags, base.tags)
	return s
}

// union returns the tags of a, followed by those of b that are not in a.
func union(a, b []string) []string {
	a = slices.Clip(a)
	for _, t := range b {
		if !slices.Contains(a, t) {
			a = append(a, t)
		}
	}
	return a
}
