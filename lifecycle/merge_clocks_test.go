package lifecycle

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

const mergePolicy = `
version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1}, billing: {tier: 1}}
slas:
  - {name: fast, when: inbox == "billing", calendar: always, first_response: 1h, resolution: 10h}
  - {name: slow, calendar: always, first_response: 3h, next_response: 2h}
routing: [{name: default, set: {inbox: frontline}}]
`

// clocksOf lists clocks as text.
func clocksOf(clocks []desk.Clock) string {
	var out []string
	for _, k := range clocks {
		if k.Open() {
			out = append(out, fmt.Sprintf("%s %s due %s", k.Metric, k.Policy, k.DueAt.UTC().Format("15:04")))
		}
	}
	return strings.Join(out, ", ")
}

// TestMergedClocks: the survivor of a merge keeps the earliest deadline of each metric,
// and undoing the merge gives both conversations their own clocks again.
func TestMergedClocks(t *testing.T) {
	t.Parallel()
	rules, err := router.Compile([]byte(mergePolicy))
	if err != nil {
		t.Fatal(err)
	}
	policy := Policy{Rules: rules, Inboxes: []desk.Inbox{{ID: desk.InboxID{1}, Key: "frontline", Tier: 1}, {ID: desk.InboxID{2}, Key: "billing", Tier: 1}}}
	open := func(id byte, inbox desk.InboxID, sla string) State {
		out := Open(desk.Conversation{ID: desk.ConversationID{id}, InboxID: inbox, Tier: 1, Priority: desk.PriorityNormal}, Opening{SLA: sla}, policy, day)
		return mustApply(t, out.State, Message{}, policy, day)
	}
	slow, fast := open(1, desk.InboxID{1}, "slow"), open(2, desk.InboxID{2}, "fast")
	at := day.Add(30 * time.Minute)
	before := fast.Conversation
	fast = mustApply(t, fast, Merged{Into: slow.Conversation}, policy, at)
	slow = mustApply(t, slow, Absorbed{From: before}, policy, at)
	if got := clocksOf(fast.Service.Clocks); got != "" || !fast.Conversation.DueAt.IsZero() {
		t.Errorf("the absorbed conversation has the clocks %s", got)
	}
	if got := clocksOf(slow.Service.Clocks); got != "first_response fast due 01:00, resolution fast due 10:00" {
		t.Errorf("the survivor has the clocks %s", got)
	}
	at = at.Add(10 * time.Minute)
	fast = mustApply(t, fast, Unmerged{From: slow.Conversation, Before: *beforeMerge(before)}, policy, at)
	slow = mustApply(t, slow, Released{Absorbed: fast.Conversation}, policy, at)
	if got := clocksOf(fast.Service.Clocks); got != "first_response fast due 01:10, resolution fast due 10:10" {
		t.Errorf("separate again, the absorbed conversation has the clocks %s", got)
	}
	if got := clocksOf(slow.Service.Clocks); got != "first_response slow due 03:10" {
		t.Errorf("separate again, the survivor has the clocks %s", got)
	}
}

func beforeMerge(c desk.Conversation) *desk.BeforeMerge { return before(&c) }

// mustApply returns the state after an event, as it is read back from the database.
func mustApply(t *testing.T, s State, e Event, p Policy, at time.Time) State {
	t.Helper()
	out, err := Apply(s, e, p, at)
	if err != nil {
		t.Fatalf("%T: %v", e, err)
	}
	back, err := Load(out.State.Conversation, out.State.Stint)
	if err != nil {
		t.Fatal(err)
	}
	return back
}
