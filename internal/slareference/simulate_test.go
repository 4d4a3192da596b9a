package slareference_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/slareference"
)

// story is a history of one conversation in short lines: "03-29 00:00 receive",
// "10:00 status resolved". A time without a day is on the day of the line before.
type story struct {
	name     string
	calendar slareference.Calendar
	slas     []slareference.SLA // the calendar is filled in; without a condition, the first is for tier 1, the second for tier 2
	rules    []slareference.Escalation
	history  string
	until    string
	want     string // clocks and escalations, as summary renders them
}

var always = slareference.Calendar{Always: true}

// only makes a calendar with one window on one day.
func only(zone string, day time.Weekday, from, to int, holidays ...string) slareference.Calendar {
	c := slareference.Calendar{Zone: zone, Holidays: holidays}
	c.Days[day] = []slareference.Window{{From: from * 60, To: to * 60}}
	return c
}

func daily(zone string, from, to int, holidays ...string) slareference.Calendar {
	c := slareference.Calendar{Zone: zone, Holidays: holidays}
	for day := range c.Days {
		c.Days[day] = []slareference.Window{{From: from * 60, To: to * 60}}
	}
	return c
}

// sla makes an SLA policy with the targets of first_response, next_response, resolution
// and update_every in minutes.
func sla(handoff string, first, next, resolution, update int, more ...func(*slareference.SLA)) slareference.SLA {
	s := slareference.SLA{OnHandoff: handoff}
	for m, minutes := range []int{first, next, resolution, update} {
		s.Targets[m] = time.Duration(minutes) * time.Minute
	}
	for _, change := range more {
		change(&s)
	}
	return s
}

func warn(percent ...int) func(*slareference.SLA) {
	return func(s *slareference.SLA) { s.Warn = percent }
}

func pauseOn(sides ...string) func(*slareference.SLA) {
	return func(s *slareference.SLA) { s.PauseOn = sides }
}

func ifHigh(s *slareference.SLA) {
	s.When.Terms = []slareference.Term{{Fact: "conversation.priority", Text: "high"}}
}

func ifTier(tier int) func(*slareference.SLA) {
	return func(s *slareference.SLA) { s.When.Terms = []slareference.Term{{Fact: "tier", Number: tier}} }
}

func (s story) build(t *testing.T) slareference.Case {
	t.Helper()
	c := slareference.Case{Step: time.Minute, Agents: []slareference.Agent{{Name: "ana", Tiers: []int{1}}, {Name: "ben", Tiers: []int{2}}}}
	s.calendar.Name = "hours"
	p := &c.Policy
	p.Calendars = []slareference.Calendar{s.calendar}
	p.Inboxes = []slareference.Inbox{{Name: "frontline", Tier: 1, Calendar: "hours"}, {Name: "billing", Tier: 2, Calendar: "hours"}}
	p.Routing = []slareference.Route{{Name: "default", Inbox: "frontline"}}
	p.Escalations = slices.Clone(s.rules)
	for i := range p.Escalations {
		p.Escalations[i].Notify = true
	}
	for i, policy := range s.slas {
		policy.Name, policy.Calendar = string(rune('A'+i)), "hours"
		if len(policy.When.Terms) == 0 {
			policy.When.Terms = []slareference.Term{{Fact: "tier", Number: i + 1}}
		}
		p.SLAs = append(p.SLAs, policy)
	}
	day := "01-05"
	for line := range strings.Lines(s.history) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if strings.Contains(words[0], "-") {
			day, words = words[0], words[1:]
		}
		c.Events = append(c.Events, event(t, day+" "+words[0], words[1], words[2:]))
	}
	c.Until = at(t, s.until)
	return c
}

// at reads "01-05 10:00" of the year 2026, in UTC.
func at(t *testing.T, text string) time.Time {
	t.Helper()
	instant, err := time.Parse("2006-01-02 15:04", "2026-"+text)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

func event(t *testing.T, when, do string, arguments []string) slareference.Event {
	t.Helper()
	e := slareference.Event{At: at(t, when), Conversation: "c1", Do: do, By: "ana", Auto: "none"}
	argument := func(i int) string { return append(arguments, "", "")[i] }
	switch do {
	case slareference.Receive:
		if argument(0) != "" {
			e.Auto = argument(0)
		}
	case slareference.Status:
		e.Status, e.WaitingOn = argument(0), argument(1)
	case slareference.Move:
		e.Inbox = argument(0)
	case slareference.Assign:
		e.To = argument(0)
	case slareference.Priority:
		e.Priority = argument(0)
	}
	return e
}

// summary renders what the tests state: instants without the year, durations in minutes.
func summary(r slareference.Result) string {
	var out strings.Builder
	short := func(label, instant string) string {
		if instant == "" {
			return ""
		}
		return fmt.Sprintf(" %s %s", label, strings.Replace(instant[5:16], "T", " ", 1))
	}
	for _, k := range r.Clocks {
		fmt.Fprintf(&out, "%s %s %s%s%s%s%s%s, %d of %d min", k.Metric, k.Policy, k.State, short("from", k.StartedAt), short("due", k.DueAt),
			short("met", k.MetAt), short("breached", k.BreachedAt), short("ended", k.EndedAt), k.Used/60, k.Target/60)
		for _, w := range k.Warnings {
			fmt.Fprintf(&out, ",%s", short(fmt.Sprintf("%d%%", w.Percent), w.At))
		}
		out.WriteByte('\n')
	}
	for _, f := range r.Fired {
		fmt.Fprintf(&out, "%s%s\n", f.Escalation, short("at", f.At))
	}
	return out.String()
}

// TestSimulate has stories whose results were worked out on paper.
func TestSimulate(t *testing.T) {
	for _, s := range slices.Concat(calendarStories, clockStories, handoffStories) {
		t.Run(s.name, func(t *testing.T) {
			c := s.build(t)
			out, err := slareference.Simulate(c)
			if err != nil || out.Undefined != "" {
				t.Fatal(err, out.Undefined)
			}
			if err := check(out.Results); err != nil {
				t.Error(err)
			}
			want := strings.ReplaceAll(strings.TrimLeft(s.want, "\n"), "\t", "")
			if got := summary(out.Results[0]); got != want {
				t.Errorf("have:\n%swant:\n%s", got, want)
			}
			if difference, err := compare(c); difference != "" || err != nil {
				t.Errorf("- replay, + reference:\n%s%v", difference, err)
			}
		})
	}
}
