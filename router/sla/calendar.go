package sla

import (
	"slices"
	"time"
)

// Window is one span of local wall-clock time in a day: [From, To) in minutes
// after midnight. To may be 24*60, the end of the day.
type Window struct{ From, To int }

// Date is a day in the calendar's time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Calendar says when business time passes.
type Calendar struct {
	Name     string
	Location *time.Location
	Always   bool              // open at all times; the rest is then empty
	Hours    [7][]Window       // by time.Weekday; sorted, not overlapping
	Holidays map[Date]struct{} // closed all day
}

// maxDays ends the search for open time: a calendar may be closed for good.
const maxDays = 366 * 20

// Open reports whether business time passes at t.
func (c *Calendar) Open(t time.Time) bool {
	if c.Always {
		return true
	}
	for _, s := range c.day(dateOf(t.In(c.Location))) {
		if !t.Before(s.from) && t.Before(s.to) {
			return true
		}
	}
	return false
}

// Add returns the first instant at which d of business time has passed since
// start. With d = 0 that is start itself. It reports false if the calendar does
// not hold that much time within twenty years.
func (c *Calendar) Add(start time.Time, d time.Duration) (time.Time, bool) {
	if c.Always || d <= 0 {
		return start.Add(max(d, 0)), true
	}
	for date, n := dateOf(start.In(c.Location)), 0; n < maxDays; date, n = date.next(), n+1 {
		for _, s := range c.day(date) {
			from := later(s.from, start)
			room := s.to.Sub(from)
			if room <= 0 {
				continue
			}
			if d <= room {
				return from.Add(d), true
			}
			d -= room
		}
	}
	return time.Time{}, false
}

// Between returns the business time from a to b; 0 when b is not after a.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if !b.After(a) {
		return 0
	}
	if c.Always {
		return b.Sub(a)
	}
	var sum time.Duration
	last := dateOf(b.In(c.Location))
	for date, n := dateOf(a.In(c.Location)), 0; n < maxDays && !date.after(last); date, n = date.next(), n+1 {
		for _, s := range c.day(date) {
			if open := earlier(s.to, b).Sub(later(s.from, a)); open > 0 {
				sum += open
			}
		}
	}
	return sum
}

// span is a window of one day as instants.
type span struct{ from, to time.Time }

// day returns the open spans of a date, in order and without overlap. Wall-clock
// times are turned into instants one by one, so that a window over a change of
// the clocks is as much longer or shorter as the day is.
func (c *Calendar) day(date Date) []span {
	if _, closed := c.Holidays[date]; closed {
		return nil
	}
	weekday := time.Date(date.Year, date.Month, date.Day, 12, 0, 0, 0, time.UTC).Weekday()
	spans := make([]span, 0, len(c.Hours[weekday]))
	for _, w := range c.Hours[weekday] {
		s := span{c.instant(date, w.From, false), c.instant(date, w.To, true)}
		if n := len(spans); n > 0 && s.from.Before(spans[n-1].to) {
			s.from = spans[n-1].to // a window that ends in the repeated hour and one that begins in it
		}
		if s.from.Before(s.to) {
			spans = append(spans, s)
		}
	}
	return spans
}

// instant is when the wall clock shows the minute of the date. A minute that the
// clocks skip is the instant of the change. A minute that comes twice means the
// first time for a window's begin and the second for its end, so that
// everything the wall clock calls open is open.
func (c *Calendar) instant(date Date, minute int, end bool) time.Time {
	wall := time.Date(date.Year, date.Month, date.Day, 0, minute, 0, 0, time.UTC)
	var first, second time.Time
	for _, off := range c.offsets(wall) {
		t := wall.Add(-off)
		if _, o := t.In(c.Location).Zone(); time.Duration(o)*time.Second != off {
			continue
		}
		if first.IsZero() || t.Before(first) {
			first = t
		}
		if second.IsZero() || t.After(second) {
			second = t
		}
	}
	switch {
	case first.IsZero():
		return c.change(wall)
	case end:
		return second
	}
	return first
}

// offsets returns the UTC offsets in force around a wall-clock time.
func (c *Calendar) offsets(wall time.Time) []time.Duration {
	var all []time.Duration
	for h := -30; h <= 30; h += 6 {
		_, o := wall.Add(time.Duration(h) * time.Hour).In(c.Location).Zone()
		if off := time.Duration(o) * time.Second; !slices.Contains(all, off) {
			all = append(all, off)
		}
	}
	return all
}

// change finds the instant at which the clocks skip the wall-clock time.
func (c *Calendar) change(wall time.Time) time.Time {
	t := wall.Add(-30 * time.Hour)
	for range 8 {
		_, end := t.In(c.Location).ZoneBounds()
		if end.IsZero() {
			break
		}
		_, o := end.In(c.Location).Zone()
		if !end.Add(time.Duration(o) * time.Second).Before(wall) {
			return end
		}
		t = end
	}
	return wall
}

func dateOf(local time.Time) Date {
	y, m, d := local.Date()
	return Date{y, m, d}
}

func (d Date) next() Date {
	return dateOf(time.Date(d.Year, d.Month, d.Day+1, 12, 0, 0, 0, time.UTC))
}

func (d Date) after(o Date) bool {
	if d.Year != o.Year {
		return d.Year > o.Year
	}
	if d.Month != o.Month {
		return d.Month > o.Month
	}
	return d.Day > o.Day
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
