package service

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/router/sla"
)

// Span says a duration: "4 hours", "1 day 12 hours", "30 minutes". business: of business time,
// which has no days.
func Span(d time.Duration, business bool) string {
	word := ""
	if business {
		word = "business "
	}
	var parts []string
	add := func(n time.Duration, unit string) {
		switch {
		case n == 1:
			parts = append(parts, "1 "+word+unit)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %s%ss", n, word, unit))
		}
	}
	d = max(d.Round(time.Minute), time.Minute)
	if !business && d > 48*time.Hour {
		add(d/(24*time.Hour), "day")
		d %= 24 * time.Hour
	}
	add(d/time.Hour, "hour")
	add(d%time.Hour/time.Minute, "minute")
	return strings.Join(parts, " ")
}

// Rounded rounds a duration that was observed up, to a step that does not tell single cases
// apart: minutes up to an hour, then parts of hours, then hours.
func Rounded(seconds float64) time.Duration {
	d := time.Duration(seconds * float64(time.Second))
	step := time.Minute
	for _, s := range []struct{ from, step time.Duration }{{20 * time.Minute, 5 * time.Minute}, {2 * time.Hour, 15 * time.Minute}, {6 * time.Hour, 30 * time.Minute}, {12 * time.Hour, time.Hour}, {72 * time.Hour, 6 * time.Hour}} {
		if d > s.from {
			step = s.step
		}
	}
	return max(time.Duration(math.Ceil(float64(d)/float64(step)))*step, time.Minute)
}

// Hours says when a calendar is open: "Mon-Thu 09:00-12:30 and 13:00-18:00, Fri 09:00-16:00, Europe/Berlin".
func Hours(c *sla.Calendar) string {
	if c.Always {
		return "at any time"
	}
	var parts []string
	for i := 0; i < 7; {
		windows := said(c.Hours[day(i)])
		next := i + 1
		for next < 7 && said(c.Hours[day(next)]) == windows {
			next++
		}
		if windows != "" {
			parts = append(parts, days(i, next-1)+" "+windows)
		}
		i = next
	}
	if len(parts) == 0 {
		return "at no time"
	}
	return strings.Join(append(parts, c.Location.String()), ", ")
}

// day returns the weekday as time.Weekday of a day of a week that begins on Monday.
func day(i int) int { return (i + 1) % 7 }

func days(first, last int) string {
	name := func(i int) string { return time.Weekday(day(i)).String()[:3] }
	switch last - first {
	case 0:
		return name(first)
	case 1:
		return name(first) + " and " + name(last)
	}
	return name(first) + "-" + name(last)
}

func said(windows []sla.Window) string {
	var parts []string
	for _, w := range windows {
		if w == (sla.Window{From: 0, To: 24 * 60}) {
			return "all day"
		}
		parts = append(parts, fmt.Sprintf("%02d:%02d-%02d:%02d", w.From/60, w.From%60, w.To/60, w.To%60))
	}
	return strings.Join(parts, " and ")
}

// targets says the targets of an SLA policy.
func targets(p sla.Policy, calendar *sla.Calendar) (lines []string) {
	business := !calendar.Always
	hours := ", " + Hours(calendar)
	for _, m := range sla.Metrics {
		target, ok := p.Targets[m]
		if !ok {
			continue
		}
		text := map[sla.Metric]string{sla.FirstResponse: "First response within ", sla.NextResponse: "Each further response within ", sla.Resolution: "Solution within ", sla.Update: "News at least every "}[m]
		lines = append(lines, text+Span(target, business)+hours)
	}
	switch waits := p.PauseOn; {
	case slices.Contains(waits, desk.WaitingCustomer) && slices.Contains(waits, desk.WaitingThirdParty):
		lines = append(lines, "Time for which we wait for you or for others does not count.")
	case slices.Contains(waits, desk.WaitingCustomer):
		lines = append(lines, "Time for which we wait for your answer does not count.")
	case slices.Contains(waits, desk.WaitingThirdParty):
		lines = append(lines, "Time for which we wait for others does not count.")
	}
	return lines
}
