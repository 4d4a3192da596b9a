package router

import (
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router/sla"
)

// Policy is a compiled policy document. It is immutable except for Version, and safe
// for concurrent use.
type Policy struct {
	// Version is the number under which the document was published. Until it is set, it
	// is the version of the document format, 1.
	Version int64

	calendars   []*sla.Calendar
	segments    []segment
	tiers       []Tier
	inboxes     []Inbox
	slas        []slaRule
	routing     []*route
	escalations []Escalation
	handoffs    []Handoff
	gaps        GapRules
	reviews     ReviewRules
	uses        map[string]bool // see Uses
	reads       map[string]bool // see Reads
	holidays    []holidaySource
	warnings    []Problem
	answers     []Answer
}

// Tier is a level of support.
type Tier struct {
	Tier     desk.Tier
	Name     string
	Scope    string   // its responsibilities; may be empty
	May      []string // what its agents may do without escalating: "reply", "macro:*", "refund<=50"
	Skills   []string
	Calendar string // may be empty
}

// Inbox is a shared queue.
type Inbox struct {
	Key      string // stable identifier in the policy and the API
	Name     string // for display; derived from Key if the document has none
	Tier     desk.Tier
	Calendar string // may be empty
	Skills   []string
	Assign   Assign
	Overflow Overflow
	// Undo is how long replies by mail are held, so that they can be undone; nil: the
	// default.
	Undo      *time.Duration
	Letter    Letter
	Automatic Automatic
}

// Assign defines how conversations are assigned to agents.
type Assign struct {
	Strategy string // one of Strategies
	Capacity int    // open conversations per agent; 0: no limit
	// Sticky prefers the agent who handled the contact's last conversation.
	Sticky bool
	// Rotations say who is on call, for the strategy "on-call": the first one is paged
	// first, the others are its backup, in this order.
	Rotations []Rotation
}

// Overflow lets other inboxes help with new conversations while an inbox has too many.
// It begins when one of the limits is reached, and ends when no conversation has waited
// that long any more and the load is below BackBelow.
type Overflow struct {
	To          []string      // keys of the inboxes that help, in order of preference; empty: no overflow
	WhenWaiting time.Duration // a conversation waits for an assignee this long, in the inbox's business time; 0: not a reason
	WhenLoad    float64       // percentage of the capacity of the agents present that is used; 0: not a reason
	BackBelow   float64       // percentage of the load; WhenLoad if the document has none
}

// Strategies of assignment.
var Strategies = []string{"manual", "round-robin", "least-loaded", "skill", "on-call"}

// Priorities in ascending order.
var Priorities = []desk.Priority{desk.PriorityLow, desk.PriorityNormal, desk.PriorityHigh, desk.PriorityUrgent}

// segment is a class of customer accounts; the first whose condition holds applies.
type segment struct {
	name string
	when condition
}

// slaRule is an SLA policy and when it applies.
type slaRule struct {
	policy sla.Policy
	when   condition
}

// route is a node of the routing tree.
type route struct {
	name      string
	when      condition
	continues bool // `continue`
	set       settings
	children  []*route
}

// settings are what a node sets; zero values are not set.
type settings struct {
	inbox      string
	priority   desk.Priority
	tags       []string
	restricted bool
	sla        string
	page       string
	answer     string // slug of an article
}

// Escalation is a rule that acts on a conversation when its condition holds.
type Escalation struct {
	Name string
	On   string // its condition, as written
	Do   Action

	on         condition
	thresholds []Threshold
}

// Action is what an escalation does. Zero values do nothing.
type Action struct {
	Notify    []string // "assignee", "inbox-lead", "admins", or an agent's address
	Priority  desk.Priority
	Raise     int    // steps up (or down) in Priorities
	MoveInbox string // key of an inbox
	MoveTier  int    // steps up in tiers
	Handover  string // "auto" or empty
	Unassign  bool
	Reassign  bool
	Tags      []string
	Page      string
	// Repeat pages again after each such time, until somebody acknowledges; 0: once.
	Repeat time.Duration
}

// Tiers returns the tiers in the document's order.
func (p *Policy) Tiers() []Tier { return p.tiers }

// Inboxes returns the inboxes in the document's order.
func (p *Policy) Inboxes() []Inbox { return p.inboxes }

// Inbox returns an inbox by its key.
func (p *Policy) Inbox(key string) (Inbox, bool) {
	for _, in := range p.inboxes {
		if in.Key == key {
			return in, true
		}
	}
	return Inbox{}, false
}

// Helping returns the inboxes that help one while it overflows, in order of preference.
func (p *Policy) Helping(in Inbox) (list []Inbox) {
	for _, key := range in.Overflow.To {
		if from, ok := p.Inbox(key); ok {
			list = append(list, from)
		}
	}
	return list
}

// Skills returns the skills that the tiers and inboxes name, sorted.
func (p *Policy) Skills() (skills []string) {
	for _, t := range p.tiers {
		skills = append(skills, t.Skills...)
	}
	for _, in := range p.inboxes {
		skills = append(skills, in.Skills...)
	}
	slices.Sort(skills)
	return slices.Compact(skills)
}

// Calendars returns the calendars in the document's order.
func (p *Policy) Calendars() []*sla.Calendar { return p.calendars }

// Calendar returns a calendar by its name.
func (p *Policy) Calendar(name string) (*sla.Calendar, bool) {
	for _, c := range p.calendars {
		if c.Name == name {
			return c, true
		}
	}
	return nil, false
}

// SLA returns an SLA policy by its name.
func (p *Policy) SLA(name string) (sla.Policy, bool) {
	for _, r := range p.slas {
		if r.policy.Name == name {
			return r.policy, true
		}
	}
	return sla.Policy{}, false
}

// Escalations returns the escalation rules in the document's order.
func (p *Policy) Escalations() []Escalation { return p.escalations }

// Due reports whether the escalation's condition holds.
func (e *Escalation) Due(f *Facts) (bool, error) { return e.on.holds(f) }
