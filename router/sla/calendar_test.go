package sla

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func week(windows ...Window) (hours [7][]Window) {
	for day := range hours {
		hours[day] = windows
	}
	return hours
}

func TestAdd(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	office := &Calendar{Location: berlin}
	for day := time.Monday; day <= time.Thursday; day++ {
		office.Hours[day] = []Window{{9 * 60, 12*60 + 30}, {13 * 60, 18 * 60}}
	}
	office.Hours[time.Friday] = []Window{{9 * 60, 16 * 60}}
	office.CloseDay(Date{2026, 12, 25}, "Christmas Day")
	nights := &Calendar{Location: berlin, Hours: week(Window{0, 6 * 60})}
	repeated := &Calendar{Location: berlin, Hours: week(Window{2*60 + 15, 2*60 + 45})}
	always := &Calendar{Location: time.UTC, Always: true}
	tests := []struct {
		name  string
		cal   *Calendar
		start string
		d     time.Duration
		want  string
	}{
		{"inside a window", office, "2026-03-02T09:30:00+01:00", 2 * time.Hour, "2026-03-02T11:30:00+01:00"},
		{"ends with the window", office, "2026-03-02T09:30:00+01:00", 3 * time.Hour, "2026-03-02T12:30:00+01:00"},
		{"over lunch", office, "2026-03-02T12:00:00+01:00", time.Hour, "2026-03-02T13:30:00+01:00"},
		{"from the evening", office, "2026-03-02T19:00:00+01:00", time.Minute, "2026-03-03T09:01:00+01:00"},
		{"over the weekend", office, "2026-03-06T15:30:00+01:00", time.Hour, "2026-03-09T09:30:00+01:00"},
		{"over the weekend of the change", office, "2026-03-27T15:30:00+01:00", time.Hour, "2026-03-30T09:30:00+02:00"},
		{"over a holiday", office, "2026-12-24T17:00:00+01:00", 2 * time.Hour, "2026-12-28T10:00:00+01:00"},
		{"in spring the night has 5 hours", nights, "2026-03-29T00:00:00+01:00", 5 * time.Hour, "2026-03-29T06:00:00+02:00"},
		{"in autumn the night has 7 hours", nights, "2026-10-25T00:00:00+02:00", 7 * time.Hour, "2026-10-25T06:00:00+01:00"},
		{"a skipped window", repeated, "2026-03-28T12:00:00+01:00", 30 * time.Minute, "2026-03-30T02:45:00+02:00"},
		{"a repeated window counts twice", repeated, "2026-10-25T00:00:00+02:00", time.Hour, "2026-10-25T02:45:00+01:00"},
		{"leap day", nights, "2028-02-28T05:00:00+01:00", 2 * time.Hour, "2028-02-29T01:00:00+01:00"},
		{"always", always, "2026-03-02T09:30:00Z", 40 * time.Hour, "2026-03-04T01:30:00Z"},
		{"no time", office, "2026-03-07T12:00:00+01:00", 0, "2026-03-07T12:00:00+01:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start, _ := time.Parse(time.RFC3339, tt.start)
			want, _ := time.Parse(time.RFC3339, tt.want)
			got, ok := tt.cal.Add(start, tt.d)
			if !ok || !got.Equal(want) {
				t.Errorf("got %v, want %v", got.In(want.Location()), want)
			}
			if used := tt.cal.Between(start, got); used != tt.d {
				t.Errorf("the business time between them is %v, want %v", used, tt.d)
			}
		})
	}
}

func TestAddWithoutHours(t *testing.T) {
	c := &Calendar{Location: time.UTC}
	if at, ok := c.Add(time.Unix(0, 0), time.Minute); ok {
		t.Errorf("a calendar that never opens returned %v", at)
	}
}

// open is a simple reference implementation: it reports whether the wall clock shows
// opening hours at t.
func open(c *Calendar, t time.Time) bool {
	local := t.In(c.Location)
	minute := local.Hour()*60 + local.Minute()
	for _, p := range c.Closures {
		if wall := WallTimeOf(local); !wall.Before(p.From) && wall.Before(p.To) {
			return false
		}
	}
	for _, w := range c.Hours[local.Weekday()] {
		if minute >= w.From && minute < w.To {
			return true
		}
	}
	return false
}

// Deadlines equal a minute-by-minute simulation around clock changes in many zones,
// with split shifts, midnights and holidays.
func TestAddEqualsSimulation(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Africa/Casablanca", "Pacific/Chatham", "America/Santiago", "Asia/Beirut"}
	for run := range 400 {
		loc := zone(t, zones[run%len(zones)])
		c := &Calendar{Location: loc}
		for day := range c.Hours {
			c.Hours[day] = shifts(r)
		}
		// Mostly a few days around a change of the clocks, else any day.
		start := time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), 0, 0, time.UTC)
		if loc.String() == "America/St_Johns" {
			start = start.AddDate(-21, 0, 0) // the clock went back over midnight
		}
		if _, change := start.In(loc).ZoneBounds(); !change.IsZero() && run%4 != 0 {
			start = change.Add(-time.Duration(r.IntN(3*24*60)) * time.Minute).Truncate(time.Minute)
		}
		if run%3 == 0 {
			c.CloseDay(DateOf(dateOf(start.In(loc)).Number()+1), "")
		}
		for range r.IntN(4) { // some of them overlap, or are empty
			from := start.Add(time.Duration(r.IntN(5*24*60)) * time.Minute)
			c.Close(Closure{From: WallTimeOf(from.In(loc)), To: WallTimeOf(from.Add(time.Duration(r.IntN(40*60)) * time.Minute).In(loc))})
		}
		want := start
		left := 1 + r.IntN(20*60)
		d := time.Duration(left) * time.Minute
		for n := 0; left > 0 && n < 30*24*60; n++ {
			if open(c, want) {
				left--
			}
			want = want.Add(time.Minute)
		}
		if left > 0 {
			continue // hardly ever open
		}
		got, ok := c.Add(start, d)
		if !ok || !got.Equal(want) {
			t.Fatalf("%s %v: %v + %v = %v, simulated %v", loc, c.Hours, start.In(loc), d, got.In(loc), want.In(loc))
		}
		if used := c.Between(start, want); used != d {
			t.Fatalf("%s %v: %v to %v is %v, simulated %v", loc, c.Hours, start.In(loc), want.In(loc), used, d)
		}
		later, _ := c.Add(start.Add(time.Duration(r.IntN(600))*time.Minute), d)
		if later.Before(got) {
			t.Fatalf("a later start gave an earlier deadline: %v, %v", got, later)
		}
		if at := start.Add(time.Duration(r.IntN(5*24*60)) * time.Minute); c.Open(at) != open(c, at) {
			t.Fatalf("%s %v: Open(%v) = %v", loc, c.Hours, at.In(loc), c.Open(at))
		}
		change, minutes := start.Add(time.Minute), 0
		for ; open(c, change) == open(c, start) && minutes < 30*24*60; minutes++ {
			change = change.Add(time.Minute)
		}
		if got, ok := c.NextChange(start); minutes < 30*24*60 && (!ok || !got.Equal(change)) {
			t.Fatalf("%s %v %v: the next change after %v is %v, simulated %v", loc, c.Hours, c.Closures, start.In(loc), got.In(loc), change.In(loc))
		}
	}
}

// shifts returns up to three windows of a day, some of them until midnight.
func shifts(r *rand.Rand) []Window {
	var all []Window
	for from := r.IntN(8 * 60); from < 24*60 && len(all) < 3; {
		to := min(24*60, from+1+r.IntN(10*60))
		if r.IntN(4) > 0 {
			all = append(all, Window{from, to})
		}
		from = to + r.IntN(3*60)
	}
	return all
}

// TestLeapYearsEnd: the last day of a leap year after 2037, for which Go computes wrong
// bounds of the time zone's periods.
func TestLeapYearsEnd(t *testing.T) {
	c := &Calendar{Location: zone(t, "Europe/Berlin"), Hours: week(Window{0, 24 * 60})}
	start := time.Date(2040, 12, 30, 20, 0, 0, 0, time.UTC)
	if used := c.Between(start, start.Add(72*time.Hour)); used != 72*time.Hour {
		t.Errorf("%v of 72 hours", used)
	}
	for hour := range 48 {
		at := start.Add(time.Duration(hour) * time.Hour)
		if got := WallTimeOf(at.In(c.Location)).In(c.Location); !got.Equal(at) {
			t.Errorf("%v: %v", at, got)
		}
	}
}

// FuzzAdd: the business time up to a deadline is what was added, and a second less is not
// enough.
func FuzzAdd(f *testing.F) {
	f.Add("Europe/Berlin", int64(1774659600), int64(7777), uint16(540), uint16(1020), uint8(62), int16(3), uint16(600))
	f.Add("Australia/Lord_Howe", int64(1775314800), int64(86400), uint16(0), uint16(1440), uint8(127), int16(0), uint16(1))
	f.Fuzz(func(t *testing.T, name string, at, seconds int64, from, to uint16, days uint8, closed int16, length uint16) {
		loc, err := time.LoadLocation(name)
		if err != nil || from >= to || to > 24*60 || seconds < 1 || seconds > 1e7 || at < -1e9 || at > 4e9 {
			return
		}
		c := &Calendar{Location: loc}
		for day := range c.Hours {
			if days>>day&1 == 1 {
				c.Hours[day] = []Window{{int(from), int(to)}}
			}
		}
		start, d := time.Unix(at, 0), time.Duration(seconds)*time.Second
		closure := start.Add(time.Duration(closed) * time.Hour)
		c.Close(Closure{From: WallTimeOf(closure.In(loc)), To: WallTimeOf(closure.Add(time.Duration(length) * time.Minute).In(loc))})
		due, ok := c.Add(start, d)
		if !ok {
			return
		}
		if used := c.Between(start, due); used != d {
			t.Errorf("%v of %v to %v are used", used, d, due)
		}
		if used := c.Between(start, due.Add(-time.Second)); used != d-time.Second {
			t.Errorf("a second before the deadline %v of %v are used", used, d)
		}
		middle := start.Add(due.Sub(start) / 2)
		if c.Between(start, middle)+c.Between(middle, due) != d {
			t.Error("the two halves are not the whole")
		}
	})
}

// BenchmarkBetween counts the business time of a year with two clock changes, holidays
// and a closure.
func BenchmarkBetween(b *testing.B) {
	c := &Calendar{Location: zone(b, "Europe/Berlin"), Hours: week(Window{9 * 60, 12 * 60}, Window{13 * 60, 17 * 60})}
	for _, holiday := range []Date{{2026, 5, 1}, {2026, 12, 25}, {2026, 12, 26}} {
		c.CloseDay(holiday, "")
	}
	c.Close(Closure{From: WallTime{Date{2026, 12, 24}, 12 * 60}, To: WallTime{Date{2026, 12, 24}, 24 * 60}})
	start := time.Date(2026, 3, 27, 15, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		c.Between(start, start.AddDate(1, 0, 0))
	}
}

func BenchmarkAdd(b *testing.B) {
	c := &Calendar{Location: zone(b, "Europe/Berlin"), Hours: week(Window{9 * 60, 12 * 60}, Window{13 * 60, 17 * 60})}
	start := time.Date(2026, 3, 27, 15, 0, 0, 0, time.UTC)
	for _, d := range []time.Duration{time.Hour, 24 * time.Hour} {
		b.Run(fmt.Sprint(d), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Add(start, d)
			}
		})
	}
}

func TestNextOpening(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	office := &Calendar{Location: berlin}
	for day := time.Monday; day <= time.Friday; day++ {
		office.Hours[day] = []Window{{9 * 60, 12 * 60}, {13 * 60, 17 * 60}}
	}
	office.CloseDay(Date{2026, 12, 25}, "Christmas Day")
	for at, want := range map[string]string{
		"2026-03-02T10:00:00+01:00": "2026-03-02T10:00:00+01:00", // open
		"2026-03-02T12:00:00+01:00": "2026-03-02T13:00:00+01:00", // lunch
		"2026-03-02T17:00:00+01:00": "2026-03-03T09:00:00+01:00",
		"2026-03-27T20:00:30+01:00": "2026-03-30T09:00:00+02:00", // over the change to summer time
		"2026-12-24T18:00:00+01:00": "2026-12-28T09:00:00+01:00", // a holiday, then a weekend
	} {
		start, _ := time.Parse(time.RFC3339, at)
		got, ok := office.NextOpening(start)
		if !ok || got.In(berlin).Format(time.RFC3339) != want {
			t.Errorf("from %s: %s %v, want %s", at, got.In(berlin).Format(time.RFC3339), ok, want)
		}
	}
	if _, ok := (&Calendar{Location: berlin}).NextOpening(time.Now()); ok {
		t.Error("a calendar without hours opens")
	}
	if got, ok := (&Calendar{Always: true}).NextOpening(time.Unix(7, 0)); !ok || got.Unix() != 7 {
		t.Error("one that is always open does not")
	}
}
