package sla

import (
	"slices"
	"time"
)

// Window is one span of local wall-clock time in a day: [From, To) in minutes
// after midnight. To may be 24*60, the end of the day.
type Window struct{ From, To int }

// Calendar defines business hours.
type Calendar struct {
	Name     string
	Location *time.Location
	Always   bool              // open at all times; the rest is then empty
	Hours    [7][]Window       // by time.Weekday; sorted, not overlapping
	Holidays map[Date]struct{} // closed all day
}

// maxDays bounds the search for open time: a calendar may have no hours left.
const maxDays = 366 * 20

// Open reports whether the calendar is open at t.
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
// start; for d = 0 that is start itself. It returns false if the calendar does not
// have that much time within twenty years.
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

// Between returns the business time from a to b, 0 if b is not after a.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if !b.After(a) {
		return 0
	}
	if c.Always {
		return b.Sub(a)
	}
	var sum time.Duration
	last := dateOf(b.In(c.Location))
	for date, n := dateOf(a.In(c.Location)), 0; n < maxDays && date.compare(last) <= 0; date, n = date.next(), n+1 {
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

// day returns the open spans of a date, in order and without overlap. A window is
// open while the wall clock shows a time inside it. The periods between clock changes
// are handled separately, so that a skipped hour does not count and a repeated hour
// counts twice.
func (c *Calendar) day(date Date) []span {
	if _, closed := c.Holidays[date]; closed {
		return nil
	}
	wall := time.Date(date.Year, date.Month, date.Day, 0, 0, 0, 0, time.UTC)
	windows := c.Hours[wall.Weekday()]
	if len(windows) == 0 {
		return nil
	}
	spans := make([]span, 0, len(windows))
	// The range covers the date in every time zone.
	at, end := wall.Add(-maxOffset), wall.Add(24*time.Hour+maxOffset)
	for at.Before(end) {
		local := at.In(c.Location)
		_, seconds := local.Zone()
		offset := time.Duration(seconds) * time.Second
		_, change := local.ZoneBounds()
		if change.IsZero() {
			change = end
		}
		for _, w := range windows {
			s := span{
				later(wall.Add(time.Duration(w.From)*time.Minute-offset), at),
				earlier(wall.Add(time.Duration(w.To)*time.Minute-offset), change),
			}
			if s.from.Before(s.to) {
				spans = append(spans, s)
			}
		}
		at = change
	}
	return spans
}

// maxOffset is larger than the UTC offset of any zone.
const maxOffset = 18 * time.Hour

func earlier(a, b time.Time) time.Time { return slices.MinFunc([]time.Time{a, b}, time.Time.Compare) }

func later(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }
