// Package pilot compares what the groups of a pilot did: the accounts with which a draft of the
// policy is tried, and the others, since it started and before. Pure; package store counts.
package pilot

import (
	"fmt"
	"math"
	"time"

	"switchboard/desk/view"
)

// With fewer cases, or cases of fewer accounts, a difference says nothing.
const (
	MinCases    = 30
	MinAccounts = 10
)

// PilotPeriod is a time in which the groups are compared.
type PilotPeriod struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// PilotGroup is what was counted of a group.
type PilotGroup struct {
	Before view.PilotCases `json:"before" doc:"In the baseline"`
	Since  view.PilotCases `json:"since" doc:"Since the pilot started"`
}

// PilotEstimate is a difference between means, with the interval that has it with a confidence of 95 %.
type PilotEstimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Clear bool    `json:"clear" doc:"The interval does not contain 0"`
}

// PilotMeasure compares one measure.
type PilotMeasure struct {
	Measure string     `json:"measure" enum:"first_response,resolution,sla_adherence,handoffs,reopened"`
	Unit    string     `json:"unit" enum:"seconds,share,count"`
	Better  string     `json:"better" enum:"lower,higher" doc:"Which values are better"`
	Pilot   PilotGroup `json:"pilot"`
	Control PilotGroup `json:"control"`
	// Difference compares the groups since the pilot started.
	Difference *PilotEstimate `json:"difference" doc:"Pilot less control, since the pilot started; null: not enough cases"`
	// Change compares how they have changed.
	Change *PilotEstimate `json:"change" doc:"How much more the pilot group has changed since the baseline than the control group, which leaves out how the groups differed before; null: not enough cases"`
	Note   string         `json:"note" doc:"Why difference or change is null; empty: neither is"`
}

// PilotComparison is what a pilot did.
type PilotComparison struct {
	Against       string         `json:"against" enum:"rest,others" doc:"rest: the other accounts that the pilot could have taken, chosen at random; others: accounts of other segments, because the pilot takes all of its own, so that only change compares like with like"`
	Baseline      PilotPeriod    `json:"baseline"`
	Period        PilotPeriod    `json:"period" doc:"Since the pilot started"`
	Conversations PilotSizes     `json:"conversations"`
	Measures      []PilotMeasure `json:"measures"`
}

// PilotSizes are how many conversations began.
type PilotSizes struct {
	Pilot   PilotSize `json:"pilot"`
	Control PilotSize `json:"control"`
}

// PilotSize is how many conversations of a group began.
type PilotSize struct {
	Before         int64 `json:"before" doc:"In the baseline"`
	Since          int64 `json:"since" doc:"Since the pilot started"`
	AccountsBefore int64 `json:"accounts_before" doc:"Whose conversations these are"`
	AccountsSince  int64 `json:"accounts_since"`
}

// Compare compares the groups of a pilot until an instant.
func Compare(p view.Pilot, counts []view.PilotCount, until time.Time) PilotComparison {
	c := PilotComparison{Against: "rest", Baseline: PilotPeriod{p.BaselineFrom, p.StartedAt}, Period: PilotPeriod{p.StartedAt, until}}
	if p.Share == 100 {
		c.Against = "others"
	}
	groups := map[string]map[string]*PilotGroup{"pilot": {}, "control": {}}
	for i := range counts {
		n := &counts[i]
		g := groups[n.Grp][n.Measure]
		if g == nil {
			g = &PilotGroup{}
			groups[n.Grp][n.Measure] = g
		}
		if n.During {
			g.Since = n.PilotCases
		} else {
			g.Before = n.PilotCases
		}
	}
	of := func(group, measure string) PilotGroup {
		if g := groups[group][measure]; g != nil {
			return *g
		}
		return PilotGroup{}
	}
	c.Conversations = PilotSizes{size(of("pilot", "conversations")), size(of("control", "conversations"))}
	for _, m := range []PilotMeasure{
		{Measure: "first_response", Unit: "seconds", Better: "lower"},
		{Measure: "resolution", Unit: "seconds", Better: "lower"},
		{Measure: "sla_adherence", Unit: "share", Better: "higher"},
		{Measure: "handoffs", Unit: "count", Better: "lower"},
		{Measure: "reopened", Unit: "share", Better: "lower"},
	} {
		m.Pilot, m.Control = of("pilot", m.Measure), of("control", m.Measure)
		m.compare()
		c.Measures = append(c.Measures, m)
	}
	return c
}

func size(g PilotGroup) PilotSize {
	return PilotSize{g.Before.N, g.Since.N, g.Before.Accounts, g.Since.Accounts}
}

// compare calculates the differences.
func (m *PilotMeasure) compare() {
	var d estimate
	if m.Note = few("since the start", m.Pilot.Since, m.Control.Since); m.Note != "" {
		return
	}
	d.add(1, m.Pilot.Since)
	d.add(-1, m.Control.Since)
	m.Difference = d.interval()
	if m.Note = few("before the start", m.Pilot.Before, m.Control.Before); m.Note != "" {
		return
	}
	d.add(-1, m.Pilot.Before)
	d.add(1, m.Control.Before)
	m.Change = d.interval()
}

// few says that there are not enough cases to compare; empty: there are.
func few(when string, pilot, control view.PilotCases) string {
	for _, g := range []struct {
		name string
		view.PilotCases
	}{{"pilot", pilot}, {"control", control}} {
		switch {
		case g.N < MinCases:
			return fmt.Sprintf("not enough cases: the %s group has %d %s, and %d are needed", g.name, g.N, when, MinCases)
		case g.Accounts < MinAccounts:
			return fmt.Sprintf("not enough cases: those of the %s group %s are of %d accounts, and %d are needed", g.name, when, g.Accounts, MinAccounts)
		}
	}
	return ""
}

// estimate is a sum of means, each with its own variance.
type estimate struct {
	value, variance float64
	weights         float64 // for the degrees of freedom (Welch, Satterthwaite)
}

// add adds a mean. Cases of one account are not independent, so its variance is that between
// accounts (of a ratio estimator).
func (e *estimate) add(sign float64, c view.PilotCases) {
	accounts, n := float64(c.Accounts), float64(c.N)
	variance := accounts / (accounts - 1) * c.Spread / (n * n)
	e.value += sign * c.Mean
	e.variance += variance
	e.weights += variance * variance / (accounts - 1)
}

func (e *estimate) interval() *PilotEstimate {
	margin := 0.0
	if e.variance > 0 {
		margin = quantile(e.variance*e.variance/e.weights) * math.Sqrt(e.variance)
	}
	out := PilotEstimate{Value: e.value, Low: e.value - margin, High: e.value + margin}
	out.Clear = out.Low > 0 || out.High < 0
	return &out
}

// quantile returns the 97.5 % quantile of Student's t distribution with so many degrees of
// freedom, of which there are at least 9 (Abramowitz and Stegun 26.7.5).
func quantile(df float64) float64 {
	const z = 1.959963984540054
	z3, z5, z7 := z*z*z, z*z*z*z*z, z*z*z*z*z*z*z
	return z + (z3+z)/(4*df) + (5*z5+16*z3+3*z)/(96*df*df) + (3*z7+19*z5+17*z3-15*z)/(384*df*df*df)
}
