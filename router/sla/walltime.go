package sla

import (
	"cmp"
	"time"
)

// Date is a day in the calendar's time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

const secondsPerDay = 24 * 60 * 60

// Number returns the number of the day, counted from 1970-01-01.
func (d Date) Number() int {
	return int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

// DateOf returns the day with a number.
func DateOf(number int) Date { return dateOf(time.Unix(int64(number)*secondsPerDay, 0).UTC()) }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return weekdayOf(d.Number()) }

// weekdayOf returns the day of the week of a day, by its number. Day 0 is a Thursday.
func weekdayOf(day int) time.Weekday { return time.Weekday(((day+int(time.Thursday))%7 + 7) % 7) }

func dateOf(local time.Time) Date {
	y, m, d := local.Date()
	return Date{y, m, d}
}

func (d Date) compare(o Date) int {
	return cmp.Or(cmp.Compare(d.Year, o.Year), cmp.Compare(d.Month, o.Month), cmp.Compare(d.Day, o.Day))
}

// WallTime is what a clock on the wall shows, to the minute.
type WallTime struct {
	Date
	Minute int // after midnight
}

// WallTimeOf returns the time that the wall clock shows at t in t's location.
func WallTimeOf(t time.Time) WallTime { return WallTime{dateOf(t), t.Hour()*60 + t.Minute()} }

// Before reports whether the clock shows w before o.
func (w WallTime) Before(o WallTime) bool {
	return cmp.Or(w.compare(o.Date), cmp.Compare(w.Minute, o.Minute)) < 0
}

// In returns the first instant of the date at which the clock of a zone shows w or
// later. That is the end of the gap if the clock skips w, and the first of two instants
// if it shows w twice.
func (w WallTime) In(loc *time.Location) time.Time {
	utc := time.Date(w.Year, w.Month, w.Day, 0, w.Minute, 0, 0, time.UTC)
	for at := utc.Add(-maxOffset); ; {
		local := at.In(loc)
		_, seconds := local.Zone()
		instant := later(utc.Add(-time.Duration(seconds)*time.Second), at)
		change := nextOffset(local)
		if change.IsZero() || instant.Before(change) {
			return instant.In(loc)
		}
		at = change
	}
}

// nextOffset returns an instant after t up to which the zone's UTC offset is the same;
// zero: always.
func nextOffset(t time.Time) time.Time {
	_, change := t.ZoneBounds()
	if !change.IsZero() && !change.After(t) {
		// After the zone's last recorded change, Go takes every year to end after 365
		// days, so on the last day of a leap year the bound is in the past.
		return t.Add(time.Hour)
	}
	return change
}
