package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"switchboard/desk/view"
)

// Shown says which number of a measure is shown first, and whether a higher one is better.
type Shown struct {
	Value  string // n, mean, p50, share or arrivals
	Better string // higher, lower or empty
}

// shown are those of the measures that are not durations, as the console has them.
var shown = map[string]Shown{
	"load": {"arrivals", ""}, "sla_adherence": {"share", "higher"}, "csat": {"mean", "higher"}, "fcr": {"share", "higher"}, "handoffs": {"mean", "lower"},
	"reassignments": {"mean", "lower"}, "returned": {"share", "lower"}, "gaps": {"n", "lower"}, "effort": {"mean", "higher"}, "quality": {"mean", "higher"}, "deflection": {"share", "higher"},
	"volume": {"n", ""}, "topics": {"n", ""}, "flow": {"n", ""},
}

// Shown returns which number of the measure is shown first.
func (m *Measure) Shown() Shown {
	if s, ok := shown[m.Name]; ok {
		return s
	}
	return Shown{"p50", "lower"}
}

// Total is one value for all rows; nil: there is none, or the rows cannot be added up.
func (m *Measure) Total(rows []view.ReportRow) *float64 {
	var n, sum float64
	kind := m.Shown().Value
	for i := range rows {
		row := &rows[i]
		n += float64(row.N)
		switch kind {
		case "arrivals":
			sum += float64(number(row.Arrivals))
		case "share":
			sum += float64(number(row.Count))
		case "mean":
			if row.Mean != nil {
				sum += *row.Mean * float64(row.N)
			}
		}
	}
	switch {
	case kind == "n":
		return &n
	case kind == "arrivals":
		return &sum
	case kind == "p50" && len(rows) == 1:
		return rows[0].P50
	case kind == "p50" || n == 0:
		return nil
	}
	sum /= n
	return &sum
}

// Of is the value of one row; nil: it has none.
func (m *Measure) Of(row *view.ReportRow) *float64 {
	return m.Total([]view.ReportRow{*row})
}

func number(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// Text returns a value for people: "3h 10m", "84 %", "1.4", and an en dash for none.
func (m *Measure) Text(value *float64) string {
	if value == nil {
		return "\u2013"
	}
	switch kind := m.Shown().Value; {
	case kind == "n", kind == "arrivals":
		return thousands(*value)
	case kind == "share", m.Unit == "share", m.Unit == "score":
		return strings.TrimSuffix(fmt.Sprintf("%.1f", *value*100), ".0") + "\u00a0%"
	case m.Unit == "seconds":
		return Length(time.Duration(*value * float64(time.Second)))
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", *value), "0"), ".")
}

func thousands(value float64) string {
	text := strconv.FormatFloat(value, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Length returns a duration in at most two units: "3d 4h", "2h 10m", "14m", "40s".
func Length(d time.Duration) string {
	two := func(big time.Duration, one string, small time.Duration, other string) string {
		text := fmt.Sprintf("%d%s", d/big, one)
		if rest := d % big / small; rest > 0 {
			text += fmt.Sprintf(" %d%s", rest, other)
		}
		return text
	}
	switch d = max(d, 0); {
	case d >= 24*time.Hour:
		return two(24*time.Hour, "d", time.Hour, "h")
	case d >= time.Hour:
		return two(time.Hour, "h", time.Minute, "m")
	case d >= time.Minute:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// Change is how a value compares with an earlier one.
type Change struct {
	Text string // "+12 %", "−3.5 pp" for percentage points; empty: there is nothing to compare
	Look string // good, bad or same
}

// Compare compares two values of a measure.
func (m *Measure) Compare(now, before *float64) Change {
	if now == nil || before == nil || *now == 0 && *before == 0 {
		return Change{}
	}
	s := m.Shown()
	points := s.Value == "share" || m.Unit == "score"
	if !points && *before == 0 {
		return Change{}
	}
	by, unit := *now-*before, "\u00a0pp"
	if !points {
		by, unit = by / *before, "\u00a0%"
	}
	digits := 0
	if math.Abs(by) < 0.1 {
		digits = 1
	}
	text := strings.TrimSuffix(strconv.FormatFloat(math.Abs(by)*100, 'f', digits, 64), ".0")
	c := Change{Text: "+" + text + unit, Look: "same"}
	switch {
	case text == "0":
		c.Text = "0" + unit
	case by < 0:
		c.Text = "\u2212" + text + unit
	}
	if math.Abs(by) >= 0.005 && s.Better != "" {
		c.Look = "bad"
		if (by > 0) == (s.Better == "higher") {
			c.Look = "good"
		}
	}
	return c
}
