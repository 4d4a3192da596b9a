package sla

import (
	"iter"
	"maps"
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
	Always   bool        // open at all times; the rest is then empty
	Hours    [7][]Window // by time.Weekday; sorted, not overlapping
	// Special are the hours of single days by Date.Number, instead of Hours; sorted, not
	// overlapping. Close fills it.
	Special map[int][]Window
	// Closures are the periods that Close was called for.
	Closures []Closure
}

// Closure is a period in which a calendar is closed: while the clock on the wall shows
// From or later and is before To.
type Closure struct {
	From, To WallTime
	Name     string // for display; may be empty
}

// Close closes the calendar for a period. Hours must be set before.
func (c *Calendar) Close(period Closure) {
	c.Closures = append(c.Closures, period)
	if c.Special == nil {
		c.Special = map[int][]Window{}
	}
	for day := period.From.Number(); day <= period.To.Number(); day++ {
		cut := Window{0, minutesPerDay}
		if day == period.From.Number() {
			cut.From = period.From.Minute
		}
		if day == period.To.Number() {
			cut.To = period.To.Minute
		}
		if cut.From < cut.To {
			c.Special[day] = without(c.windows(day), cut)
		}
	}
}

// CloseDay closes the calendar all day.
func (c *Calendar) CloseDay(date Date, name string) {
	c.Close(Closure{From: WallTime{Date: date}, To: WallTime{Date: date, Minute: minutesPerDay}, Name: name})
}

// without returns the parts of windows that are not in cut.
func without(windows []Window, cut Window) []Window {
	left := []Window{}
	for _, w := range windows {
		for _, part := range []Window{{w.From, min(w.To, cut.From)}, {max(w.From, cut.To), w.To}} {
			if part.From < part.To {
				left = append(left, part)
			}
		}
	}
	return left
}

// Clone returns a copy that can be closed for more periods.
func (c *Calendar) Clone() *Calendar {
	clone := *c
	clone.Special, clone.Closures = maps.Clone(c.Special), slices.Clone(c.Closures)
	return &clone
}

const (
	minutesPerDay = 24 * 60
	// maxDays bounds the search for open time: a calendar may have no hours left.
	maxDays = 366 * 20
)

// windows returns the hours of a day, by its number.
func (c *Calendar) windows(day int) []Window {
	if len(c.Special) > 0 {
		if special, ok := c.Special[day]; ok {
			return special
		}
	}
	return c.Hours[weekdayOf(day)]
}

// Open reports whether the calendar is open at t: whether the clock on the wall shows a
// time inside its hours.
func (c *Calendar) Open(t time.Time) bool {
	if c.Always {
		return true
	}
	wall := WallTimeOf(t.In(c.Location))
	return slices.ContainsFunc(c.windows(wall.Number()), func(w Window) bool { return wall.Minute >= w.From && wall.Minute < w.To })
}

// NextOpening returns the first instant from t on at which the calendar is open. It
// returns false if there is none within twenty years.
func (c *Calendar) NextOpening(t time.Time) (time.Time, bool) {
	if c.Always {
		return t, true
	}
	for from := range c.spans(t) {
		return t.Add(from), true
	}
	return time.Time{}, false
}

// Add returns the first instant at which d of business time has passed since
// start; for d = 0 that is start itself. It returns false if the calendar does not
// have that much time within twenty years.
func (c *Calendar) Add(start time.Time, d time.Duration) (time.Time, bool) {
	if c.Always || d <= 0 {
		return start.Add(max(d, 0)), true
	}
	for from, to := range c.spans(start) {
		if d <= to-from {
			return start.Add(from + d), true
		}
		d -= to - from
	}
	return time.Time{}, false
}

// Between returns the business time from a to b, 0 if b is not after a.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if !b.After(a) {
		return 0
	}
	end := b.Round(0).Sub(a.Round(0)) // by the wall clock
	if c.Always {
		return end
	}
	var sum time.Duration
	for from, to := range c.spans(a) {
		if from >= end {
			break
		}
		sum += min(to, end) - from
	}
	return sum
}

// Spans returns the open time from a to b, in order and without overlap; at most twenty
// years of it.
func (c *Calendar) Spans(a, b time.Time) iter.Seq2[time.Time, time.Time] {
	return func(yield func(from, to time.Time) bool) {
		end := b.Round(0).Sub(a.Round(0))
		if c.Always {
			yield(a, b)
			return
		}
		for from, to := range c.spans(a) {
			if from >= end || !yield(a.Add(from), a.Add(min(to, end))) {
				return
			}
		}
	}
}

// spans returns the open time after start, in order and without overlap, relative to
// start; at most twenty years of it. It goes from one change of the clocks to the next: the
// wall clock and the instants run at the same rate in between. So a skipped hour does not
// count, a repeated hour counts twice, and the order is right also where the clock goes back over
// midnight.
func (c *Calendar) spans(start time.Time) iter.Seq2[time.Duration, time.Duration] {
	return func(yield func(from, to time.Duration) bool) {
		base, fraction := start.Unix(), time.Duration(start.Nanosecond())
		limit := base + maxDays*secondsPerDay
		for at := base; at < limit; {
			local := time.Unix(at, 0).In(c.Location)
			_, seconds := local.Zone()
			offset, end := int64(seconds), limit
			if change := nextOffset(local); !change.IsZero() {
				end = min(limit, change.Unix())
			}
			for day := floorDiv(at+offset, secondsPerDay); day*secondsPerDay-offset < end; day++ {
				midnight := day*secondsPerDay - offset
				for _, w := range c.windows(int(day)) {
					from := max(midnight+int64(w.From)*60, at)
					to := min(midnight+int64(w.To)*60, end)
					first, last := time.Duration(from-base)*time.Second-fraction, time.Duration(to-base)*time.Second-fraction
					if first = max(first, 0); first < last && !yield(first, last) {
						return
					}
				}
			}
			at = end
		}
	}
}

// maxOffset is larger than the UTC offset of any zone.
const maxOffset = 18 * time.Hour

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// floorDiv divides and rounds down, also below zero.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
