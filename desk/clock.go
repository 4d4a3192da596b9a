package desk

import "time"

// Metric is what a clock measures.
type Metric string

const (
	FirstResponse Metric = "first_response" // from the opening to our first reply
	NextResponse  Metric = "next_response"  // from a customer's message to our next reply
	Resolution    Metric = "resolution"     // from the opening to the resolution
	UpdateEvery   Metric = "update_every"   // from one reply to the next one, which was promised
)

// Metrics lists all metrics in the order in which a conversation's clocks are shown.
func Metrics() []Metric { return []Metric{FirstResponse, NextResponse, Resolution, UpdateEvery} }

// ClockState is the state of a clock.
type ClockState string

const (
	ClockRunning    ClockState = "running"
	ClockPaused     ClockState = "paused"
	ClockBreached   ClockState = "breached" // open and late
	ClockMet        ClockState = "met"      // in time, or late: then BreachedAt is set
	ClockVoid       ClockState = "void"     // neither met nor breached: there was nothing to answer
	ClockSuperseded ClockState = "superseded"
)

// Clock measures one promise to the customer of a conversation, in the business time of
// its SLA policy. It is never deleted, and does not change after it has ended, except
// that the reopening of a conversation continues its resolution clock.
type Clock struct {
	ID             ClockID
	ConversationID ConversationID
	Metric         Metric
	Policy         string // name of the SLA policy
	PolicyVersion  int64  // of the document that the SLA policy is in
	Tier           Tier   // of the conversation when the clock started
	State          ClockState
	StartedAt      time.Time
	DueAt          time.Time // when the target is used up; zero while paused, or if that never happens
	MetAt          time.Time // zero: not met
	BreachedAt     time.Time // zero: not breached
	EndedAt        time.Time // zero: open
	Target         time.Duration
	// Used is the business time counted until CountedAt. While Paused nothing is counted.
	Used      time.Duration
	CountedAt time.Time
	Paused    bool
	Warnings  []ClockWarning // given ones, in order
}

// ClockWarning is a warning that was given because a share of the target was used.
type ClockWarning struct {
	Percent float64   `json:"percent"`
	At      time.Time `json:"at"`
}

// Open reports whether the clock has not ended.
func (c *Clock) Open() bool { return c.EndedAt.IsZero() }
