package router

import (
	"fmt"
	"slices"
	"time"

	"switchboard/router/holidays"
	"switchboard/router/sla"
)

// holidaySource is an iCalendar file or URL with holidays of a calendar.
type holidaySource struct {
	calendar string
	location string
	at       Problem // without a reason
}

// Holidays are read from a year before the current time to three years after it.
const (
	holidaysBefore = 1
	holidaysAfter  = 3
)

// HolidaySources returns the iCalendar files and URLs to which the calendars refer, each
// once. A file's name is relative to the policy file. Compile does not read them: their
// holidays are missing until WithHolidays adds them.
func (p *Policy) HolidaySources() []string {
	var all []string
	for _, s := range p.holidays {
		if !slices.Contains(all, s.location) {
			all = append(all, s.location)
		}
	}
	return all
}

// WithHolidays returns a copy of the policy whose calendars are closed on the holidays
// around a time. contents are what HolidaySources refer to; those that are missing are
// left out. The problems say what could not be read.
func (p *Policy) WithHolidays(contents map[string][]byte, at time.Time) (*Policy, []Problem) {
	with := *p
	with.calendars = slices.Clone(p.calendars)
	from, to := at.AddDate(-holidaysBefore, 0, 0), at.AddDate(holidaysAfter, 0, 0)
	var problems []Problem
	changed := map[string]bool{}
	for _, s := range p.holidays {
		data, ok := contents[s.location]
		if !ok {
			continue
		}
		i := slices.IndexFunc(with.calendars, func(c *sla.Calendar) bool { return c.Name == s.calendar })
		read, err := holidays.Parse(data, with.calendars[i].Location, from, to)
		fail := func(format string, args ...any) {
			problem := s.at
			problem.Reason = fmt.Sprintf("%s: %s", s.location, fmt.Sprintf(format, args...))
			problems = append(problems, problem)
		}
		switch {
		case err != nil:
			fail("%v", err)
		case len(read.Closures)+len(read.Skipped) == 0:
			fail("it has no events from %s to %s", from.Format(time.DateOnly), to.Format(time.DateOnly))
		}
		for _, skipped := range read.Skipped {
			fail("%s", skipped)
		}
		if !changed[s.calendar] {
			with.calendars[i], changed[s.calendar] = with.calendars[i].Clone(), true
		}
		for _, closure := range read.Closures {
			with.calendars[i].Close(closure)
		}
	}
	return &with, problems
}

// HolidayProblem returns what is wrong with a source, at the first place that names it.
func (p *Policy) HolidayProblem(location string, err error) Problem {
	problem := Problem{Reason: fmt.Sprintf("%s: %v", location, err)}
	for _, s := range p.holidays {
		if s.location == location {
			problem.Line, problem.Column, problem.Path = s.at.Line, s.at.Column, s.at.Path
			break
		}
	}
	return problem
}
