// Package targetreview reminds leads and admins each quarter to review the targets that the
// policy promises, with what was observed. Its decisions are pure.
package targetreview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/desk"
	"switchboard/internal/report"
)

// Observed is what became of the clocks with one target.
type Observed struct {
	Tier     desk.Tier
	TierName string
	Segment  string // may be empty
	Metric   string
	Target   time.Duration // of business time, as all durations here
	N, Met   int
	P90, P95 time.Duration // what 90 % and 95 % of them took
}

const (
	// enough is how many clocks say something about a target.
	enough = 50
	// distinct is how much another target has to differ, so that it is worth a change.
	distinct = 0.25
)

// Suggest returns the target that 95 % of the clocks would have met, in the steps in which people
// think; false if that hardly differs from the target, or if there were too few.
func Suggest(o Observed) (time.Duration, bool) {
	if o.N < enough || o.Target <= 0 || o.P95 <= 0 {
		return 0, false
	}
	could := Round(o.P95)
	differs := float64(could-o.Target) / float64(o.Target)
	return could, differs >= distinct || differs <= -distinct
}

// steps are sensible targets.
var steps = []time.Duration{
	15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 20 * time.Minute, 30 * time.Minute, 45 * time.Minute,
	time.Hour, 90 * time.Minute, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 6 * time.Hour, 8 * time.Hour, 10 * time.Hour, 12 * time.Hour, 16 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	32 * time.Hour, 40 * time.Hour, 48 * time.Hour, 60 * time.Hour, 72 * time.Hour, 80 * time.Hour, 96 * time.Hour, 120 * time.Hour,
}

// Round returns the first sensible target that is not shorter than a duration.
func Round(d time.Duration) time.Duration {
	for _, step := range steps {
		if d <= step {
			return step
		}
	}
	const more = 40 * time.Hour
	return (d + more - 1) / more * more
}

// maxLines is how many targets a notice lists.
const maxLines = 8

// Text is the notice of a quarter: its first line says what is to be done, the others what
// argues for it. Empty: too little was observed to say anything.
func Text(list []Observed, days string) string {
	list = slices.DeleteFunc(slices.Clone(list), func(o Observed) bool { return o.N < enough })
	if len(list) == 0 {
		return ""
	}
	var lines []string
	slices.SortStableFunc(list, func(a, b Observed) int {
		return cmp.Or(cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Segment, b.Segment), cmp.Compare(order(a.Metric), order(b.Metric)), cmp.Compare(a.Target, b.Target))
	})
	for _, o := range list {
		if could, ok := Suggest(o); ok {
			lines = append(lines, line(o)+" The target could be "+Target(could)+".")
		}
	}
	switch n := len(lines); {
	case n == 0:
		return fmt.Sprintf("Review the targets of the policy: every target that can be judged fits what was observed %s.", days)
	case n > maxLines:
		lines = append(lines[:maxLines], fmt.Sprintf("And %d more.", n-maxLines))
		fallthrough
	default:
		what := "targets differ"
		if n == 1 {
			what = "target differs"
		}
		return fmt.Sprintf("Review the targets of the policy: %d %s clearly from what was observed %s.\n%s", n, what, days, strings.Join(lines, "\n"))
	}
}

func order(metric string) int { return slices.Index(desk.Metrics(), desk.Metric(metric)) }

// metrics are what the console calls them.
var metrics = map[desk.Metric]string{desk.FirstResponse: "first reply", desk.NextResponse: "next reply", desk.Resolution: "resolution", desk.UpdateEvery: "update"}

// line says what a target promised and what was observed.
func line(o Observed) string {
	place := cmp.Or(o.TierName, fmt.Sprintf("Tier %d", o.Tier))
	if o.Segment != "" {
		place += ", " + o.Segment
	}
	return fmt.Sprintf("%s, %s: promised within %s, kept in %d %% of %d; 90 %% took up to %s, 95 %% up to %s.", place, metrics[desk.Metric(o.Metric)], Target(o.Target),
		o.Met*100/o.N, o.N, report.Length(o.P90), report.Length(o.P95))
}

// Target writes a target as policies do, in hours instead of days: 36h, 1h 30m.
func Target(d time.Duration) string {
	if d < time.Hour {
		return report.Length(d)
	}
	text := fmt.Sprintf("%dh", d/time.Hour)
	if rest := d % time.Hour; rest >= time.Minute {
		text += fmt.Sprintf(" %dm", rest/time.Minute)
	}
	return text
}
