package slareference

import (
	"fmt"
	"time"
)

// hours remembers for each minute whether a calendar is open. It looks at the wall clock
// once per minute that anyone asks about: an hour that the clock skips is never seen, and
// one that it repeats is seen twice.
type hours struct {
	calendar *Calendar
	zone     *time.Location
	holidays map[string]bool
	first    int64 // the minute of known[0], since 1970
	known    []int8
}

const (
	unknown int8 = iota
	closed
	open
)

func newHours(c *Calendar, start time.Time) (*hours, error) {
	h := &hours{calendar: c, zone: time.UTC, holidays: map[string]bool{}, first: start.Unix() / 60}
	for _, day := range c.Holidays {
		h.holidays[day] = true
	}
	var err error
	if c.Zone != "" {
		if h.zone, err = time.LoadLocation(c.Zone); err != nil {
			return nil, fmt.Errorf("calendar %s: %w", c.Name, err)
		}
	}
	return h, nil
}

// open reports whether the calendar is open in the minute that contains this second.
func (h *hours) open(second int64) bool {
	if h.calendar.Always {
		return true
	}
	i := second/60 - h.first
	for int64(len(h.known)) <= i {
		h.known = append(h.known, make([]int8, 1440)...)
	}
	if h.known[i] == unknown {
		h.known[i] = closed
		if h.look(second) {
			h.known[i] = open
		}
	}
	return h.known[i] == open
}

// look reads the wall clock.
func (h *hours) look(second int64) bool {
	wall := time.Unix(second, 0).In(h.zone)
	if len(h.holidays) > 0 && h.holidays[wall.Format(time.DateOnly)] {
		return false
	}
	minute := wall.Hour()*60 + wall.Minute()
	for _, w := range h.calendar.Days[wall.Weekday()] {
		if w.From <= minute && minute < w.To {
			return true
		}
	}
	return false
}
