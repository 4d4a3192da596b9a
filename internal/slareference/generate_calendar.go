package slareference

import (
	"slices"
	"time"
)

var zones = []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"}

// calendars makes the calendars and decides around which instant everything happens:
// often a change of the wall clock in one of the zones, or a holiday.
func (g *generator) calendars() {
	p := &g.c.Policy
	g.far = time.Date(2024+g.IntN(5), time.Month(1+g.IntN(12)), 1+g.IntN(28), g.IntN(24), 0, 0, 0, time.UTC)
	for i := range 1 + g.IntN(2) {
		p.Calendars = append(p.Calendars, Calendar{Name: "c" + string(rune('1'+i)), Zone: pick(g, zones...)})
	}
	zone, err := time.LoadLocation(p.Calendars[0].Zone)
	if err != nil {
		panic(err) // the test needs the time zone database
	}
	switch _, change := g.far.In(zone).ZoneBounds(); {
	case g.chance(20):
		g.far = time.Date(pick(g, 2024, 2028), 2, 29, g.IntN(24), 0, 0, 0, time.UTC)
	case g.chance(10):
		g.far = time.Date(2024+g.IntN(5), 12, 31, g.IntN(24), 0, 0, 0, time.UTC)
	case !change.IsZero() && change.Year() < 2030 && g.chance(80):
		g.far = change
	}
	for i := range p.Calendars {
		g.hours(&p.Calendars[i])
	}
	if g.chance(50) {
		p.Calendars = append(p.Calendars, Calendar{Name: "always", Always: true})
	}
}

func (g *generator) hours(c *Calendar) {
	week := g.windows()
	for day := range c.Days {
		switch {
		case (day == 0 || day == 6) && g.chance(60):
		case g.chance(20):
			c.Days[day] = g.windows()
		default:
			c.Days[day] = week
		}
	}
	if !slices.ContainsFunc(c.Days[:], func(w []Window) bool { return len(w) > 0 }) {
		c.Days[1] = week
	}
	for day := range 3 {
		if g.chance(15) {
			c.Holidays = append(c.Holidays, g.far.AddDate(0, 0, day-1).Format(time.DateOnly))
		}
	}
}

// windows makes the hours of a day, which do not overlap: those of an office, of a night
// shift, or any.
func (g *generator) windows() []Window {
	if g.chance(40) {
		return slices.Clone(pick(g,
			[]Window{{9 * 60, 17 * 60}}, []Window{{9 * 60, 12*60 + 30}, {13 * 60, 18 * 60}},
			[]Window{{0, 3 * 60}, {22 * 60, 24 * 60}}, []Window{{0, 24 * 60}}, []Window{{60, 4 * 60}}))
	}
	var list []Window
	at := 0
	for range 1 + g.IntN(4) {
		from := at + g.IntN(16)*30
		to := from + 15*(1+g.IntN(24))
		if g.chance(20) {
			to = 24 * 60
		}
		if to > 24*60 || from >= to {
			break
		}
		list = append(list, Window{from, to})
		at = to + pick(g, 0, 15)
	}
	if len(list) == 0 {
		return []Window{{9 * 60, 17 * 60}}
	}
	return list
}
