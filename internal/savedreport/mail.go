package savedreport

import (
	"time"

	"switchboard/router/sla"
)

// mailMinute is when a report is sent, on Mondays: at 08:00.
const mailMinute = 8 * 60

// Next returns when a report is sent next: at 08:00 on the first Monday after since, by the
// clock of a zone. done is the day of the last mail (2026-11-30), empty if there was none: a
// zone that is changed afterwards does not lead to a second one on that day.
func Next(since time.Time, done string, loc *time.Location) time.Time {
	day := sla.WallTimeOf(since.In(loc)).Number()
	for day += (int(time.Monday) - int(sla.DateOf(day).Weekday()) + 7) % 7; ; day += 7 {
		at := sla.WallTime{Date: sla.DateOf(day), Minute: mailMinute}.In(loc)
		if at.After(since) && Day(at) > done {
			return at
		}
	}
}

// Latest returns the last of the times at which the report should have been sent and was not,
// which is the one that is sent: of what was missed for weeks only the newest; false: the next
// one is yet to come.
func Latest(since time.Time, done string, now time.Time, loc *time.Location) (at time.Time, due bool) {
	at = Next(since, done, loc)
	if at.After(now) {
		return at, false
	}
	for {
		next := Next(at, done, loc)
		if next.After(now) {
			return at, true
		}
		at = next
	}
}

// Day is the day of an instant in its zone.
func Day(at time.Time) string { return at.Format(time.DateOnly) }

// AsOf returns the instant as of which the report that is sent at an instant is made: the end
// of the day before, so that it has whole days.
func AsOf(at time.Time, loc *time.Location) time.Time {
	return sla.WallTime{Date: sla.WallTimeOf(at.In(loc)).Date}.In(loc).Add(-time.Microsecond)
}
