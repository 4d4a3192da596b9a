package sla

import "time"

// NextChange returns the first instant after t at which the calendar opens or closes;
// false if it never does within twenty years.
func (c *Calendar) NextChange(t time.Time) (time.Time, bool) {
	if c.Always {
		return time.Time{}, false
	}
	var closes time.Duration // the end of the open time that contains t, so far
	for from, to := range c.spans(t) {
		switch {
		case from == closes: // open at t, or without a break since then
			closes = to
		case closes > 0:
			return t.Add(closes), true
		default:
			return t.Add(from), true
		}
	}
	return t.Add(closes), closes > 0 && closes < maxDays*minutesPerDay*time.Minute
}
