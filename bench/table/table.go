// Package table prints measurements next to the limit or peer measured in the same
// run, and the targets they must reach.
package table

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Line is one figure of a table.
type Line struct {
	figure   string
	measured string
	Limit    string // measured in the same run; may be empty
	ratio    string
	target   string
	verdict  string  // ok, short, or empty without a target
	value    float64 // measured, in any unit, to compare with another run's; 0: not comparable
}

// Table is a list of figures in printing order.
type Table []Line

// Add appends a figure.
func (t *Table) Add(figure, measured string) *Line {
	*t = append(*t, Line{figure: figure, measured: measured})
	return &(*t)[len(*t)-1]
}

// Measure sets the number that Compare compares, in any unit.
func (l *Line) Measure(value float64) *Line {
	l.value = value
	return l
}

// Beside sets the limit and the ratio of the measurement to it.
func (l *Line) Beside(limit string, ratio float64) *Line {
	l.Limit, l.ratio = limit, fmt.Sprintf("%.0f %%", 100*ratio)
	return l
}

// Peer sets the measurement of other programs.
func (l *Line) Peer(measured string) *Line {
	l.Limit = measured
	return l
}

// Want sets the target and whether it was reached.
func (l *Line) Want(target string, reached bool) {
	l.target, l.verdict = target, "short"
	if reached {
		l.verdict = "ok"
	}
}

// Short reports whether a figure misses its target.
func (t Table) Short() bool {
	for _, l := range t {
		if l.verdict == "short" {
			return true
		}
	}
	return false
}

// Compare writes the figures of two runs side by side, and how much the second
// differs from the first. Targets and verdicts are the second's.
func Compare(w io.Writer, nameA string, a Table, nameB string, b Table) {
	before := map[string]Line{}
	for _, l := range a {
		before[l.figure] = l
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "figure\t%s\t%s\tchange\ttarget\t\n", nameA, nameB)
	for _, l := range b {
		if l.figure == "" || l.measured == "" {
			continue // a second limit of the figure above
		}
		old, change := before[l.figure], ""
		if old.value != 0 && l.value != 0 {
			change = fmt.Sprintf("%+.0f %%", 100*(l.value/old.value-1))
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\n", l.figure, old.measured, l.measured, change, l.target, l.verdict)
	}
	tw.Flush() //nolint:errcheck // the terminal
}

// Print writes the table. limit is the heading of the column of limits or peers.
func (t Table) Print(w io.Writer, limit string) {
	ratios := ""
	for _, l := range t {
		if l.ratio != "" {
			ratios = "ratio\t"
		}
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "figure\tmeasured\t%s\t%starget\t\n", limit, ratios)
	for _, l := range t {
		if ratios != "" {
			l.ratio += "\t"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s%s\t%s\n", l.figure, l.measured, l.Limit, l.ratio, l.target, l.verdict)
	}
	tw.Flush() //nolint:errcheck // the terminal
}

// PerSecond formats a rate.
func PerSecond(rate float64) string { return fmt.Sprintf("%.0f/s", rate) }

// Short formats a duration with three digits.
func Short(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.3g µs", float64(d)/1e3)
}
