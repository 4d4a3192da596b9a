// Package output is the format of what a replay prints: one JSON object for each
// conversation.
package output

import "time"

// Conversation is one line: what a replay says about a conversation.
type Conversation struct {
	Key      string   `json:"conversation"`
	Status   string   `json:"status"`
	Inbox    string   `json:"inbox"`
	Tier     int      `json:"tier"`
	Assignee *string  `json:"assignee"`
	Segment  *string  `json:"segment"`
	Path     []string `json:"path"`
	SLA      *string  `json:"sla"`
	Stints   []Stint  `json:"stints"`
	Clocks   []Clock  `json:"clocks"`
	Fired    []Fired  `json:"fired"`
	Measures Measures `json:"measures"`
}

// Stint is an entry of the assignment history.
type Stint struct {
	Inbox     string     `json:"inbox"`
	Tier      int        `json:"tier"`
	Assignee  *string    `json:"assignee"`
	WaitingOn string     `json:"waiting_on"`
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"` // null: the current one
}

// Clock is a clock as of the instant at which the replay ended.
type Clock struct {
	Metric     string     `json:"metric"`
	Policy     string     `json:"policy"`
	Tier       int        `json:"tier"`
	State      string     `json:"state"`
	StartedAt  time.Time  `json:"started_at"`
	DueAt      *time.Time `json:"due_at"`
	MetAt      *time.Time `json:"met_at"`
	BreachedAt *time.Time `json:"breached_at"`
	EndedAt    *time.Time `json:"ended_at"`
	TargetS    float64    `json:"target_s"`
	UsedS      float64    `json:"used_s"` // business time
	Warnings   []Warning  `json:"warnings"`
}

// Warning is a warning that a clock gave.
type Warning struct {
	Percent float64   `json:"percent"`
	At      time.Time `json:"at"`
}

// Fired is an escalation rule that fired.
type Fired struct {
	Escalation string    `json:"escalation"`
	At         time.Time `json:"at"`
	Did        []string  `json:"did"`
}

// Measures are in seconds of wall-clock time.
type Measures struct {
	FirstReplyS   *float64           `json:"first_reply_s"`
	ResolutionS   *float64           `json:"resolution_s"` // null: not resolved at the end
	Handoffs      int                `json:"handoffs"`
	Reassignments int                `json:"reassignments"`
	TierS         map[string]float64 `json:"tier_s"`
	WaitingS      map[string]float64 `json:"waiting_s"`
}
