package router

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"switchboard/router/sla"
)

// calendars reads the calendars section.
func (c *compiler) calendars(f field) {
	list, _ := c.fields(f.value, f.path)
	for _, item := range list {
		cal := &sla.Calendar{Name: item.key, Location: time.UTC}
		if !isKey(item.key) {
			c.fail(item.at, f.path, "%q is not a valid name: use lower-case letters, digits and hyphens", item.key)
		}
		zoned := false
		var holidays, closures field // read when the hours are known
		c.keys(orKey(item), item.path, map[string]func(field){
			"timezone": func(f field) { cal.Location, zoned = c.location(f), true },
			"hours":    func(f field) { c.hours(f, cal) },
			"holidays": func(f field) { holidays = f },
			"closures": func(f field) { closures = f },
		}, "hours")
		closes := holidays.at != nil || closures.at != nil
		if (!cal.Always || closes) && !zoned {
			c.fail(orKey(item), item.path, `"timezone" is missing`)
		}
		if closes && cal.Always { // except when it is closed
			cal.Always = false
			for day := range cal.Hours {
				cal.Hours[day] = []sla.Window{{From: 0, To: 24 * 60}}
			}
		}
		if holidays.at != nil {
			c.holidays(holidays, cal)
		}
		if closures.at != nil {
			c.closures(closures, cal)
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
	before := len(c.problems)
	var set [7]*field
	for i := range list {
		item := &list[i]
		days := c.days(*item, f.path)
		windows := c.windows(*item)
		for _, day := range days {
			if set[day] != nil {
				c.fail(item.at, f.path, "the hours of %s are already set", sla.Weekdays[day])
			}
			set[day] = item
			cal.Hours[day] = slices.Clone(windows)
		}
	}
	for _, day := range sla.SplitNights(&cal.Hours) {
		item := set[(day+6)%7]
		c.fail(item.value, item.path, "the opening hours overlap those of %s", sla.Weekdays[day])
	}
	if len(c.problems) == before && !slices.ContainsFunc(cal.Hours[:], func(w []sla.Window) bool { return len(w) > 0 }) {
		c.fail(orKey(f), f.path, "the calendar never opens")
	}
}

// windows reads the opening hours of a day, in order.
func (c *compiler) windows(item field) []sla.Window {
	var windows []sla.Window
	for _, w := range c.items(item, true) {
		if win, ok := c.window(w); ok {
			windows = append(windows, win)
		}
	}
	if !sla.SortWindows(windows) {
		c.fail(item.value, item.path, "the opening hours overlap")
	}
	return windows
}

// days reads "mon", "mon-thu" or "sat,sun".
func (c *compiler) days(item field, path string) []int {
	days, bad := sla.ParseDays(item.key)
	if bad != "" {
		first, last, isRange := strings.Cut(strings.TrimSpace(bad), "-")
		if !isRange {
			last = first
		}
		c.fail(item.at, path, "%q is not a valid day or range of days: use %s%s", bad, strings.Join(sla.Weekdays, ", "), dayHint(first, last))
	}
	return days
}

// window reads "09:00-12:30".
func (c *compiler) window(f field) (sla.Window, bool) {
	s := c.text(f)
	w, ok := sla.ParseWindow(s)
	if !ok && s != "" {
		c.fail(f.value, f.path, "%q is not a valid time range such as 09:00-17:30", s)
	}
	return w, ok
}

// holidays reads a calendar's list of dates, and of iCalendar files or URLs.
func (c *compiler) holidays(f field, cal *sla.Calendar) {
	list := []field{f}
	if _, one := f.value.(ast.MapNode); !one {
		list = c.items(f, false)
	}
	for _, item := range list {
		if _, external := item.value.(ast.MapNode); external {
			c.holidaySource(item, cal)
		} else if day, ok := c.date(item); ok {
			cal.CloseDay(day, "")
		}
	}
}

// holidaySource reads where to find holidays: {ical: FILE or URL}.
func (c *compiler) holidaySource(f field, cal *sla.Calendar) {
	c.keys(f.value, f.path, map[string]func(field){"ical": func(f field) {
		s := c.text(f)
		scheme, _, isURL := strings.Cut(s, "://")
		switch u, err := url.Parse(s); {
		case s == "":
		case isURL && (err != nil || !strings.EqualFold(scheme, "https") || u.Hostname() == "" || u.User != nil):
			c.fail(f.value, f.path, "%q must be a file, or a URL that begins with https:// and has no credentials", s)
		default:
			p := position(f.value)
			c.policy.holidays = append(c.policy.holidays, holidaySource{cal.Name, s, Problem{Line: p.Line, Column: p.Column, Path: f.path}})
		}
	}}, "ical")
}

// maxClosure bounds a closure in days.
const maxClosure = 2 * 366

// closures reads a calendar's list of periods in which it is closed.
func (c *compiler) closures(f field, cal *sla.Calendar) {
	for _, item := range c.items(f, false) {
		var p sla.Closure
		before := len(c.problems)
		c.keys(item.value, item.path, map[string]func(field){
			"from": func(f field) { p.From = c.localTime(f) },
			"to":   func(f field) { p.To = c.localTime(f) },
			"name": func(f field) { p.Name = c.text(f) },
		}, "from", "to")
		switch {
		case len(c.problems) > before:
		case !p.From.Before(p.To):
			c.fail(item.value, item.path, "must end after it begins")
		case p.To.Number()-p.From.Number() > maxClosure:
			c.fail(item.value, item.path, "is longer than two years")
		default:
			cal.Close(p)
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
