package slareference_test

import (
	"testing"
	"time"

	"switchboard/internal/slareference"
)

var calendarStories = []story{{
	name:     "an hour that the clock skips does not count",
	calendar: only("Europe/Berlin", time.Sunday, 1, 5),
	slas:     []slareference.SLA{sla("", 120, 0, 0, 0)},
	history:  "03-29 00:00 receive", // 01:00 CET; 02:00 CET is 03:00 CEST
	until:    "03-29 01:30",
	want: `
	first_response A running from 03-29 00:00 due 03-29 02:00, 90 of 120 min
	`,
}, {
	name:     "a window in the skipped hour is empty",
	calendar: only("Europe/Berlin", time.Sunday, 2, 3),
	slas:     []slareference.SLA{sla("", 20, 0, 0, 0)},
	history:  "03-29 00:00 receive",
	until:    "03-29 12:00",
	want: `
	first_response A running from 03-29 00:00 due 04-05 00:20, 0 of 20 min
	`,
}, {
	name:     "an hour that the clock repeats counts twice",
	calendar: only("Europe/Berlin", time.Sunday, 1, 5),
	slas:     []slareference.SLA{sla("", 180, 0, 0, 0, warn(50))},
	history:  "10-24 23:00 receive", // 01:00 CEST; at 01:00 UTC it is 02:00 for the second time
	until:    "10-25 03:00",
	want: `
	first_response A breached from 10-24 23:00 due 10-25 02:00 breached 10-25 02:00, 240 of 180 min, 50% 10-25 00:30
	`,
}, {
	name:     "a window in the repeated hour is two hours long",
	calendar: only("Europe/Berlin", time.Sunday, 2, 3),
	slas:     []slareference.SLA{sla("", 120, 0, 0, 0)},
	history:  "10-24 20:00 receive",
	until:    "10-25 01:00",
	want: `
	first_response A running from 10-24 20:00 due 10-25 02:00, 60 of 120 min
	`,
}, {
	name:     "half an hour is skipped on Lord Howe Island",
	calendar: only("Australia/Lord_Howe", time.Sunday, 1, 3),
	slas:     []slareference.SLA{sla("", 80, 0, 0, 0)},
	history:  "10-03 14:00 receive", // 00:30; 02:00 is 02:30 at 15:30 UTC, so the window is 14:30 to 16:00
	until:    "10-03 15:00",
	want: `
	first_response A running from 10-03 14:00 due 10-03 15:50, 30 of 80 min
	`,
}, {
	name:     "a holiday is a day of the calendar's zone",
	calendar: daily("Asia/Kathmandu", 9, 17, "2026-05-01"), // 03:15 to 11:15 UTC
	slas:     []slareference.SLA{sla("", 120, 0, 0, 0)},
	history:  "04-30 10:15 receive",
	until:    "05-01 10:00",
	want: `
	first_response A running from 04-30 10:15 due 05-02 04:15, 60 of 120 min
	`,
}, {
	name:     "a target used up at closing time is due at closing time",
	calendar: daily("UTC", 9, 17),
	slas:     []slareference.SLA{sla("", 120, 0, 0, 0)},
	history:  "04-30 15:00 receive",
	until:    "04-30 16:00",
	want: `
	first_response A running from 04-30 15:00 due 04-30 17:00, 60 of 120 min
	`,
}}

var clockStories = []story{{
	name:     "a reply at the deadline is in time",
	calendar: always,
	slas:     []slareference.SLA{sla("", 60, 0, 0, 0, warn(50, 100))},
	history:  "10:00 receive\n11:00 reply",
	until:    "01-05 12:00",
	want: `
	first_response A met from 01-05 10:00 due 01-05 11:00 met 01-05 11:00 ended 01-05 11:00, 60 of 60 min, 50% 01-05 10:30
	`,
}, {
	name:     "pauses do not count, and the deadline moves",
	calendar: always,
	slas:     []slareference.SLA{sla("", 0, 0, 120, 0, pauseOn("customer"))},
	history:  "10:00 receive\n10:30 reply\n12:00 receive",
	until:    "01-05 13:00",
	want: `
	resolution A running from 01-05 10:00 due 01-05 13:30, 90 of 120 min
	`,
}, {
	name:     "a clock that is paused at its deadline fires when it goes on",
	calendar: always,
	slas:     []slareference.SLA{sla("", 0, 0, 120, 0, pauseOn("customer"))},
	history:  "10:00 receive\n12:00 status pending\n15:00 receive",
	until:    "01-05 15:10",
	want: `
	resolution A breached from 01-05 10:00 due 01-05 15:00 breached 01-05 15:00, 130 of 120 min
	`,
}, {
	name:     "waiting on a third party pauses only where the policy says so",
	calendar: always,
	slas:     []slareference.SLA{sla("", 0, 0, 120, 0, pauseOn("customer"))},
	history:  "10:00 receive\n10:30 status pending third-party\n11:00 status pending",
	until:    "01-05 13:00",
	want: `
	resolution A paused from 01-05 10:00, 60 of 120 min
	`,
}, {
	name:     "a breached clock counts on and is met late",
	calendar: always,
	slas:     []slareference.SLA{sla("", 60, 0, 0, 0)},
	history:  "10:00 receive\n11:20 reply",
	until:    "01-05 12:00",
	want: `
	first_response A met from 01-05 10:00 due 01-05 11:00 met 01-05 11:20 breached 01-05 11:00 ended 01-05 11:20, 80 of 60 min
	`,
}, {
	name:     "resolving without a reply makes response clocks void",
	calendar: always,
	slas:     []slareference.SLA{sla("", 60, 60, 120, 240)},
	history:  "10:00 receive\n10:30 status resolved",
	until:    "01-05 12:00",
	want: `
	first_response A void from 01-05 10:00 due 01-05 11:00 ended 01-05 10:30, 30 of 60 min
	resolution A met from 01-05 10:00 due 01-05 12:00 met 01-05 10:30 ended 01-05 10:30, 30 of 120 min
	update_every A void from 01-05 10:00 due 01-05 14:00 ended 01-05 10:30, 30 of 240 min
	`,
}, {
	name:     "resolution continues after reopening, without the time in between",
	calendar: always,
	slas:     []slareference.SLA{sla("", 0, 60, 120, 240)},
	history:  "10:00 receive\n10:30 status resolved\n12:30 receive",
	until:    "01-05 13:00",
	want: `
	resolution A running from 01-05 10:00 due 01-05 14:00, 60 of 120 min
	update_every A void from 01-05 10:00 due 01-05 14:00 ended 01-05 10:30, 30 of 240 min
	next_response A running from 01-05 12:30 due 01-05 13:30, 30 of 60 min
	`,
}, {
	name:     "each reply promises the next update",
	calendar: always,
	slas:     []slareference.SLA{sla("", 60, 60, 0, 100)},
	history:  "10:00 receive\n10:10 receive\n10:30 reply\n10:40 receive\n10:50 receive\n11:00 reply",
	until:    "01-05 11:10",
	want: `
	first_response A met from 01-05 10:00 due 01-05 11:00 met 01-05 10:30 ended 01-05 10:30, 30 of 60 min
	update_every A met from 01-05 10:00 due 01-05 11:40 met 01-05 10:30 ended 01-05 10:30, 30 of 100 min
	update_every A met from 01-05 10:30 due 01-05 12:10 met 01-05 11:00 ended 01-05 11:00, 30 of 100 min
	next_response A met from 01-05 10:40 due 01-05 11:40 met 01-05 11:00 ended 01-05 11:00, 20 of 60 min
	update_every A running from 01-05 11:00 due 01-05 12:40, 10 of 100 min
	`,
}, {
	name:     "automatic mail starts nothing",
	calendar: always,
	slas:     []slareference.SLA{sla("", 60, 60, 120, 0)},
	history:  "10:00 receive bounce\n10:20 receive auto-reply\n10:30 receive list",
	until:    "01-05 11:00",
	want: `
	first_response A running from 01-05 10:30 due 01-05 11:30, 30 of 60 min
	resolution A running from 01-05 10:30 due 01-05 12:30, 30 of 120 min
	`,
}, {
	name:     "a rule fires once per episode",
	calendar: always,
	slas:     []slareference.SLA{sla("", 60, 100, 0, 0)},
	rules: []slareference.Escalation{
		{Name: "half", On: slareference.Condition{Terms: []slareference.Term{{Fact: "sla.next_response", Percent: 50}}}},
		{Name: "old", On: slareference.Condition{Terms: []slareference.Term{{Fact: "stint.age", Op: ">", Age: time.Hour}}}},
	},
	history: "10:00 receive\n10:10 reply\n10:20 receive\n11:10 note\n11:20 reply\n12:00 receive",
	until:   "01-05 13:00",
	want: `
	first_response A met from 01-05 10:00 due 01-05 11:00 met 01-05 10:10 ended 01-05 10:10, 10 of 60 min
	next_response A met from 01-05 10:20 due 01-05 12:00 met 01-05 11:20 ended 01-05 11:20, 60 of 100 min
	next_response A running from 01-05 12:00 due 01-05 13:40, 60 of 100 min
	half at 01-05 11:10
	half at 01-05 12:50
	old at 01-05 13:00
	`,
}}

var handoffStories = []story{{
	name:     "keep leaves the clock under the policy that started it",
	calendar: always,
	slas:     []slareference.SLA{sla("", 120, 0, 0, 0), sla("", 60, 0, 240, 0)},
	history:  "10:00 receive\n11:30 move billing",
	until:    "01-05 12:00",
	want: `
	first_response A breached from 01-05 10:00 due 01-05 12:00 breached 01-05 12:00, 120 of 120 min
	resolution B running from 01-05 11:30 due 01-05 15:30, 30 of 240 min
	`,
}, {
	name:     "retarget counts again from the start under the new policy",
	calendar: always,
	slas:     []slareference.SLA{sla("", 0, 0, 240, 0), sla("retarget", 0, 0, 120, 0, pauseOn("customer"), warn(50))},
	history:  "10:00 receive\n10:30 reply\n11:30 receive\n12:15 move billing",
	until:    "01-05 12:20",
	want: `
	resolution B running from 01-05 10:00 due 01-05 13:00, 80 of 120 min, 50% 01-05 12:15
	`,
}, {
	name:     "retarget to a target that is used up breaches at the handoff",
	calendar: always,
	slas:     []slareference.SLA{sla("", 240, 0, 0, 0), sla("retarget", 60, 0, 0, 0, warn(50))},
	history:  "10:00 receive\n12:00 move billing",
	until:    "01-05 12:20",
	want: `
	first_response B breached from 01-05 10:00 due 01-05 12:00 breached 01-05 12:00, 140 of 60 min, 50% 01-05 12:00
	`,
}, {
	name:     "a paused clock that is retargeted with nothing left fires when it goes on",
	calendar: always,
	slas:     []slareference.SLA{sla("retarget", 0, 0, 60, 0, pauseOn("customer"), ifHigh), sla("", 0, 0, 240, 0, ifTier(1))},
	history:  "10:00 receive\n12:00 reply\n12:10 priority high\n12:40 receive",
	until:    "01-05 12:50",
	want: `
	resolution A breached from 01-05 10:00 due 01-05 12:40 breached 01-05 12:40, 130 of 60 min
	`,
}, {
	name:     "a handoff while the conversation is resolved leaves the resolution clock alone",
	calendar: always,
	slas:     []slareference.SLA{sla("", 0, 0, 240, 0), sla("retarget", 0, 0, 60, 0, pauseOn("customer"))},
	history:  "10:00 receive\n12:00 status closed\n12:10 move billing\n12:20 receive",
	until:    "01-05 12:30",
	want: `
	resolution A running from 01-05 10:00 due 01-05 14:20, 130 of 240 min
	`,
}, {
	name:     "restart supersedes",
	calendar: always,
	slas:     []slareference.SLA{sla("", 120, 0, 0, 0), sla("restart", 60, 0, 0, 0)},
	history:  "10:00 receive\n11:00 move billing",
	until:    "01-05 11:10",
	want: `
	first_response A superseded from 01-05 10:00 due 01-05 12:00 ended 01-05 11:00, 60 of 120 min
	first_response B running from 01-05 11:00 due 01-05 12:00, 10 of 60 min
	`,
}, {
	name:     "a breach survives a handoff and prevents a second clock",
	calendar: always,
	slas:     []slareference.SLA{sla("", 20, 0, 0, 0), sla("restart", 60, 0, 0, 0)},
	history:  "10:00 receive\n11:00 move billing",
	until:    "01-05 11:10",
	want: `
	first_response A breached from 01-05 10:00 due 01-05 10:20 breached 01-05 10:20, 70 of 20 min
	`,
}, {
	name:     "a metric that only the new policy has starts at the handoff, but not next_response",
	calendar: always,
	slas:     []slareference.SLA{sla("", 60, 60, 120, 180, ifTier(2))},
	history:  "10:00 receive\n10:30 reply\n10:40 receive\n11:00 move billing",
	until:    "01-05 11:10",
	want: `
	resolution A running from 01-05 11:00 due 01-05 13:00, 10 of 120 min
	update_every A running from 01-05 11:00 due 01-05 14:00, 10 of 180 min
	`,
}, {
	name:     "a move of a conversation that waits lets the clock go on",
	calendar: always,
	slas:     []slareference.SLA{sla("", 0, 0, 120, 0, pauseOn("customer")), sla("", 0, 0, 60, 0)},
	history:  "10:00 receive\n10:30 reply\n12:00 move billing",
	until:    "01-05 12:10",
	want: `
	resolution A running from 01-05 10:00 due 01-05 13:30, 40 of 120 min
	`,
}, {
	name:     "a rule moves up when the first response is late",
	calendar: always,
	slas:     []slareference.SLA{sla("", 60, 0, 0, 0), sla("", 60, 0, 120, 0)},
	rules: []slareference.Escalation{{
		Name: "late", Move: "tier+1", On: slareference.Condition{Terms: []slareference.Term{{Fact: "sla.first_response.breached"}, {Fact: "tier", Number: 1}}},
	}},
	history: "10:00 receive",
	until:   "01-05 11:30",
	want: `
	first_response A breached from 01-05 10:00 due 01-05 11:00 breached 01-05 11:00, 90 of 60 min
	resolution B running from 01-05 11:00 due 01-05 13:00, 30 of 120 min
	late at 01-05 11:00
	`,
}}

// TestMeasures has stints and measures worked out on paper.
func TestMeasures(t *testing.T) {
	s := story{
		calendar: always,
		history:  "10:00 receive\n10:30 reply\n11:00 receive\n11:10 assign ben\n11:30 move billing\n12:00 status resolved\n14:00 status open",
		until:    "01-05 14:10",
	}
	out, err := slareference.Simulate(s.build(t))
	if err != nil {
		t.Fatal(err)
	}
	const want = `c1 open in billing (2) of "ben", segment "", sla ""
  stint {"inbox":"frontline","tier":1,"assignee":"","waiting_on":"us","started_at":"2026-01-05T10:00:00Z","ended_at":"2026-01-05T10:30:00Z"}
  stint {"inbox":"frontline","tier":1,"assignee":"ana","waiting_on":"customer","started_at":"2026-01-05T10:30:00Z","ended_at":"2026-01-05T11:00:00Z"}
  stint {"inbox":"frontline","tier":1,"assignee":"ana","waiting_on":"us","started_at":"2026-01-05T11:00:00Z","ended_at":"2026-01-05T11:10:00Z"}
  stint {"inbox":"frontline","tier":1,"assignee":"ben","waiting_on":"us","started_at":"2026-01-05T11:10:00Z","ended_at":"2026-01-05T11:30:00Z"}
  stint {"inbox":"billing","tier":2,"assignee":"ben","waiting_on":"us","started_at":"2026-01-05T11:30:00Z","ended_at":"2026-01-05T12:00:00Z"}
  stint {"inbox":"billing","tier":2,"assignee":"ben","waiting_on":"customer","started_at":"2026-01-05T12:00:00Z","ended_at":"2026-01-05T14:00:00Z"}
  stint {"inbox":"billing","tier":2,"assignee":"ben","waiting_on":"us","started_at":"2026-01-05T14:00:00Z","ended_at":""}
  measures {"first_reply_s":1800,"resolution_s":null,"handoffs":1,"reassignments":1,"tier_s":{"1":5400,"2":2400},"waiting_s":{"customer":1800,"us":6000}}
`
	if got := slareference.Encode(out.Results); got != want {
		t.Errorf("have:\n%s\nwant:\n%s", got, want)
	}
}
