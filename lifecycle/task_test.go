package lifecycle

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
)

const officePolicy = `version: 1
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}}
tiers: [{tier: 1, name: Frontline}, {tier: 2, name: Specialists}]
inboxes:
  frontline: {tier: 1}
  billing: {tier: 2, calendar: office}
gaps: {no_next_action: 1h}
routing:
  - {name: default, set: {inbox: frontline}}
`

// taskDesk is an open conversation that waits on the customer, under a policy in which
// billing works in office hours.
func taskDesk(t *testing.T) (State, Policy) {
	t.Helper()
	rules, err := router.Compile([]byte(officePolicy))
	if err != nil {
		t.Fatal(err)
	}
	p := Policy{Rules: rules}
	friday := time.Date(2026, 3, 6, 15, 0, 0, 0, time.UTC)
	out := Open(desk.Conversation{ID: desk.ConversationID{9}, Number: 7, InboxID: inboxes["frontline"].ID, Tier: 1}, Opening{Data: desk.ConversationOpened{Inbox: "frontline"}}, p, friday)
	return applied(t, out.State, p, SetStatus{By: desk.ActorSystem, To: desk.StatusPending}, friday).State, p
}

func applied(t *testing.T, s State, p Policy, e Event, at time.Time) Outcome {
	t.Helper()
	out, err := Apply(s, e, p, at)
	if err != nil {
		t.Fatalf("%T at %s: %v", e, at, err)
	}
	return out
}

// TestTaskDeadlineInBusinessTime: the time of a task is counted in the calendar of its own
// inbox. Whoever finishes it at its deadline is in time, and one who is later is not.
func TestTaskDeadlineInBusinessTime(t *testing.T) {
	t.Parallel()
	s, p := taskDesk(t)
	friday := time.Date(2026, 3, 6, 15, 0, 0, 0, time.UTC) // 16:00 in Berlin
	monday := time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)  // 10:00
	out := applied(t, s, p, OpenTask{By: agents["ana"], Task: desk.Task{ID: desk.TaskID{1}, Title: "Check", DueIn: 2 * time.Hour}, Inbox: inboxes["billing"]}, friday)
	task := out.Tasks[0]
	if !task.DueAt.Equal(monday) || !out.State.Conversation.CheckAt.After(friday) {
		t.Fatalf("due at %v, want %v; timer at %v", task.DueAt, monday, out.State.Conversation.CheckAt)
	}
	finish := ChangeTask{By: agents["ben"], Task: task, Inbox: inboxes["billing"], State: desk.TaskDone}
	if in := applied(t, out.State, p, finish, monday); !in.Tasks[0].OverdueAt.IsZero() || len(in.Overdue) > 0 {
		t.Errorf("finished at the deadline: %+v", in.Tasks[0])
	}
	late := applied(t, out.State, p, finish, monday.Add(time.Microsecond))
	if !late.Tasks[0].OverdueAt.Equal(monday) || late.Events[0].Kind != desk.EventTaskOverdue || !late.Events[0].At.Equal(monday) {
		t.Errorf("finished late: %+v, events %+v", late.Tasks[0], late.Events)
	}
	// A timer that comes days later does it at its instant, and once.
	rung := applied(t, out.State, p, Timer{}, monday.Add(72*time.Hour))
	if !slices.Equal(rung.Overdue, []desk.OverdueTask{{Task: task.ID, At: monday}}) || len(rung.Notices) != 1 || rung.Notices[0].To != "inbox-lead" || rung.Notices[0].InboxID != inboxes["billing"].ID {
		t.Errorf("the timer did %+v, told %+v", rung.Overdue, rung.Notices)
	}
	if again := applied(t, rung.State, p, Timer{}, monday.Add(99*time.Hour)); len(again.Overdue) > 0 {
		t.Errorf("again: %+v", again.Overdue)
	}
}

// TestTasksAreNextActions: a conversation that waits on the customer lacks a next action,
// unless a task is open.
func TestTasksAreNextActions(t *testing.T) {
	t.Parallel()
	s, p := taskDesk(t)
	friday := s.Conversation.UpdatedAt
	if found := applied(t, s, p, Timer{}, friday.Add(2*time.Hour)); found.State.Service.Gap != router.GapNextAction {
		t.Fatalf("the gap is %q", found.State.Service.Gap)
	}
	out := applied(t, s, p, OpenTask{By: agents["ana"], Task: desk.Task{ID: desk.TaskID{1}, Title: "Check"}, Inbox: inboxes["billing"]}, friday)
	if found := applied(t, out.State, p, Timer{}, friday.Add(2*time.Hour)); found.State.Service.Gap != "" {
		t.Errorf("with a task the gap is %q", found.State.Service.Gap)
	}
	out = applied(t, out.State, p, ChangeTask{By: agents["ana"], Task: out.Tasks[0], Inbox: inboxes["billing"], State: desk.TaskCancelled}, friday.Add(time.Hour))
	if found := applied(t, out.State, p, Timer{}, friday.Add(3*time.Hour)); found.State.Service.Gap != router.GapNextAction {
		t.Errorf("after the task the gap is %q", found.State.Service.Gap)
	}
}

// TestMaxTasks: a conversation cannot have any number of open tasks or helpers.
func TestMaxTasks(t *testing.T) {
	t.Parallel()
	s, p := taskDesk(t)
	at := s.Conversation.UpdatedAt
	helpers := Invite{By: agents["ana"]}
	for i := range MaxTasks {
		s = applied(t, s, p, OpenTask{By: agents["ana"], Task: desk.Task{ID: desk.TaskID{byte(i + 1)}, Title: "x"}, Inbox: inboxes["billing"]}, at).State
		helpers.Agents = append(helpers.Agents, desk.Agent{ID: desk.AgentID{byte(i + 10)}, Name: fmt.Sprint("agent ", i)})
	}
	if _, err := Apply(s, OpenTask{By: agents["ana"], Task: desk.Task{ID: desk.TaskID{99}, Title: "x"}, Inbox: inboxes["billing"]}, p, at); desk.KindOf(err) != desk.KindConflict {
		t.Errorf("task %d: %v", MaxTasks+1, err)
	}
	s = applied(t, s, p, helpers, at).State
	if _, err := Apply(s, Invite{By: agents["ana"], Agents: []desk.Agent{agents["cleo"], agents["ben"]}}, p, at); desk.KindOf(err) != desk.KindConflict {
		t.Errorf("too many helpers: %v", err)
	}
}
