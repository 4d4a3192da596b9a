package search

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Moment is an instant in a query: some time ago, or the beginning of a day.
type Moment struct {
	Ago  time.Duration // from now; 0: Day counts
	Day  string        // 2026-01-31
	Days int           // with Day empty and Ago 0: this many days before today
}

// In returns the instant, for somebody in a time zone.
func (m Moment) In(now time.Time, zone *time.Location) time.Time {
	if m.Ago > 0 {
		return now.Add(-m.Ago)
	}
	if day, err := time.ParseInLocation(time.DateOnly, m.Day, zone); err == nil {
		return day
	}
	y, mon, d := now.In(zone).Date()
	return time.Date(y, mon, d-m.Days, 0, 0, 0, 0, zone)
}

// moment reads 7d, 12h, 2w, 2026-01-31, today or yesterday. It returns the reason if it
// cannot.
func moment(key, v string) (m Moment, reason string) {
	switch strings.ToLower(v) {
	case "today":
		return m, ""
	case "yesterday":
		return Moment{Days: 1}, ""
	}
	if day, err := time.Parse(time.DateOnly, v); err == nil {
		if day.Year() < 1970 || day.Year() > 9000 {
			return m, fmt.Sprintf("%s: the year of %s cannot be searched for", key, v)
		}
		return Moment{Day: v}, ""
	}
	if d, err := duration(v); err == nil && d > 0 {
		return Moment{Ago: d}, ""
	}
	return m, fmt.Sprintf("%s: must be a time ago, such as 12h, 7d or 2w, or a day: 2026-01-31, today or yesterday, not %q", key, v)
}

// duration reads 30m, 1h30m, 2d or 3w.
func duration(s string) (time.Duration, error) {
	for suffix, days := range map[string]time.Duration{"d": 1, "w": 7} {
		if count, ok := strings.CutSuffix(s, suffix); ok {
			n, err := strconv.ParseUint(count, 10, 14)
			return time.Duration(n) * days * 24 * time.Hour, err
		}
	}
	return time.ParseDuration(s)
}
