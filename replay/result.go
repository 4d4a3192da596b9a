package replay

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"switchboard/desk"
)

// Result is what a replay prints about a conversation.
type Result struct {
	Conversation string   `json:"conversation"`
	Status       string   `json:"status"`
	Inbox        string   `json:"inbox"`
	Tier         int      `json:"tier"`
	Assignee     *string  `json:"assignee"`
	Segment      *string  `json:"segment"`
	Path         []string `json:"path"`
	SLA          *string  `json:"sla"`
	Stints       []Stint  `json:"stints"`
	Clocks       []Clock  `json:"clocks"`
	Fired        []Fired  `json:"fired"`
	Measures     Measures `json:"measures"`
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

// result describes a conversation as of an instant.
func (r *run) result(c *conversation, until time.Time) Result {
	v := &c.state.Conversation
	out := Result{Conversation: c.key, Status: string(v.Status), Inbox: r.inboxKey(v.InboxID), Tier: int(v.Tier), Assignee: r.agentKey(v.AssigneeID),
		Segment: named(c.state.Service.Segment), Path: append([]string{}, v.Path...), SLA: named(c.state.Service.SLA),
		Stints: []Stint{}, Clocks: []Clock{}, Fired: []Fired{}}
	for _, s := range c.stints {
		out.Stints = append(out.Stints, Stint{r.inboxKey(s.InboxID), int(s.Tier), r.agentKey(s.AssigneeID), string(s.WaitingOn), s.StartedAt, instant(s.EndedAt)})
	}
	slices.SortStableFunc(c.clocks, func(a, b desk.Clock) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), slices.Index(desk.Metrics(), a.Metric)-slices.Index(desk.Metrics(), b.Metric))
	})
	for i := range c.clocks {
		out.Clocks = append(out.Clocks, r.clock(c, &c.clocks[i], until))
	}
	for _, f := range c.fired {
		out.Fired = append(out.Fired, Fired{f.Escalation, f.At, append([]string{}, f.Did...)})
	}
	out.Measures = c.measures(until)
	return out
}

// clock describes a clock; one that is open is counted up to until.
func (r *run) clock(c *conversation, k *desk.Clock, until time.Time) Clock {
	used := k.Used
	if k.Open() && !k.Paused && until.After(k.CountedAt) {
		if p, ok := r.policy.Rules.SLA(k.Policy); ok {
			if cal, ok := r.policy.Rules.Calendar(p.Calendar); ok {
				used += cal.Between(k.CountedAt, until)
			}
		}
	}
	out := Clock{string(k.Metric), k.Policy, int(k.Tier), string(k.State), k.StartedAt, instant(k.DueAt), instant(k.MetAt), instant(k.BreachedAt),
		instant(k.EndedAt), k.Target.Seconds(), used.Seconds(), []Warning{}}
	for _, w := range k.Warnings {
		out.Warnings = append(out.Warnings, Warning(w))
	}
	return out
}

// measures adds up the stints, without the time while resolved or closed.
func (c *conversation) measures(until time.Time) Measures {
	m := Measures{TierS: map[string]float64{}, WaitingS: map[string]float64{"us": 0, "customer": 0, "third-party": 0}}
	opened := c.stints[0].StartedAt
	if len(c.replies) > 0 {
		s := c.replies[0].Sub(opened).Seconds()
		m.FirstReplyS = &s
	}
	if n := len(c.done); n > 0 && c.done[n-1].to.IsZero() {
		s := c.done[n-1].from.Sub(opened).Seconds()
		m.ResolutionS = &s
	}
	for i := range c.stints {
		s := &c.stints[i]
		end := s.EndedAt
		if end.IsZero() {
			end = until
		}
		d := end.Sub(s.StartedAt) - c.doneWithin(s.StartedAt, end)
		m.TierS[strconv.Itoa(int(s.Tier))] += d.Seconds()
		m.WaitingS[string(s.WaitingOn)] += d.Seconds()
		if i == 0 {
			continue
		}
		before := &c.stints[i-1]
		if before.Tier != s.Tier {
			m.Handoffs++
		}
		if !before.AssigneeID.IsZero() && !s.AssigneeID.IsZero() && before.AssigneeID != s.AssigneeID {
			m.Reassignments++
		}
	}
	return m
}

// doneWithin returns how long the conversation was resolved or closed between two
// instants.
func (c *conversation) doneWithin(from, to time.Time) (sum time.Duration) {
	for _, p := range c.done {
		a, b := p.from, p.to
		if b.IsZero() || b.After(to) {
			b = to
		}
		if a.Before(from) {
			a = from
		}
		sum += max(0, b.Sub(a))
	}
	return sum
}

func (r *run) inboxKey(id desk.InboxID) string {
	for _, in := range r.policy.Inboxes {
		if in.ID == id {
			return in.Key
		}
	}
	return ""
}

func (r *run) agentKey(id desk.AgentID) *string { return named(r.keys[id]) }

func named(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
