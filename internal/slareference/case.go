package slareference

import "time"

// Case is a policy and a history.
type Case struct {
	Policy Policy
	Agents []Agent
	Events []Event   // ordered by time
	Until  time.Time // when the clocks are read; not before the first event

	// Step is the length of a step. All events, targets, ages and percentages of targets
	// are multiples of it, so that nothing happens within a step.
	Step time.Duration
}

// Policy is the part of a policy document that decides about clocks and stints.
type Policy struct {
	Calendars   []Calendar
	Segments    []Segment
	Inboxes     []Inbox
	SLAs        []SLA
	Routing     []Route // the last one has no condition
	Escalations []Escalation
	Handoffs    []Handoff
}

// Calendar has the hours of business in a time zone.
type Calendar struct {
	Name     string
	Always   bool
	Zone     string
	Days     [7][]Window // by time.Weekday
	Holidays []string    // 2006-01-02
}

// Window is a part of a day in minutes after midnight by the wall clock.
type Window struct{ From, To int }

// Segment is a class of accounts. The first that matches counts.
type Segment struct {
	Name string
	When Condition
}

// Inbox belongs to one tier.
type Inbox struct {
	Name     string
	Tier     int
	Calendar string
}

// Metric is what a clock measures, in the order in which clocks are listed.
type Metric int

// The metrics.
const (
	FirstResponse Metric = iota
	NextResponse
	Resolution
	UpdateEvery
	metrics
)

var metricNames = [metrics]string{"first_response", "next_response", "resolution", "update_every"}

func (m Metric) String() string { return metricNames[m] }

// The values of SLA.OnHandoff.
const (
	Keep     = "keep" // also if it is empty
	Retarget = "retarget"
	Restart  = "restart"
)

// SLA is an SLA policy.
type SLA struct {
	Name      string
	When      Condition
	Calendar  string
	Targets   [metrics]time.Duration // 0: no target
	Warn      []int                  // percent, ascending
	PauseOn   []string               // "customer", "third-party"
	OnHandoff string
}

// Route sends new conversations to an inbox. The first that matches counts.
type Route struct {
	Name     string
	When     Condition
	Inbox    string
	Priority string // empty: normal
}

// Escalation is a rule with one action that changes the conversation, at most.
type Escalation struct {
	Name     string
	On       Condition
	Notify   bool
	Raise    bool   // priority +1
	Unassign bool   //
	Move     string // an inbox or "tier+1"
}

// Handoff is a contract between tiers. It has no effect on clocks.
type Handoff struct{ From, To int }

// Agent is a member of the desk who works in some tiers.
type Agent struct {
	Name  string
	Tiers []int
}

// Account is the customer's company as the history reports it.
type Account struct {
	Name string
	Plan string
	ARR  int // 0: the account has no such attribute
}

// The values of Event.Do.
const (
	Receive  = "receive"
	Reply    = "reply"
	Note     = "note"
	Assign   = "assign"
	Move     = "move"
	Accept   = "accept"
	Return   = "return"
	Status   = "status"
	Priority = "priority"
)

// Event is a line of the history.
type Event struct {
	At           time.Time
	Conversation string
	Do           string
	By           string // the agent; empty for receive

	Subject string // receive
	Auto    string
	Account *Account // if it is new or has changed

	To        string    // assign; empty: nobody
	Inbox     string    // move, unless Tier is set
	Tier      int       // move
	Status    string    // status
	WaitingOn string    // status pending; empty: the customer
	Snooze    time.Time // status snoozed
	Priority  string    // priority
}

// person reports whether a person wrote the received message.
func (e Event) person() bool { return e.Auto == "none" || e.Auto == "list" }
