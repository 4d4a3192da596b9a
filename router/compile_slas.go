package router

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/desk"
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
		s := c.text(item)
		if s == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, s)
		if err != nil {
			c.fail(item.value, item.path, "%q is not a valid date such as 2026-12-25", s)
			continue
		}
		cal.Holidays[sla.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}] = struct{}{}
	}
}

// slas reads the slas section.
func (c *compiler) slas(f field) {
	for _, item := range c.items(f, false) {
		r := slaRule{policy: sla.Policy{Targets: map[sla.Metric]time.Duration{}}}
		known := map[string]func(field){
			"name":     func(f field) { r.policy.Name = c.text(f) },
			"when":     func(f field) { r.when = c.condition(f, c.calendarNames(), "sla", "stint") },
			"calendar": func(f field) { r.policy.Calendar = c.calendarRef(f) },
			"warn":     func(f field) { r.policy.Warnings = c.warnings(f) },
			"pause_on": func(f field) { r.policy.PauseOn = c.pauseOn(f) },
		}
		for _, m := range sla.Metrics {
			known[string(m)] = func(f field) { r.policy.Targets[m] = c.duration(f) }
		}
		c.keys(item.value, item.path, known, "name", "calendar")
		if len(r.policy.Targets) == 0 {
			c.fail(item.value, item.path, "has no targets: set at least one of first_response, next_response, resolution, update_every")
		}
		if _, there := c.policy.SLA(r.policy.Name); there && r.policy.Name != "" {
			c.fail(item.value, item.path, "SLA policy %q already exists", r.policy.Name)
		}
		if n := len(c.policy.slas); n > 0 && c.policy.slas[n-1].when.always() {
			c.fail(item.value, item.path, "is never reached: %q before it matches everything", c.policy.slas[n-1].policy.Name)
		}
		c.policy.slas = append(c.policy.slas, r)
	}
}

// warnings reads a list of percentages in ascending order.
func (c *compiler) warnings(f field) []float64 {
	var all []float64
	for _, item := range c.items(f, true) {
		if p := c.percent(item); p > 0 {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// pauseOn reads the sides of a conversation for which clocks are paused.
func (c *compiler) pauseOn(f field) []desk.WaitingOn {
	var all []desk.WaitingOn
	for _, item := range c.items(f, true) {
		if s := c.oneOf(item, string(desk.WaitingCustomer), string(desk.WaitingThirdParty)); s != "" {
			all = append(all, desk.WaitingOn(s))
		}
	}
	return all
}

// handoffs reads the handoffs section.
func (c *compiler) handoffs(f field) {
	for _, item := range c.items(f, false) {
		var h Handoff
		var okFrom, okTo bool
		c.keys(item.value, item.path, map[string]func(field){
			"from":          func(f field) { h.From, okFrom = c.tierRef(f) },
			"to":            func(f field) { h.To, okTo = c.tierRef(f) },
			"require":       func(f field) { h.Require = c.texts(f) },
			"accept_within": func(f field) { h.AcceptWithin = c.duration(f) },
		}, "from", "to")
		if okFrom && okTo && h.From == h.To {
			c.fail(item.value, item.path, "from and to are the same tier")
		}
		if _, there := c.policy.Handoff(h.From, h.To); there {
			c.fail(item.value, item.path, "the handoff from %d to %d already exists", h.From, h.To)
		}
		c.policy.handoffs = append(c.policy.handoffs, h)
	}
}

// names lists a mapping's known keys for an error message.
func names[V any](known map[string]V) string { return strings.Join(keysOf(known), ", ") }
