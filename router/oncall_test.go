package router

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"switchboard/router/sla"
)

// TestOnCallEqualsSimulation compares OnCall with a clock on the wall that is read every
// minute over weeks with changes of the clocks, in many zones.
func TestOnCallEqualsSimulation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Africa/Cairo", "Pacific/Chatham", "Asia/Beirut", "Pacific/Apia"}
	for run := range 60 {
		loc, err := time.LoadLocation(zones[run%len(zones)])
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, loc)
		if zones[run%len(zones)] == "Pacific/Apia" {
			from = time.Date(2011, 12, 25, 0, 0, 0, 0, loc) // it skipped 2011-12-30
		}
		if _, change := from.ZoneBounds(); !change.IsZero() {
			from = change.AddDate(0, 0, -8)
		}
		start := sla.WallTimeOf(from).Date
		rotation := Rotation{Location: loc, Days: 1 + r.IntN(8), Minute: []int{0, 9 * 60, 2*60 + 30, 24*60 - 1, 60, r.IntN(24 * 60)}[run%6], Start: start}
		for i := range 1 + r.IntN(4) {
			rotation.Agents = append(rotation.Agents, fmt.Sprint("agent", i))
		}
		turn, next := 0, start.Number()+rotation.Days
		for at := (sla.WallTime{Date: start, Minute: rotation.Minute}).In(loc); at.Before(from.AddDate(0, 0, 20)); at = at.Add(time.Minute) {
			if wall := sla.WallTimeOf(at.In(loc)); !wall.Before(sla.WallTime{Date: sla.DateOf(next), Minute: rotation.Minute}) {
				turn, next = turn+1, next+rotation.Days
			}
			if got, want := OnCall(rotation, at), rotation.Agents[turn%len(rotation.Agents)]; got != want {
				t.Fatalf("%+v at %v: %s, want %s", rotation, at, got, want)
			}
		}
	}
}

// TestNextOnCall: between two of its instants, nobody else is on call.
func TestNextOnCall(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(2026, 3, 1+r.IntN(20), 0, 0, 0, 0, loc)
		rotation := Rotation{Location: loc, Agents: []string{"a", "b", "c"}, Days: 1 + r.IntN(3), Minute: r.IntN(24 * 60), Start: sla.WallTimeOf(from).Date}
		for _, agent := range []string{"d", "e"} {
			at := from.Add(time.Duration(r.IntN(30*24)) * time.Hour)
			rotation.Overrides = append(rotation.Overrides, Override{sla.WallTimeOf(at), sla.WallTimeOf(at.Add(30 * time.Hour)), agent})
		}
		next := from
		for at := from; at.Before(from.AddDate(0, 0, 40)); at = at.Add(time.Minute) {
			if !at.Before(next) {
				if next = NextOnCall(rotation, at); !next.After(at) {
					t.Fatalf("%s: %v after %v", zone, next, at)
				}
			} else if was, is := OnCall(rotation, at.Add(-time.Minute)), OnCall(rotation, at); was != is {
				t.Fatalf("%s: %s follows %s at %v, but the next change is at %v", zone, is, was, at, next)
			}
		}
	}
	if next := NextOnCall(Rotation{Location: time.UTC}, time.Now()); !next.IsZero() {
		t.Error(next)
	}
}

func TestOnCall(t *testing.T) {
	t.Parallel()
	p, err := Compile([]byte(`version: 1
tiers: [{tier: 3, name: Engineering}]
inboxes:
  engineering:
    tier: 3
    assign:
      strategy: on-call
      rotation:
        - agents: [Ana@desk.example, ben@desk.example, cy@desk.example]
          handover: mon 09:00
          timezone: Europe/Berlin
          every: 1w
          start: 2026-03-04
          overrides:
            - {from: 2026-04-01T12:00, to: 2026-04-03, agent: dee@desk.example}
            - {from: 2026-04-02T08:00, to: 2026-04-02T10:00, agent: eve@desk.example}
        - {agents: [boss@desk.example], handover: "00:00", timezone: UTC, every: 1d}
routing: [{name: default, set: {inbox: engineering}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	in, _ := p.Inbox("engineering")
	if len(in.Assign.Rotations) != 2 {
		t.Fatalf("%+v", in.Assign)
	}
	for at, want := range map[string]string{
		"2026-03-09T07:59:59Z": "cy@desk.example", // before the first handover, counted backwards
		"2026-03-09T08:00:00Z": "ana@desk.example",
		"2026-03-16T08:00:00Z": "ben@desk.example",
		"2026-03-23T08:00:00Z": "cy@desk.example",
		"2026-03-30T06:59:59Z": "cy@desk.example", // 09:00 in summer is an hour earlier
		"2026-03-30T07:00:00Z": "ana@desk.example",
		"2026-04-01T09:59:59Z": "ana@desk.example",
		"2026-04-01T10:00:00Z": "dee@desk.example",
		"2026-04-02T06:00:00Z": "eve@desk.example",
		"2026-04-02T08:00:00Z": "dee@desk.example",
		"2026-04-02T22:00:00Z": "ana@desk.example",
		"2025-03-10T08:00:00Z": "cy@desk.example", // 52 weeks before
	} {
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := OnCall(in.Assign.Rotations[0], instant); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
	if got := OnCall(Rotation{Location: time.UTC}, time.Now()); got != "" {
		t.Errorf("nobody: %s", got)
	}
}

// FuzzOnCall: somebody is always on call, and the first agent is at the beginning of the
// first turn.
func FuzzOnCall(f *testing.F) {
	f.Add(int64(1774832400), 9*60, 7, 3, "Europe/Berlin")
	f.Add(int64(-1), 0, 1, 1, "Pacific/Apia")
	f.Fuzz(func(t *testing.T, at int64, minute, days, agents int, zone string) {
		loc, err := time.LoadLocation(zone)
		if err != nil || minute < 0 || minute >= 24*60 || days < 1 || days > 366 || agents < 1 || agents > 20 || at < -1e10 || at > 1e10 {
			return
		}
		r := Rotation{Location: loc, Minute: minute, Days: days, Start: firstMonday}
		for i := range agents {
			r.Agents = append(r.Agents, fmt.Sprint(i))
		}
		if OnCall(r, time.Unix(at, 0)) == "" {
			t.Errorf("nobody is on call in %+v at %d", r, at)
		}
		if got := OnCall(r, r.begin(r.Start.Number())); got != "0" {
			t.Errorf("%+v begins with agent %s", r, got)
		}
	})
}
