package router

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/router/sla"
)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// calendars reads the calendars section.
func (c *compiler) calendars(f field) {
	list, _ := c.fields(f.value, f.path)
	for _, item := range list {
		cal := &sla.Calendar{Name: item.key, Location: time.UTC, Holidays: map[sla.Date]struct{}{}}
		if !isKey(item.key) {
			c.fail(item.at, f.path, "%q is not a valid name: use lower-case letters, digits and hyphens", item.key)
		}
		zoned := false
		c.keys(orKey(item), item.path, map[string]func(field){
			"timezone": func(f field) { cal.Location, zoned = c.location(f), true },
			"hours":    func(f field) { c.hours(f, cal) },
			"holidays": func(f field) { c.holidays(f, cal) },
		}, "hours")
		if !cal.Always && !zoned {
			c.fail(orKey(item), item.path, `"timezone" is missing`)
		}
		c.policy.calendars = append(c.policy.calendars, cal)
	}
}

// location reads the name of a time zone.
func (c *compiler) location(f field) *time.Location {
	name := c.text(f)
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // the machine's own zone may change
		c.fail(f.value, f.path, "%q is not a valid IANA time zone such as Europe/Berlin", name)
		return time.UTC
	}
	return loc
}

// hours reads `always`, or days with their opening hours.
func (c *compiler) hours(f field, cal *sla.Calendar) {
	if s, ok := scalar(f.value); ok && f.value != nil {
		if cal.Always = s == "always"; !cal.Always {
			c.fail(f.value, f.path, "must be `always` or days with opening hours")
		}
		return
	}
	list, _ := c.fields(orKey(f), f.path)
	open, before := false, len(c.problems)
	for _, item := range list {
		days := c.days(item, f.path)
		var windows []sla.Window
		for _, w := range c.items(item, true) {
			if win, ok := c.window(w); ok {
				windows = append(windows, win)
			}
		}
		slices.SortFunc(windows, func(a, b sla.Window) int { return a.From - b.From })
		for i := 1; i < len(windows); i++ {
			if windows[i].From < windows[i-1].To {
				c.fail(item.value, item.path, "the opening hours overlap")
			}
		}
		for _, day := range days {
			if cal.Hours[day] != nil {
				c.fail(item.at, f.path, "the hours of %s are already set", weekdays[day])
			}
			cal.Hours[day] = windows
		}
		open = open || len(windows) > 0 && len(days) > 0
	}
	if !open && len(c.problems) == before {
		c.fail(orKey(f), f.path, "the calendar never opens")
	}
}

// days reads "mon", "mon-thu" or "sat,sun". A range may wrap around the week's end.
func (c *compiler) days(item field, path string) []int {
	var all []int
	for part := range strings.SplitSeq(item.key, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, to := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if from < 0 || to < 0 {
			c.fail(item.at, path, "%q is not a valid day or range of days: use %s%s", part, strings.Join(weekdays, ", "), dayHint(first, last))
			return nil
		}
		for day := from; ; day = (day + 1) % 7 {
			all = append(all, day)
			if day == to {
				break
			}
		}
	}
	return all
}

// window reads "09:00-12:30".
func (c *compiler) window(f field) (sla.Window, bool) {
	s := c.text(f)
	if s == "" {
		return sla.Window{}, false
	}
	from, to, ok := strings.Cut(s, "-")
	a, okA := minute(from)
	b, okB := minute(to)
	if !ok || !okA || !okB || a >= b {
		c.fail(f.value, f.path, "%q is not a valid time range such as 09:00-17:30", s)
		return sla.Window{}, false
	}
	return sla.Window{From: a, To: b}, true
}

// minute reads a time of day as minutes after midnight.
func minute(s string) (int, bool) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	hours, err1 := strconv.Atoi(h)
	minutes, err2 := strconv.Atoi(m)
	ok = ok && err1 == nil && err2 == nil && len(m) == 2 && hours >= 0 && minutes >= 0 && minutes < 60 && hours*60+minutes <= 24*60
	return hours*60 + minutes, ok
}

// holidays reads a calendar's list of dates.
func (c *compiler) holidays(f field, cal *sla.Calendar) {
	for _, item := range c.items(f, false) {
		if day, ok := c.date(item); ok {
			cal.Holidays[day] = struct{}{}
		}
	}
}

// date reads "2026-12-25".
func (c *compiler) date(f field) (sla.Date, bool) {
	s := c.text(f)
	day, err := time.Parse(time.DateOnly, s)
	if s != "" && err != nil {
		c.fail(f.value, f.path, "%q is not a valid date such as 2026-12-25", s)
	}
	return sla.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}, s != "" && err == nil
}

// localTime reads "2026-12-24T12:00", or a date, which means its beginning.
func (c *compiler) localTime(f field) sla.WallTime {
	s := c.text(f)
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil && t.Second() == 0 {
			return sla.WallTime{Date: sla.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}, Minute: t.Hour()*60 + t.Minute()}
		}
	}
	if s != "" {
		c.fail(f.value, f.path, "%q is not a valid local time such as 2026-12-24T12:00, or a date", s)
	}
	return sla.WallTime{}
}
