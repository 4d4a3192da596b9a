package view

import (
	"time"

	"switchboard/desk"
)

// Clock is an SLA clock: one promise to the customer, measured in business time.
type Clock struct {
	Metric     desk.Metric     `json:"metric" enum:"first_response,next_response,resolution,update_every"`
	Policy     string          `json:"policy" doc:"Name of the SLA policy"`
	Tier       desk.Tier       `json:"tier" doc:"Of the conversation when the clock started"`
	State      desk.ClockState `json:"state" enum:"running,paused,breached,met,void,superseded" doc:"breached: open and late; met: in time, or late if breached_at is set; void: there was nothing to answer; superseded: another policy came into force"`
	StartedAt  time.Time       `json:"started_at"`
	DueAt      *time.Time      `json:"due_at" doc:"Null while paused"`
	MetAt      *time.Time      `json:"met_at"`
	BreachedAt *time.Time      `json:"breached_at"`
	EndedAt    *time.Time      `json:"ended_at" doc:"Null while open"`
	TargetS    float64         `json:"target_s" doc:"Seconds of business time"`
	UsedS      float64         `json:"used_s" doc:"Seconds of business time used until it ended, or until now"`
	Warnings   []ClockWarning  `json:"warnings"`
}

// ClockWarning is a warning that a share of the target was used.
type ClockWarning struct {
	Percent float64   `json:"percent"`
	At      time.Time `json:"at"`
}

// NextDue is the open clock that is due first, or a paused one if none is running.
type NextDue struct {
	Metric  desk.Metric     `json:"metric" enum:"first_response,next_response,resolution,update_every"`
	State   desk.ClockState `json:"state" enum:"running,paused,breached"`
	DueAt   *time.Time      `json:"due_at" doc:"Null while paused"`
	TargetS float64         `json:"target_s"`
	UsedS   float64         `json:"used_s"`
}

// ClockOf returns the view of a clock.
func ClockOf(c *desk.Clock) Clock {
	v := Clock{Metric: c.Metric, Policy: c.Policy, Tier: c.Tier, State: c.State, StartedAt: c.StartedAt.UTC(), DueAt: instant(c.DueAt),
		MetAt: instant(c.MetAt), BreachedAt: instant(c.BreachedAt), EndedAt: instant(c.EndedAt), TargetS: c.Target.Seconds(), UsedS: c.Used.Seconds(),
		Warnings: []ClockWarning{}}
	for _, w := range c.Warnings {
		v.Warnings = append(v.Warnings, ClockWarning{Percent: w.Percent, At: w.At.UTC()})
	}
	return v
}

// NextDueOf returns the clock to show in a list; nil if none is open.
func NextDueOf(clocks []desk.Clock) *NextDue {
	var next *desk.Clock
	for i := range clocks {
		c := &clocks[i]
		if !c.Open() {
			continue
		}
		if next == nil || !c.DueAt.IsZero() && (next.DueAt.IsZero() || c.DueAt.Before(next.DueAt)) {
			next = c
		}
	}
	if next == nil {
		return nil
	}
	return &NextDue{Metric: next.Metric, State: next.State, DueAt: instant(next.DueAt), TargetS: next.Target.Seconds(), UsedS: next.Used.Seconds()}
}

// instant returns nil for the zero instant.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

// Handoff is the newest move of a conversation between inboxes.
type Handoff struct {
	From       InboxName         `json:"from"`
	To         InboxName         `json:"to"`
	FromTier   desk.Tier         `json:"from_tier"`
	ToTier     desk.Tier         `json:"to_tier"`
	By         desk.Actor        `json:"by" doc:"policy, or an agent's ID"`
	At         time.Time         `json:"at"`
	Evidence   map[string]string `json:"evidence" doc:"What the handoff contract asked for, by its names: problem, tried, customer_told, ..."`
	Note       string            `json:"note"`
	Pending    bool              `json:"pending" doc:"The receiver still has to accept or return it"`
	DueAt      *time.Time        `json:"due_at" doc:"When it has to be accepted; null: no limit"`
	AcceptedAt *time.Time        `json:"accepted_at"`
	AcceptedBy desk.AgentID      `json:"accepted_by" doc:"Empty: not accepted"`
	ReturnedAt *time.Time        `json:"returned_at"`
	Reason     string            `json:"reason" doc:"Why it was returned"`
	Returns    int               `json:"returns" doc:"How often the conversation was returned so far"`
}
