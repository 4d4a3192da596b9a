package lifecycle

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

const undoPolicy = `
version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1}, billing: {tier: 1}}
slas:
  - {name: all, calendar: always, first_response: 1h, next_response: 30m, resolution: 10h, update_every: 4h, pause_on: [customer], warn: [50%]}
routing: [{name: default, set: {inbox: frontline}}]
`

// moment is an event and when it happens.
type moment struct {
	at time.Duration
	e  Event
}

func undoRules(t *testing.T) Policy {
	t.Helper()
	rules, err := router.Compile([]byte(undoPolicy))
	if err != nil {
		t.Fatal(err)
	}
	return Policy{Rules: rules, Inboxes: []desk.Inbox{{ID: desk.InboxID{1}, Key: "frontline", Tier: 1}, {ID: desk.InboxID{2}, Key: "billing", Tier: 1}}}
}

// live applies moments to a new conversation of ana's.
func live(t *testing.T, p Policy, moments []moment) State {
	t.Helper()
	s := Open(desk.Conversation{ID: desk.ConversationID{1}, InboxID: desk.InboxID{1}, Tier: 1, Priority: desk.PriorityNormal}, Opening{SLA: "all"}, p, day).State
	for _, m := range moments {
		s = mustApply(t, s, m.e, p, day.Add(m.at))
	}
	return s
}

// told is what a reply must not have changed once it is undone.
func told(s State, p Policy, at time.Time) string {
	c := s.Conversation
	out := []string{fmt.Sprintf("%s, waiting on %s since %s, snoozed %s, replied %s, preview %q, participants %v, %d replies, %d pages", c.Status, c.WaitingOn, clock(c.WaitingSince),
		clock(c.SnoozedUntil), clock(c.LastReplyAt), c.Preview, c.Participants, s.Service.Outbound, len(s.Service.Pages))}
	for _, k := range Counted(s, p, at) {
		if k.Open() {
			out = append(out, fmt.Sprintf("%s %s since %s used %s due %s breached %s", k.Metric, k.State, clock(k.StartedAt), k.Used, k.DueAt.UTC().Format("15:04:05"), clock(k.BreachedAt)))
		}
	}
	slices.Sort(out[1:])
	return strings.Join(out, "\n")
}

// TestUndoneReplyLeavesNoTrace compares each history with the same one without the reply.
func TestUndoneReplyLeavesNoTrace(t *testing.T) {
	t.Parallel()
	p := undoRules(t)
	ana := agents["ana"]
	by := desk.AgentActor(ana.ID)
	jo := func(at time.Duration, text string) moment {
		return moment{at, Message{ReplyTo: "jo@acme.example", Participants: []string{"jo@acme.example"}, Data: desk.MessageReceived{MessageSummary: desk.MessageSummary{Preview: text}}}}
	}
	reply := func(at time.Duration, id byte, then Then, held bool) moment {
		return moment{at, Reply{Author: ana, Held: held, Then: then, Participants: []string{"jo@acme.example", "lee@acme.example"},
			Data: desk.MessageSent{MessageSummary: desk.MessageSummary{MessageID: desk.MessageID{id}, Preview: "reply"}}}}
	}
	status := func(at time.Duration, to desk.Status, until time.Duration) moment {
		e := SetStatus{By: by, To: to}
		if until > 0 {
			e.Until = day.Add(until)
		}
		return moment{at, e}
	}
	cancel := func(at time.Duration, id byte) moment {
		return moment{at, Cancel{By: by, Message: desk.MessageID{id}, Author: ana.ID}}
	}
	m := time.Minute
	start := []moment{jo(0, "help"), {m, Assign{By: by, To: ana}}}
	answered := append(slices.Clone(start), reply(10*m, 1, Then{}, false), jo(20*m, "again"))
	resolve, snooze := Then{Status: desk.StatusResolved}, Then{Status: desk.StatusSnoozed, Until: day.Add(5 * time.Hour)}
	cases := []struct {
		name            string
		before, between []moment
		then            Then
		end             time.Duration
	}{
		{"a first reply", start, nil, Then{}, 40 * m},
		{"a next reply", answered, nil, Then{}, 40 * m},
		{"that resolved", answered, nil, resolve, 40 * m},
		{"that snoozed", start, nil, snooze, 40 * m},
		{"after a breach", start, nil, Then{}, 90 * m},
		{"to a snoozed conversation", append(slices.Clone(start), status(5*m, desk.StatusSnoozed, 70*m)), nil, Then{}, 40 * m},
		{"to a snoozed conversation that wakes up meanwhile", append(slices.Clone(start), status(5*m, desk.StatusSnoozed, 36*m)), nil, Then{}, 40 * m},
		{"to a resolved conversation", append(slices.Clone(answered), status(25*m, desk.StatusResolved, 0)), nil, Then{}, 40 * m},
		{"to one that waits for the customer", append(slices.Clone(start), reply(10*m, 1, Then{}, false)), nil, Then{}, 40 * m},
		{"the customer writes meanwhile", start, []moment{jo(36*m, "one more thing")}, Then{}, 40 * m},
		{"the customer writes meanwhile, later on", answered, []moment{jo(36*m, "one more thing")}, resolve, 40 * m},
		{"an agent resolves it meanwhile", start, []moment{status(36*m, desk.StatusResolved, 0)}, Then{}, 40 * m},
		{"an agent closes it meanwhile", answered, []moment{status(36*m, desk.StatusClosed, 0)}, resolve, 40 * m},
		{"an agent snoozes it meanwhile", answered, []moment{status(36*m, desk.StatusSnoozed, 5*time.Hour)}, Then{}, 40 * m},
		{"a note meanwhile", answered, []moment{{36 * m, Note{By: by}}}, Then{}, 40 * m},
		{"a move meanwhile", answered, []moment{{36 * m, Move{By: by, From: p.Inboxes[0], To: p.Inboxes[1], Assignee: ana, KeepStatus: true}}}, Then{}, 40 * m},
	}
	for _, c := range cases {
		with := append(slices.Clone(c.before), reply(c.end-5*m, 9, c.then, true))
		with = append(append(with, c.between...), cancel(c.end, 9))
		without := append(append(slices.Clone(c.before), c.between...), moment{c.end, Note{By: by}})
		for _, later := range []time.Duration{0, 30 * m, 3 * time.Hour} {
			a, b := live(t, p, append(slices.Clone(with), moment{c.end + later, Timer{}})), live(t, p, append(slices.Clone(without), moment{c.end + later, Timer{}}))
			if got, want := told(a, p, day.Add(c.end+later)), told(b, p, day.Add(c.end+later)); got != want {
				t.Errorf("%s, %s later:\n%s\nwithout the reply\n%s", c.name, later, got, want)
			}
			if len(a.Service.Unsent) > 0 {
				t.Errorf("%s: %+v", c.name, a.Service.Unsent)
			}
		}
	}
}

// TestOneOfTwoUndone: the reply that stays has met the clocks, at its own instant.
func TestOneOfTwoUndone(t *testing.T) {
	t.Parallel()
	p := undoRules(t)
	ana := agents["ana"]
	by := desk.AgentActor(ana.ID)
	reply := func(at time.Duration, id byte) moment {
		return moment{at, Reply{Author: ana, Held: true, Data: desk.MessageSent{MessageSummary: desk.MessageSummary{MessageID: desk.MessageID{id}, Preview: fmt.Sprint(id)}}}}
	}
	start := []moment{{0, Message{}}, {time.Minute, Assign{By: by, To: ana}}, reply(10*time.Minute, 1), reply(11*time.Minute, 2)}
	cancel := func(at time.Duration, id byte) moment {
		return moment{at, Cancel{By: by, Message: desk.MessageID{id}, Author: ana.ID}}
	}
	s := live(t, p, start)
	out, err := Apply(s, cancel(0, 1).e, p, day.Add(12*time.Minute))
	if err != nil || len(out.Clocks) == 0 || out.Clocks[len(out.Clocks)-1].State != desk.ClockMet || !out.Clocks[len(out.Clocks)-1].MetAt.Equal(day.Add(11*time.Minute)) {
		t.Fatalf("%+v, %v", out.Clocks, err)
	}
	if c := out.State.Conversation; c.Status != desk.StatusPending || c.Preview != "2" || out.State.Service.Outbound != 1 {
		t.Errorf("%+v", c)
	}
	for _, order := range [][]byte{{1, 2}, {2, 1}} {
		both := live(t, p, append(slices.Clone(start), cancel(12*time.Minute, order[0]), cancel(13*time.Minute, order[1])))
		want := live(t, p, append(slices.Clone(start[:2]), moment{13 * time.Minute, Note{By: by}}))
		if got, want := told(both, p, day.Add(13*time.Minute)), told(want, p, day.Add(13*time.Minute)); got != want {
			t.Errorf("both undone in the order %v:\n%s\nwant\n%s", order, got, want)
		}
	}
	// One that has left cannot be undone any more, and what it did is not undone with the next one.
	left := live(t, p, append(slices.Clone(start), moment{12 * time.Minute, Delivery{Personal: true, Data: desk.DeliveryChanged{MessageID: desk.MessageID{1}, State: desk.DeliverySent}}}, cancel(13*time.Minute, 2)))
	if c := left.Conversation; c.Status != desk.StatusPending || !c.LastReplyAt.Equal(day.Add(10*time.Minute)) || left.Service.open(desk.FirstResponse) != nil {
		t.Errorf("%+v", c)
	}
}
