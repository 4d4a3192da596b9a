package router

import (
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
}

// Assign defines how conversations are assigned to agents.
type Assign struct {
	Strategy string // one of Strategies
	Capacity int    // open conversations per agent; 0: no limit
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
}

// Escalation is a rule that acts on a conversation when its condition holds.
type Escalation struct {
	Name string
	On   string // its condition, as written
	Do   Action

	on condition
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
}

// Handoff is the contract of one edge between tiers.
type Handoff struct {
	From, To     desk.Tier
	Require      []string      // information that must be given: "problem", "tried", "customer_told"
	AcceptWithin time.Duration // business time of the receiver; 0: no limit
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

// Handoff returns the contract for a move from one tier to another.
func (p *Policy) Handoff(from, to desk.Tier) (Handoff, bool) {
	for _, h := range p.handoffs {
		if h.From == from && h.To == to {
			return h, true
		}
	}
	return Handoff{}, false
}

// Due reports whether the escalation's condition holds.
func (e Escalation) Due(f Facts) (bool, error) { return e.on.holds(&f) }
