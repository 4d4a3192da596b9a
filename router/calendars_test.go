package router

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchboard/router/sla"
)

// compileCalendar compiles a policy with one calendar.
func compileCalendar(t *testing.T, keys string) (*Policy, *sla.Calendar) {
	t.Helper()
	p, err := Compile([]byte(head + "calendars:\n  office: {" + keys + "}\n" + rest))
	if err != nil {
		t.Fatalf("%s: %v", keys, err)
	}
	c, _ := p.Calendar("office")
	return p, c
}

// TestCalendarsByTheMinute compares the business time of a period with a count of the
// minutes at which the wall clock shows opening hours.
func TestCalendarsByTheMinute(t *testing.T) {
	t.Parallel()
	const (
		sunday = iota
		monday
		_
		_
		_
		friday
		saturday
	)
	for _, tt := range []struct {
		name, keys string
		from       string
		open       func(date string, day, minute int) bool
	}{
		{"over midnight", `timezone: Europe/Berlin, hours: {mon-fri: ["22:00-06:00"]}`, "2026-03-20",
			func(_ string, day, minute int) bool {
				return day >= monday && day <= friday && minute >= 22*60 || day != sunday && day != monday && minute < 6*60
			}},
		// A holiday cuts what is on its own date: the night before ends at midnight, and
		// the night that begins on the holiday begins at its end.
		{"a holiday in the night", `timezone: Europe/Berlin, hours: {mon-sun: ["22:00-06:00"]}, holidays: [2026-03-25]`, "2026-03-20",
			func(date string, _, minute int) bool {
				return date != "2026-03-25" && (minute >= 22*60 || minute < 6*60)
			}},
		{"over midnight at the week's end", `timezone: America/New_York, hours: {sat: ["20:00-02:30", "08:00-12:00"], sun: "02:30-04:00"}`, "2026-10-28",
			func(_ string, day, minute int) bool {
				return day == saturday && (minute >= 20*60 || minute >= 8*60 && minute < 12*60) || day == sunday && minute < 4*60
			}},
		{"until midnight", `timezone: UTC, hours: {mon-sun: ["18:00-00:00"]}`, "2026-03-20",
			func(_ string, _, minute int) bool { return minute >= 18*60 }},
		{"closures", `timezone: Australia/Lord_Howe, hours: {mon-sun: ["09:00-17:00"]}, closures: [{from: 2026-04-02T12:00, to: 2026-04-04, name: Easter}, {from: "2026-04-07 10:30", to: "2026-04-07 10:45"}]`, "2026-03-30",
			func(date string, _, minute int) bool {
				closed := date == "2026-04-02" && minute >= 12*60 || date == "2026-04-03" || date == "2026-04-07" && minute >= 630 && minute < 645
				return !closed && minute >= 9*60 && minute < 17*60
			}},
		{"always, except for a closure in the repeated hour", `timezone: Europe/Berlin, hours: always, closures: [{from: 2026-10-25T02:15, to: 2026-10-25T02:30}]`, "2026-10-20",
			func(date string, _, minute int) bool {
				return date != "2026-10-25" || minute < 135 || minute >= 150
			}},
		{"always, except for holidays", `timezone: Asia/Kathmandu, hours: always, holidays: [2026-03-25]`, "2026-03-20",
			func(date string, _, _ int) bool { return date != "2026-03-25" }},
	} {
		_, c := compileCalendar(t, tt.keys)
		from, err := time.ParseInLocation(time.DateOnly, tt.from, c.Location)
		if err != nil {
			t.Fatal(err)
		}
		var want time.Duration
		at := from
		for ; at.Before(from.AddDate(0, 0, 14)); at = at.Add(time.Minute) {
			local := at.In(c.Location)
			open := tt.open(local.Format(time.DateOnly), int(local.Weekday()), local.Hour()*60+local.Minute())
			if c.Open(at) != open {
				t.Fatalf("%s: open at %v: %t", tt.name, local, !open)
			}
			if open {
				want += time.Minute
			}
		}
		if got := c.Between(from, at); got != want {
			t.Errorf("%s: %v, counted %v", tt.name, got, want)
		}
	}
}

func TestClosuresAreNamed(t *testing.T) {
	t.Parallel()
	_, c := compileCalendar(t, `timezone: UTC, hours: {mon: ["09:00-17:00"]}, closures: [{from: 2026-04-02T12:00, to: 2026-04-04, name: Easter}]`)
	want := []sla.Closure{{From: sla.WallTime{Date: sla.Date{Year: 2026, Month: 4, Day: 2}, Minute: 720}, To: sla.WallTime{Date: sla.Date{Year: 2026, Month: 4, Day: 4}}, Name: "Easter"}}
	if diff := cmp.Diff(want, c.Closures); diff != "" {
		t.Error(diff)
	}
}

func TestHolidaySources(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{
		`timezone: UTC, hours: {mon-sun: ["09:00-17:00"]}, holidays: {ical: de.ics}`:                                              "de.ics",
		`timezone: UTC, hours: always, holidays: [2026-12-24, {ical: de.ics}, {ical: "https://h.example/a.ics"}, {ical: de.ics}]`: "de.ics https://h.example/a.ics",
		`timezone: UTC, hours: always, holidays: [2026-12-24]`:                                                                    "",
	} {
		p, c := compileCalendar(t, keys)
		if got := strings.Join(p.HolidaySources(), " "); got != want {
			t.Errorf("%s: %s", keys, got)
		}
		christmas := time.Date(2026, 12, 25, 12, 0, 0, 0, time.UTC)
		with, problems := p.WithHolidays(map[string][]byte{"de.ics": []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20201225\nRRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR\n")}, christmas)
		closed, _ := with.Calendar("office")
		if len(problems) > 0 || !c.Open(christmas) || closed.Open(christmas) != (want == "") || !closed.Open(christmas.AddDate(0, 0, 1)) {
			t.Errorf("%s: %v, open before %t, and with holidays %t", keys, problems, c.Open(christmas), closed.Open(christmas))
		}
	}
	p, _ := compileCalendar(t, `timezone: UTC, hours: always, holidays: {ical: de.ics}`)
	for data, want := range map[string]string{
		"<html>":                           "9:59: calendars.office.holidays.ical: de.ics: it is not valid iCalendar data",
		"BEGIN:VCALENDAR\nEND:VCALENDAR\n": "9:59: calendars.office.holidays.ical: de.ics: it has no events from 2025-12-25 to 2029-12-25",
		"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:7\nEND:VEVENT\nEND:VCALENDAR\n": "9:59: calendars.office.holidays.ical: de.ics: event \"7\": it has no DTSTART",
	} {
		with, problems := p.WithHolidays(map[string][]byte{"de.ics": []byte(data)}, time.Date(2026, 12, 25, 0, 0, 0, 0, time.UTC))
		if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), want) || with == nil {
			t.Errorf("%q: %v, want %s", data, problems, want)
		}
	}
}

func TestCalendarProblems(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{
		`timezone: UTC, hours: {mon: ["22:00-06:00"], tue: ["05:00-09:00"]}`:                     `the opening hours overlap those of tue`,
		`timezone: UTC, hours: {sat: ["22:00-06:00"], sun: ["05:00-09:00"]}`:                     `the opening hours overlap those of sun`,
		`timezone: UTC, hours: {mon: ["22:00-06:00", "23:00-24:00"]}`:                            `the opening hours overlap`,
		`timezone: UTC, hours: {mon: ["09:00-09:00"]}`:                                           `"09:00-09:00" is not a valid time range such as 09:00-17:30`,
		`timezone: UTC, hours: {mon: ["24:00-06:00"]}`:                                           `"24:00-06:00" is not a valid time range such as 09:00-17:30`,
		`hours: always, holidays: [2026-01-01]`:                                                  `"timezone" is missing`,
		`timezone: UTC, hours: always, closures: [{from: 2026-01-02, to: 2026-01-02}]`:           `must end after it begins`,
		`timezone: UTC, hours: always, closures: [{from: 2026-01-02, to: 2036-01-02}]`:           `is longer than two years`,
		`timezone: UTC, hours: always, closures: [{from: 2026-01-02, to: tomorrow}]`:             `"tomorrow" is not a valid local time such as 2026-12-24T12:00, or a date`,
		`timezone: UTC, hours: always, closures: [{from: 2026-01-02, until: 2026-01-03}]`:        `unknown key "until": must be one of from, name, to`,
		`timezone: UTC, hours: always, holidays: {icla: a.ics}`:                                  `unknown key "icla": must be one of ical; did you mean "ical"?`,
		`timezone: UTC, hours: always, holidays: {ical: "http://h.example/a.ics"}`:               `must be a file, or a URL that begins with https:// and has no credentials`,
		`timezone: UTC, hours: always, holidays: [{ical: "https://ana:secret@h.example/a.ics"}]`: `must be a file, or a URL that begins with https:// and has no credentials`,
		`timezone: UTC, hours: always, holidays: [{ical: "https:///a.ics"}]`:                     `must be a file, or a URL that begins with https:// and has no credentials`,
	} {
		list := problems(head + "calendars:\n  office: {" + keys + "}\n" + rest)
		if !slices.ContainsFunc(list, func(p string) bool { return strings.HasSuffix(p, want) }) {
			t.Errorf("%s: %q, want %s", keys, list, want)
		}
	}
}
