package lifecycle

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

const upcomingPolicy = `
version: 1
calendars:
  office: {timezone: UTC, hours: {mon-fri: ["09:00-17:00"]}}
  always: {hours: always}
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1}}
slas: [{name: t1, calendar: office, first_response: 4h, warn: [50%]}]
routing: [{name: default, set: {inbox: frontline}}]
escalations:
  - {name: late, on: sla.first_response.breached, do: {priority: +1, page: on-call, repeat: 30m}}
  - {name: old, on: "stint.age > 2h", do: {tags: [old]}}
gaps: {no_owner: 1h}
`

// TestUpcoming: the timers are named in the order in which they fire, each once, and
// the conversation is not changed.
func TestUpcoming(t *testing.T) {
	t.Parallel()
	rules, err := router.Compile([]byte(upcomingPolicy))
	if err != nil {
		t.Fatal(err)
	}
	policy := Policy{Rules: rules, Inboxes: []desk.Inbox{{ID: desk.InboxID{1}, Key: "frontline", Tier: 1}}}
	nine := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday
	opened := Open(desk.Conversation{ID: desk.ConversationID{1}, InboxID: desk.InboxID{1}, Tier: 1, Priority: desk.PriorityNormal, Status: desk.StatusOpen}, Opening{SLA: "t1"}, policy, nine)
	s := mustApply(t, opened.State, Message{}, policy, nine)
	check := func(name string, s State, n int, want ...string) {
		t.Helper()
		var got []string
		for _, e := range Upcoming(s, policy, n) {
			for _, what := range e.What {
				got = append(got, e.At.UTC().Format("15:04 ")+what)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	before := fmt.Sprintf("%+v", s)
	check("new", s, 5, "10:00 gap: owner", "11:00 50% of first_response (t1) is used", "11:00 rule old: tags old",
		"13:00 first_response (t1) is breached", "13:00 rule late: priority high, page on-call", "13:30 rule late pages on-call again", "14:00 rule late pages on-call again")
	check("one", s, 1, "10:00 gap: owner")
	check("none", s, 0)
	if after := fmt.Sprintf("%+v", s); after != before {
		t.Errorf("the state was changed: %s, was %s", after, before)
	}
	ana := desk.Agent{ID: desk.AgentID{1}, Name: "Ana", Tiers: []desk.Tier{1}}
	snoozed := mustApply(t, s, Assign{By: desk.AgentActor(ana.ID), To: ana}, policy, nine.Add(time.Minute))
	snoozed = mustApply(t, snoozed, SetStatus{By: desk.AgentActor(ana.ID), To: desk.StatusSnoozed, Until: nine.Add(90 * time.Minute)}, policy, nine.Add(time.Minute))
	check("snoozed", snoozed, 3, "10:30 the snooze ends", "11:00 50% of first_response (t1) is used", "11:01 rule old: tags old")
	resolved := mustApply(t, snoozed, SetStatus{By: desk.AgentActor(ana.ID), To: desk.StatusResolved}, policy, nine.Add(2*time.Minute))
	check("resolved", resolved, 3, "11:02 rule old: tags old")
	if got := Upcoming(s, Policy{}, 3); got != nil {
		t.Errorf("without a policy: %v", got)
	}
}
