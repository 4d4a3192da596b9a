package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchboard/desk/view"
	"switchboard/router/sla"
)

// Request is a report as it is asked for.
type Request struct {
	Measure, From, To, TZ, By, Clock string
	Period                           string // one of Periods, instead of From and To; may be empty
	Previous                         bool   // the period before that one
}

const (
	// days is how much is reported if the request does not say.
	days = 30
	// maxGroups bounds the number of days or hours.
	maxGroups = 2000
)

// Parse checks a request, and fills in what it does not say. Its errors are *Error.
func Parse(r Request, now time.Time) (m Measure, f view.ReportFilter, loc *time.Location, err error) {
	if m, err = Find(r.Measure); err != nil {
		return m, f, nil, err
	}
	if loc, err = zone(r.TZ); err != nil {
		return m, f, nil, err
	}
	f.Measure, f.By = m.Name, m.By
	if r.By != "" && m.Fixed {
		return m, f, nil, &Error{"query.by", m.Name + " cannot be grouped: leave by out", r.By}
	}
	if r.By != "" && m.Only != nil && !slices.Contains(m.Only, r.By) {
		return m, f, nil, &Error{"query.by", m.Name + " can only be grouped by " + strings.Join(m.Only[:len(m.Only)-1], ", ") + " or " + m.Only[len(m.Only)-1], r.By}
	}
	if r.By != "" {
		if f.By = r.By; !slices.Contains(Groupings, r.By) {
			return m, f, nil, unknown("query.by", "grouping", r.By, Groupings)
		}
	}
	switch r.Clock {
	case "", "wall":
	case "business":
		f.Business = true
	default:
		return m, f, nil, unknown("query.clock", "clock", r.Clock, []string{"wall", "business"})
	}
	if f.From, f.To, err = r.times(now, loc); err != nil {
		return m, f, nil, err
	}
	if !f.From.Before(f.To) {
		return m, f, nil, &Error{"query.from", "must be before to, which is " + f.To.In(loc).Format(time.RFC3339), r.From}
	}
	if f.Timed() {
		if f.Bounds = Bounds(f.From, f.To, loc, f.By); f.Bounds == nil {
			return m, f, nil, &Error{"query.by", fmt.Sprintf("there are more than %d of them between from and to: choose a shorter time, or week or day instead of hour", maxGroups), r.By}
		}
	}
	return m, f, loc, nil
}

// times returns from when to when the report is.
func (r *Request) times(now time.Time, loc *time.Location) (from, to time.Time, err error) {
	if r.Period != "" {
		span, err := r.period(now, loc)
		return span.From, span.To, err
	}
	if r.Previous {
		return from, to, &Error{"query.previous", "is only for a period", "true"}
	}
	to = now.UTC().Truncate(time.Microsecond)
	if r.To != "" {
		if to, err = instant("query.to", r.To, loc); err != nil {
			return from, to, err
		}
	}
	from = to.AddDate(0, 0, -days)
	if r.From != "" {
		from, err = instant("query.from", r.From, loc)
	}
	return from, to, err
}

func zone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, &Error{"query.tz", "is not the IANA name of a time zone, such as Europe/Berlin", name}
	}
	return loc, nil
}

// instant reads an instant (RFC 3339 §5.6), or a day, which stands for its beginning.
func instant(location, text string, loc *time.Location) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		y, m, d := day.Date()
		return sla.WallTime{Date: sla.Date{Year: y, Month: m, Day: d}}.In(loc).UTC(), nil
	}
	// A plus sign that was not encoded is a space.
	at, err := time.Parse(time.RFC3339Nano, strings.Replace(text, " ", "+", 1))
	if err != nil {
		return at, &Error{location, "is neither an instant such as 2026-11-01T00:00:00Z nor a day such as 2026-11-01", text}
	}
	if y := at.Year(); y < 1900 || y > 2200 {
		return at, &Error{location, "is not in the years from 1900 to 2200", text}
	}
	return at.UTC().Truncate(time.Microsecond), nil
}

// Bounds returns the instants at which the weeks (from Monday), days or hours begin that [from, to) touches, by the
// wall clock of a zone, and the one at which the last one ends: on days on which the clocks
// change a day has 23 or 25 hours. It returns nil if there are too many.
func Bounds(from, to time.Time, loc *time.Location, by string) (list []time.Time) {
	start, next := hours(from, loc)
	switch by {
	case "day":
		start, next = daily(from, loc, 1)
	case "week":
		start, next = daily(from, loc, 7)
	}
	for at := start; ; at = next(at) {
		list = append(list, at.UTC())
		if !at.Before(to) {
			return list
		}
		if len(list) > maxGroups {
			return nil
		}
	}
}

// hours returns when the hour began in which at is, and a function that returns when the one
// ends in which an instant is.
func hours(at time.Time, loc *time.Location) (time.Time, func(time.Time) time.Time) {
	past := func(at time.Time) time.Duration {
		local := at.In(loc)
		return time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	}
	return at.Add(-past(at)), func(at time.Time) time.Time { return at.Add(time.Hour - past(at)) }
}

// daily is hours for so many days: for one, or for the seven of a week.
func daily(at time.Time, loc *time.Location, days int) (time.Time, func(time.Time) time.Time) {
	number := sla.WallTimeOf(at.In(loc)).Number()
	if days == 7 {
		number -= (int(at.In(loc).Weekday()) + 6) % 7
	}
	begin := func() time.Time { return sla.WallTime{Date: sla.DateOf(number)}.In(loc) }
	return begin(), func(at time.Time) time.Time {
		for {
			number += days
			if day := begin(); day.After(at) {
				return day
			}
		}
	}
}

// New returns a report with the times of its rows in the time zone.
func New(m Measure, f *view.ReportFilter, loc *time.Location, rows []view.ReportRow) view.MeasureReport {
	r := view.MeasureReport{Measure: m.Name, Unit: m.Unit, From: f.From, To: f.To, TZ: loc.String(), By: f.By, Clock: "wall", Data: rows}
	if f.Business {
		r.Clock = "business"
	}
	if r.Data == nil {
		r.Data = []view.ReportRow{}
	}
	for i := range r.Data {
		row := &r.Data[i]
		if row.Start == nil {
			continue
		}
		start, end := row.Start.In(loc), row.End.In(loc)
		row.Start, row.End, row.Key = &start, &end, start.Format(time.RFC3339)
		if row.Name = start.Format(time.DateOnly); r.By == "hour" {
			row.Name = start.Format("2006-01-02 15:04")
		}
	}
	return r
}
