package targetreview

import (
	"context"
	"fmt"
	"time"

	"switchboard/desk"
	"switchboard/internal/report"
	"switchboard/router/sla"
)

// window is for how long after the first working day of a quarter the reminder can still be
// given: a desk that is set up later is not reminded of what it has just decided.
const window = 7 * 24 * time.Hour

// Quarter is a quarter in which a reminder is due.
type Quarter struct {
	Name     string      // 2026-Q4
	Observed report.Span // the quarter before
	Zone     *time.Location
}

// Due returns the quarter of which the reminder is due at an instant: from the opening on its
// first working day by a calendar, which is nil if there is none with opening hours.
func Due(now time.Time, c *sla.Calendar) (Quarter, bool) {
	if c == nil {
		c = &sla.Calendar{Location: time.UTC}
		for day := time.Monday; day <= time.Friday; day++ {
			c.Hours[day] = []sla.Window{{From: 8 * 60, To: 17 * 60}}
		}
	}
	local := now.In(c.Location)
	quarter := (int(local.Month()) - 1) / 3
	begin := sla.WallTime{Date: sla.Date{Year: local.Year(), Month: time.Month(quarter*3 + 1), Day: 1}}.In(c.Location)
	opening, ok := c.NextOpening(begin)
	if !ok || now.Before(opening) || now.Sub(opening) >= window {
		return Quarter{}, false
	}
	p, err := report.FindPeriod("last_quarter")
	if err != nil {
		return Quarter{}, false
	}
	before, _ := p.Spans(now, c.Location)
	return Quarter{Name: fmt.Sprintf("%d-Q%d", local.Year(), quarter+1), Observed: before, Zone: c.Location}, true
}

// Days says which days were observed.
func (q *Quarter) Days() string {
	from, to := q.Observed.From.In(q.Zone), q.Observed.To.Add(-time.Microsecond).In(q.Zone)
	return "from " + from.Format("2 January") + " to " + to.Format("2 January 2006")
}

// Told is what an agent is told.
type Told struct {
	Agent desk.AgentID
	Text  string
}

// Desk knows what was promised and observed, and whom to remind.
type Desk interface {
	// TargetsReviewed reports whether the reminder of a quarter has been given.
	TargetsReviewed(ctx context.Context, quarter string) (bool, error)
	// Reviewers are the admins and the leads of inboxes.
	Reviewers(ctx context.Context) ([]desk.Agent, error)
	// Targets returns what was observed in a time, in inboxes; nil: all.
	Targets(ctx context.Context, from, to time.Time, inboxes []string) ([]Observed, error)
	// TellTargets gives the reminder of a quarter, once on any number of nodes.
	TellTargets(ctx context.Context, quarter string, told []Told) error
}

// Remind gives the reminder that is due at an instant.
func Remind(ctx context.Context, d Desk, c *sla.Calendar, now time.Time) error {
	q, due := Due(now, c)
	if !due {
		return nil
	}
	if done, err := d.TargetsReviewed(ctx, q.Name); err != nil || done {
		return err
	}
	people, err := d.Reviewers(ctx)
	if err != nil {
		return err
	}
	var told []Told
	for _, a := range people {
		var inboxes []string
		if !a.Admin {
			inboxes = a.Leads
		}
		list, err := d.Targets(ctx, q.Observed.From, q.Observed.To, inboxes)
		if err != nil {
			return err
		}
		if text := Text(list, q.Days()); text != "" {
			told = append(told, Told{a.ID, text})
		}
	}
	return d.TellTargets(ctx, q.Name, told)
}
