package sla

import "time"

// NextChange returns the first instant after t at which the calendar opens or closes;
// false if it never does within twenty years.
func (c *Calendar) NextChange(t time.Time) (time.Time, bool) {
	if c.Always {
		return time.Time{}, false
	}
	for date, n := dateOf(t.In(c.Location)), 0; n < maxDays; date, n = date.next(), n+1 {
		for _, s := range c.day(date) {
			if s.from.After(t) {
				return s.from, true
			}
			if s.to.After(t) {
				return s.to, true
			}
		}
	}
	return time.Time{}, false
}
