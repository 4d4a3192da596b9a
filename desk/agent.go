package desk

import (
	"cmp"
	"slices"
	"time"
)

// Agent is a person who works at the desk.
type Agent struct {
	ID    AgentID
	Name  string
	Email string
	Tiers []Tier // tiers whose inboxes the agent works in
	Admin bool
	// Disabled agents keep their history and cannot sign in.
	Disabled bool

	// Inboxes are the keys of the inboxes that the agent works in; empty: all inboxes
	// of their tiers.
	Inboxes []string
	Skills  []string // as the policy's tiers and inboxes name them
	// Capacity is how many open conversations may be assigned to the agent
	// automatically; 0: as many as the inbox allows.
	Capacity int
	Leads    []string // keys of the inboxes that the agent leads
	Timezone string   // IANA name, of Hours; may be empty
	Hours    Hours    // weekly working hours; empty: always

	// InboxesOnly: they read only what is in the inboxes in which they work, which are
	// Sees. MaskAddresses: they do not see the addresses of customers. Neither limits an
	// admin.
	InboxesOnly   bool
	MaskAddresses bool
	Sees          []InboxID // with InboxesOnly; as of when the agent was read

	// How they appear to customers, which they set themselves.
	DisplayName string // empty: Name
	Signature   string // CommonMark with names such as {{inbox.name}}; empty: none
}

// Shown is the name that customers see.
func (a *Agent) Shown() string { return cmp.Or(a.DisplayName, a.Name) }

// Masked reports whether the agent does not see the addresses of customers.
func (a *Agent) Masked() bool { return a.MaskAddresses && !a.Admin }

// Hours are weekly opening or working hours, as the calendars of the policy have them:
// {"mon-thu": ["09:00-12:30", "13:00-17:00"], "fri": ["09:00-15:00"]}.
type Hours map[string][]string

// WorksIn reports whether the agent works in an inbox.
func (a *Agent) WorksIn(i Inbox) bool {
	return slices.Contains(a.Tiers, i.Tier) && (len(a.Inboxes) == 0 || slices.Contains(a.Inboxes, i.Key))
}

// CanRead reports whether the agent may read a conversation, and therefore work on
// it. Restricted conversations are limited to admins and the agents of their tier, and
// agents who are limited to inboxes to what is in them. An unknown or disabled agent may
// read nothing. The SQL function may_read is the same
// rule.
func (a *Agent) CanRead(c *Conversation) bool {
	if a.ID.IsZero() || a.Disabled {
		return false
	}
	return a.Admin || (!c.Restricted || slices.Contains(a.Tiers, c.Tier)) && (!a.InboxesOnly || slices.Contains(a.Sees, c.InboxID))
}

// Availability says whether an agent takes new work.
type Availability string

const (
	Available Availability = "available"
	Away      Availability = "away"
	// Offline is never chosen: the agent has not been connected for some minutes.
	Offline Availability = "offline"
)

// Presence is what determines an agent's availability, together with their hours.
type Presence struct {
	Chosen Availability // Available or Away, by the agent
	Until  time.Time    // with Away: when it ends; zero: when the agent ends it
	SeenAt time.Time    // when an event socket of the agent was last open; zero: never
}

// Member is an agent as the assignment of conversations needs them.
type Member struct {
	Agent
	Presence
	Availability Availability // at the time of reading
	// Reason says why the agent is not available: ReasonChosen, ReasonHours or
	// ReasonDisconnected.
	Reason string
	// Load counts the conversations assigned to the agent that are open and wait for
	// us, by the key of their inbox.
	Load map[string]int
}

// The reasons why an agent is not available.
const (
	ReasonChosen       = "chosen"        // they set it
	ReasonHours        = "outside-hours" // it is outside their working hours
	ReasonDisconnected = "disconnected"  // no event socket has been open for some minutes
)

// Open is the number of conversations in Load.
func (m *Member) Open() (n int) {
	for _, open := range m.Load {
		n += open
	}
	return n
}
