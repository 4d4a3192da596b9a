package router

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"switchboard/router/sla"
)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

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
	var overnight []overnightWindow
	var set [7]bool
	for _, item := range list {
		days := c.days(item, f.path)
		windows := c.windows(item)
		for _, day := range days {
			if set[day] {
				c.fail(item.at, f.path, "the hours of %s are already set", weekdays[day])
			}
			set[day] = true
			cal.Hours[day] = nil
			for _, w := range windows {
				if w.To > 24*60 {
					overnight = append(overnight, overnightWindow{(day + 1) % 7, sla.Window{From: 0, To: w.To - 24*60}, item})
					w.To = 24 * 60
				}
				cal.Hours[day] = append(cal.Hours[day], w)
			}
		}
	}
	for _, o := range overnight {
		if hours := cal.Hours[o.day]; len(hours) > 0 && hours[0].From < o.window.To {
			c.fail(o.item.value, o.item.path, "the opening hours overlap those of %s", weekdays[o.day])
		}
		cal.Hours[o.day] = slices.Insert(cal.Hours[o.day], 0, o.window)
	}
	if len(c.problems) == before && !slices.ContainsFunc(cal.Hours[:], func(w []sla.Window) bool { return len(w) > 0 }) {
		c.fail(orKey(f), f.path, "the calendar never opens")
	}
}

// overnightWindow is the part after midnight of a window that begins on the day before.
type overnightWindow struct {
	day    int
	window sla.Window
	item   field
}

// windows reads the opening hours of a day, in order.
func (c *compiler) windows(item field) []sla.Window {
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
	return windows
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

// window reads "09:00-12:30". A window such as "22:00-06:00" belongs to the day on which
// it begins, and ends after 24:00.
func (c *compiler) window(f field) (sla.Window, bool) {
	s := c.text(f)
	if s == "" {
		return sla.Window{}, false
	}
	from, to, ok := strings.Cut(s, "-")
	a, okA := minute(from)
	b, okB := minute(to)
	if !ok || !okA || !okB || a == b || a == 24*60 {
		c.fail(f.value, f.path, "%q is not a valid time range such as 09:00-17:30", s)
		return sla.Window{}, false
	}
	if b < a {
		b += 24 * 60
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
