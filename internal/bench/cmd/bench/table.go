package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// line is one figure of the table.
type line struct {
	figure   string
	measured string
	limit    string // of the same run, and whose; empty: there is none
	ratio    string
	target   string
	verdict  string // ok, short, or empty where nothing was promised
}

type table []line

func (t *table) add(figure, measured string) *line {
	*t = append(*t, line{figure: figure, measured: measured})
	return &(*t)[len(*t)-1]
}

// beside sets the limit and the ratio to it.
func (l *line) beside(limit string, ratio float64) *line {
	l.limit, l.ratio = limit, fmt.Sprintf("%.0f %%", 100*ratio)
	return l
}

func (l *line) want(target string, reached bool) {
	l.target, l.verdict = target, "short"
	if reached {
		l.verdict = "ok"
	}
}

func (t table) print(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "figure\tmeasured\tlimit in this run\tratio\ttarget\t")
	for _, l := range t {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\n", l.figure, l.measured, l.limit, l.ratio, l.target, l.verdict)
	}
	tw.Flush() //nolint:errcheck // the terminal
}

func perSecond(rate float64) string { return fmt.Sprintf("%.0f/s", rate) }

// short writes a duration with three digits.
func short(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.3g µs", float64(d)/1e3)
}
