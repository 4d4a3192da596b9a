package lifecycle_test

import (
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/lifecycle"
	"switchboard/router"
)

// TestRestoreUndoes: after each operation and its undo a conversation is what it was, and
// its history says what happened.
func TestRestoreUndoes(t *testing.T) {
	t.Parallel()
	ana := desk.Agent{ID: desk.NewID[desk.AgentID](), Name: "Ana", Tiers: []desk.Tier{1, 2}}
	ben := desk.Agent{ID: desk.NewID[desk.AgentID](), Name: "Ben", Tiers: []desk.Tier{1}}
	one, two := desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: "one", Tier: 1}, desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: "two", Tier: 2}
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	p, by := lifecycle.Policy{}, desk.AgentActor(ana.ID)
	contact := desk.Contact{ID: desk.NewID[desk.ContactID](), Name: "Kim"}
	ops := map[string][]lifecycle.Event{
		"assign":   {lifecycle.Assign{By: by, To: ana}},
		"unassign": {lifecycle.Assign{By: by}},
		"move":     {lifecycle.Move{By: by, From: one, To: two, Assignee: ben}},
		"resolve":  {lifecycle.SetStatus{By: by, To: desk.StatusResolved}},
		"close":    {lifecycle.SetStatus{By: by, To: desk.StatusClosed}},
		"snooze":   {lifecycle.SetStatus{By: by, To: desk.StatusSnoozed, Until: at.Add(24 * time.Hour)}},
		"pend":     {lifecycle.SetStatus{By: by, To: desk.StatusPending, WaitingOn: desk.WaitingThirdParty}},
		"open":     {lifecycle.SetStatus{By: by, To: desk.StatusOpen}},
		"tag":      {lifecycle.RemoveTags{By: by, Tags: []string{"b"}}, lifecycle.AddTags{By: by, Tags: []string{"c"}}},
		"priority": {lifecycle.SetPriority{By: by, To: desk.PriorityLow}},
		"subject":  {lifecycle.SetSubject{By: by, To: "Other"}},
		"contact":  {lifecycle.SetContact{By: by, To: contact, Address: "kim@acme.example"}},
		"all": {lifecycle.Move{By: by, From: one, To: two, Assignee: ben}, lifecycle.Assign{By: by, To: ana}, lifecycle.AddTags{By: by, Tags: []string{"c"}},
			lifecycle.SetStatus{By: by, To: desk.StatusPending}},
	}
	starts := map[string][]lifecycle.Event{
		"new":      nil,
		"assigned": {lifecycle.Assign{By: by, To: ben}},
		"pending":  {lifecycle.Assign{By: by, To: ben}, lifecycle.SetStatus{By: by, To: desk.StatusPending}},
		"snoozed":  {lifecycle.SetStatus{By: by, To: desk.StatusSnoozed, Until: at.Add(48 * time.Hour)}},
		"resolved": {lifecycle.SetStatus{By: by, To: desk.StatusResolved}},
	}
	for start, before := range starts {
		for name, events := range ops {
			state := lifecycle.Open(desk.Conversation{ID: desk.NewID[desk.ConversationID](), InboxID: one.ID, Tier: 1, Priority: desk.PriorityNormal, Subject: "Lamp", Tags: []string{"a", "b"},
				ReplyChannel: desk.ChannelEmail, ReplyTo: "jo@acme.example"}, lifecycle.Opening{}, p, at).State
			state = applied(t, state, p, at, append([]lifecycle.Event{lifecycle.Message{}}, before...)...)
			first := state
			was := lifecycle.Keep(&state.Conversation)
			state = applied(t, state, p, at.Add(time.Minute), events...)
			r := lifecycle.Reversed(&first, &state)
			if r == nil {
				continue // it was so already
			}
			e := lifecycle.Restore{By: by, ByName: "Ana", Reversal: *r, From: two, To: one}
			if was.Assignee == ben.ID {
				e.Assignee = ben
			}
			back := applied(t, state, p, at.Add(2*time.Minute), e)
			if left := lifecycle.Reversed(&first, &back); left != nil {
				if left.Is.Tags = left.Was.Tags; len(back.Conversation.Tags) != 2 || left.Is.Status != left.Was.Status || left.Is.Assignee != left.Was.Assignee || left.Is.Inbox != left.Was.Inbox {
					t.Errorf("%s, %s: was %+v, is %+v", start, name, left.Was, left.Is)
				}
			}
			if was.WaitingOn == desk.WaitingUs && !was.WaitingSince.Equal(back.Conversation.WaitingSince) {
				t.Errorf("%s, %s: waiting since %v, want %v", start, name, back.Conversation.WaitingSince, was.WaitingSince)
			}
			if back.Conversation.LastSeq == state.Conversation.LastSeq {
				t.Errorf("%s, %s: the history does not say that it was undone", start, name)
			}
			if _, err := lifecycle.Apply(back, e, p, at.Add(3*time.Minute)); err == nil && name != "tag" {
				t.Errorf("%s, %s: undone twice", start, name)
			}
		}
	}
}

// TestRestoreOfAnEndedSnooze opens the conversation.
func TestRestoreOfAnEndedSnooze(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	p, by := lifecycle.Policy{}, desk.AgentActor(desk.NewID[desk.AgentID]())
	state := lifecycle.Open(desk.Conversation{ID: desk.NewID[desk.ConversationID](), Tier: 1}, lifecycle.Opening{}, p, at).State
	state = applied(t, state, p, at, lifecycle.Message{}, lifecycle.SetStatus{By: by, To: desk.StatusSnoozed, Until: at.Add(time.Hour)})
	before := state
	state = applied(t, state, p, at.Add(time.Minute), lifecycle.SetStatus{By: by, To: desk.StatusResolved})
	r := lifecycle.Reversed(&before, &state)
	if back := applied(t, state, p, at.Add(2*time.Hour), lifecycle.Restore{By: by, Reversal: *r}).Conversation; back.Status != desk.StatusOpen || !back.SnoozedUntil.IsZero() {
		t.Errorf("%s until %v", back.Status, back.SnoozedUntil)
	}
}

func applied(t *testing.T, s lifecycle.State, p lifecycle.Policy, at time.Time, events ...lifecycle.Event) lifecycle.State {
	t.Helper()
	for _, e := range events {
		out, err := lifecycle.Apply(s, e, p, at)
		if err != nil {
			t.Fatalf("%T: %v", e, err)
		}
		s = out.State
	}
	return s
}

// TestRestoreRunsClocks: the undo of a resolution leaves the clocks as if there had been none, and only
// then: a conversation that is reopened begins no response clock.
func TestRestoreRunsClocks(t *testing.T) {
	t.Parallel()
	rules, err := router.Compile([]byte(`version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}]
inboxes: {one: {tier: 1, calendar: always}}
slas: [{name: t1, calendar: always, first_response: 1h, resolution: 8h, update_every: 4h}]
routing: [{name: default, set: {inbox: one}}]
escalations: [{name: late, on: sla.first_response.breached, do: {priority: +1}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	one := desk.Inbox{ID: desk.NewID[desk.InboxID](), Key: "one", Tier: 1}
	p, by := lifecycle.Policy{Rules: rules, Inboxes: []desk.Inbox{one}}, desk.AgentActor(desk.NewID[desk.AgentID]())
	opened, err := lifecycle.Apply(lifecycle.Open(desk.Conversation{ID: desk.NewID[desk.ConversationID](), InboxID: one.ID, Tier: 1, Priority: desk.PriorityNormal}, lifecycle.Opening{SLA: "t1"}, p, at).State, lifecycle.Message{}, p, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, late := range []time.Duration{10 * time.Minute, 90 * time.Minute} { // before and after the response was due
		before := applied(t, opened.State, p, at.Add(late), lifecycle.Timer{})
		want := applied(t, before, p, at.Add(late+10*time.Minute), lifecycle.Timer{})
		resolved := applied(t, before, p, at.Add(late), lifecycle.SetStatus{By: by, To: desk.StatusResolved})
		r := lifecycle.Reversed(&before, &resolved)
		got := applied(t, resolved, p, at.Add(late+10*time.Minute), lifecycle.Restore{By: by, Reversal: *r}, lifecycle.Timer{})
		if len(before.Service.Clocks) < 2 {
			t.Fatalf("%d clocks", len(before.Service.Clocks))
		}
		if got.Conversation.Priority != want.Conversation.Priority {
			t.Errorf("after %v: the escalation fired again: %s", late, got.Conversation.Priority)
		}
		for _, w := range want.Service.Clocks {
			found := false
			for _, g := range got.Service.Clocks {
				if g.Metric != w.Metric || !g.Open() {
					continue
				}
				found = true
				if w.Metric != desk.Resolution && (g.State != w.State || !g.DueAt.Equal(w.DueAt) || !g.BreachedAt.Equal(w.BreachedAt) || g.ID != w.ID) {
					t.Errorf("after %v: %+v, want %+v", late, g, w)
				}
			}
			if !found {
				t.Errorf("after %v: no open clock of %s", late, w.Metric)
			}
		}
	}
}
