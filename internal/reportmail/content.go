package reportmail

import (
	_ "embed"
	"html/template"
	"slices"
	"strings"
	text "text/template"
	"time"

	"switchboard/desk/view"
	"switchboard/internal/report"
)

// content is what a mail says.
type content struct {
	Name, Reader     string
	Period, Previous string // such as 23 to 29 November 2026
	Business         bool
	Mine             bool // it is about the inboxes that the reader leads
	Parts            []part
	Open, End        string // URLs; may be empty
}

// part is a measure.
type part struct {
	Title, Note string // Note: what kind of number it is; may be empty
	Value       string
	Empty       bool // the value is a text instead
	Change      report.Change
	Before      string // the value of the period before; empty: there is nothing to compare
	N           string // how many the value is of; empty: the value says it
	Rows        []row
	More        int // rows that are not listed
}

// row is a group of a measure.
type row struct {
	Name, Value, N string
	Change         report.Change
}

// maxRows is how many groups of a measure a mail lists.
const maxRows = 8

// compare makes a part of the rows of a measure: all together, and by group, now and before.
func compare(m report.Measure, now, before, grouped, groupedBefore []view.ReportRow) part {
	value, was := m.Total(now), m.Total(before)
	p := part{Title: m.Title(), Value: m.Text(value), Change: m.Compare(value, was)}
	if p.Change.Text != "" {
		p.Before = m.Text(was)
	}
	kind := m.Shown().Value
	if kind == "p50" {
		p.Note = "median"
	}
	if value == nil {
		p.Value, p.Empty, p.Note = nothing, true, ""
	}
	var n float64
	for i := range now {
		n += float64(now[i].N)
	}
	if kind != "n" && kind != "arrivals" && n > 0 {
		p.N = count(n)
	}
	if m.Name == "topics" || m.Name == "flow" || value == nil && n > 0 { // rows that cannot be added up
		p.Value, p.Empty, p.Change, p.Before, p.Note = "", false, report.Change{}, "", ""
	}
	if len(grouped) < 2 && p.Value != "" && slices.ContainsFunc(grouped, func(r view.ReportRow) bool { return r.Key == "" }) {
		return p // everything in one group
	}
	if p.Rows, p.More = rows(m, grouped, groupedBefore); len(p.Rows) == 0 && p.Value == "" {
		p.Value, p.Empty = nothing, true
	}
	return p
}

// nothing stands for the value of a measure without one.
const nothing = "nothing to count"

func rows(m report.Measure, now, before []view.ReportRow) (list []row, more int) {
	kind := m.Shown().Value
	now = slices.DeleteFunc(slices.Clone(now), func(r view.ReportRow) bool {
		return r.N == 0 && (r.Arrivals == nil || *r.Arrivals == 0) && r.Start == nil
	})
	for i := range now {
		if len(list) == maxRows && now[i].Start == nil {
			return list, len(now) - i
		}
		r := row{Name: nameOf(&now[i]), Value: m.Text(m.Of(&now[i]))}
		if kind != "n" && kind != "arrivals" && now[i].N > 0 {
			r.N = count(float64(now[i].N))
		}
		for j := range before {
			if before[j].Key == now[i].Key && before[j].Detail == now[i].Detail && now[i].Start == nil {
				r.Change = m.Compare(m.Of(&now[i]), m.Of(&before[j]))
			}
		}
		list = append(list, r)
	}
	return list, 0
}

// details are what the details of measures are called.
var details = map[string]string{"us": "us", "customer": "the customer", "third-party": "a third party", "first_response": "first reply", "next_response": "next reply", "resolution": "resolution"}

func nameOf(r *view.ReportRow) string {
	if r.Start != nil {
		return r.Start.Format("Mon 2 Jan 15:04")
	}
	name, detail := r.Name, r.Detail
	if known, ok := details[detail]; ok {
		detail = known
	}
	switch {
	case name == "" && detail == "":
		return "no name"
	case name == "":
		return detail
	case detail == "":
		return name
	}
	return name + " \u00b7 " + detail
}

var counting, _ = report.Find("volume")

func count(n float64) string { return counting.Text(&n) }

// days says which days a period has.
func days(s report.Span, zone *time.Location) string {
	from, to := s.From.In(zone), s.To.Add(-time.Microsecond).In(zone)
	last := to.Format("2 January 2006")
	switch {
	case from.Format(time.DateOnly) == to.Format(time.DateOnly):
		return last
	case from.Year() != to.Year():
		return from.Format("2 January 2006") + " to " + last
	case from.Month() != to.Month():
		return from.Format("2 January") + " to " + last
	}
	return from.Format("2") + " to " + last
}

//go:embed mail.txt
var textSource string

//go:embed mail.html
var htmlSource string

var (
	textMail = text.Must(text.New("text").Parse(textSource))
	htmlMail = template.Must(template.New("html").Parse(htmlSource))
)

// render returns the text and the HTML of a mail.
func (c *content) render() (plain, html string, err error) {
	var a, b strings.Builder
	if err := textMail.Execute(&a, c); err != nil {
		return "", "", err
	}
	if err := htmlMail.Execute(&b, c); err != nil {
		return "", "", err
	}
	return a.String(), b.String(), nil
}
