package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
)

// task opens a task for billing.
func (o *office) task(t testing.TB, c desk.ConversationID, n agent.OpenTask) desk.TaskID {
	t.Helper()
	n.Inbox = "billing"
	id, err := o.desk.OpenTask(t.Context(), o.ana, c, n)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (o *office) view(t testing.TB, id desk.TaskID) view.Task {
	t.Helper()
	v, err := o.Task(t.Context(), o.root, id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// notices are what an agent was told, oldest first.
func (o *office) notices(t testing.TB, a desk.Agent) string {
	t.Helper()
	var all string
	if err := o.db.QueryRow("select coalesce(string_agg(kind || ' ' || text, ', ' order by at, text), '') from notices where agent_id = $1", a.ID).Scan(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestTask: a task is opened, begun, done and opened again, and the conversation stays
// where it is.
func TestTask(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	c := o.letter(t)
	if _, err := o.desk.Assign(t.Context(), o.ana, c, o.ana.ID); err != nil {
		t.Fatal(err)
	}
	id := o.task(t, c, agent.OpenTask{Title: "  Check\nthe invoice ", DueIn: "1d2h", Note: "Of May"})
	v := o.view(t, id)
	if v.Title != "Check the invoice" || v.Note != "Of May" || v.State != desk.TaskOpen || v.Assignee != nil || v.Inbox.Key != "billing" ||
		v.Driver.Name != "Ana" || v.OpenedBy.Name != "Ana" || v.DueAt.Sub(v.OpenedAt) != 26*time.Hour || v.Conversation.ID != c {
		t.Errorf("opened as %+v", v)
	}
	change := func(by desk.Agent, ch agent.ChangeTask) view.Task {
		t.Helper()
		if err := o.desk.ChangeTask(t.Context(), by, c, id, ch); err != nil {
			t.Fatal(err)
		}
		return o.view(t, id)
	}
	if v := change(o.bob, agent.ChangeTask{State: desk.TaskInProgress}); v.Assignee == nil || v.Assignee.Name != "Bob" {
		t.Errorf("who begins a task has it: %+v", v)
	}
	if v := change(o.bob, agent.ChangeTask{State: desk.TaskDone, Result: "Paid twice."}); v.Result != "Paid twice." || v.ClosedBy.Name != "Bob" || v.ResultID.IsZero() {
		t.Errorf("done as %+v", v)
	}
	m, err := o.Message(t.Context(), o.ana, o.view(t, id).ResultID)
	if err != nil || m.Text != "Task done: Check the invoice\n\nPaid twice." || m.Direction != desk.Note || m.Author.Name != "Bob" {
		t.Errorf("the note is %+v, %v", m, err)
	}
	if err := o.desk.ChangeTask(t.Context(), o.ana, c, id, agent.ChangeTask{Assignee: &o.ana.ID}); desk.KindOf(err) != desk.KindConflict {
		t.Errorf("change of a task that is done: %v", err)
	}
	if v := change(o.ana, agent.ChangeTask{State: desk.TaskOpen}); v.ClosedAt != nil || v.Result != "" || v.DueAt.Sub(v.UpdatedAt) != 26*time.Hour {
		t.Errorf("opened again as %+v", v)
	}
	if v := change(o.ana, agent.ChangeTask{State: desk.TaskCancelled}); v.ClosedAt == nil || v.ResultID != (desk.MessageID{}) {
		t.Errorf("cancelled as %+v", v)
	}
	es := o.events(t, c, 2)
	if got := kinds(es); got != "conversation.assigned task.opened task.changed note.added task.changed task.changed task.changed" {
		t.Error(got)
	}
	if told := o.notices(t, o.ana); told != "task Task done: Check the invoice" {
		t.Errorf("the driver was told %q", told)
	}
	if told := o.notices(t, o.bob); told != "task Task: Check the invoice, task Task cancelled: Check the invoice" {
		t.Errorf("the assignee was told %q", told)
	}
	if n := o.number(t, "select count(*) from conversations where assignee_id = $1 and inbox_id = $2", o.ana.ID, o.frontline.ID); n != 1 {
		t.Error("the task has changed the driver or the inbox of the conversation")
	}
	o.tiled(t)
}

// TestResolveCancelsTasks: a resolution cancels the open tasks with it, all or nothing.
func TestResolveCancelsTasks(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	c := o.letter(t)
	done := o.task(t, c, agent.OpenTask{Title: "Ask the bank", Inbox: "billing"})
	if err := o.desk.ChangeTask(t.Context(), o.ana, c, done, agent.ChangeTask{State: desk.TaskDone, Result: "It did."}); err != nil {
		t.Fatal(err)
	}
	open := []desk.TaskID{o.task(t, c, agent.OpenTask{Title: "Check", Inbox: "billing", Assignee: o.bob.ID}), o.task(t, c, agent.OpenTask{Title: "Pay", Inbox: "billing"})}
	resolve := agent.Status{To: desk.StatusPending, CancelTasks: true}
	if _, err := o.desk.SetStatus(t.Context(), o.ana, c, resolve); desk.KindOf(err) != desk.KindInvalid || o.view(t, open[0]).State != desk.TaskOpen {
		t.Errorf("cancelled by a conversation that goes on: %v", err)
	}
	resolve.To = desk.StatusResolved
	if got, err := o.desk.SetStatus(t.Context(), o.ana, c, resolve); err != nil || got.Status != desk.StatusResolved {
		t.Fatal(got.Status, err)
	}
	for i, id := range append(open, done) {
		if want := []desk.TaskState{desk.TaskCancelled, desk.TaskCancelled, desk.TaskDone}[i]; o.view(t, id).State != want {
			t.Errorf("task %d is %s", i, o.view(t, id).State)
		}
	}
	if told := o.notices(t, o.bob); told != "task Task cancelled: Check, task Task: Check" && told != "task Task: Check, task Task cancelled: Check" {
		t.Errorf("the assignee was told %q", told)
	}
	o.tiled(t)
}

// TestTaskRefusals: what cannot be done with tasks changes nothing.
func TestTaskRefusals(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	c, other := o.letter(t), o.letter(t)
	o.exec(t, "update conversations set restricted = true, tier = 1 where id = $1", c)
	cleo := o.agent(t, "Cleo", 2)
	for _, n := range []agent.OpenTask{
		{Title: " \n ", Inbox: "billing"}, {Title: strings.Repeat("ä", 201), Inbox: "billing"}, {Title: "x", Inbox: "nosuch"}, {Title: "x"},
		{Title: "x", Inbox: "billing", DueIn: "soon"}, {Title: "x", Inbox: "billing", DueIn: "-2h"}, {Title: "x", Inbox: "billing", DueIn: "0h"},
		{Title: "x", Inbox: "billing", Assignee: cleo.ID}, {Title: "x", Inbox: "billing", Assignee: desk.NewID[desk.AgentID]()},
	} {
		if _, err := o.desk.OpenTask(t.Context(), o.ana, c, n); desk.KindOf(err) != desk.KindInvalid {
			t.Errorf("%+v: %v", n, err)
		}
	}
	if _, err := o.desk.OpenTask(t.Context(), cleo, c, agent.OpenTask{Title: "x", Inbox: "billing"}); desk.KindOf(err) != desk.KindNotFound {
		t.Errorf("by an agent who may not read the conversation: %v", err)
	}
	id := o.task(t, c, agent.OpenTask{Title: "Check"})
	for name, x := range map[string]struct {
		kind desk.Kind
		in   desk.ConversationID
		ch   agent.ChangeTask
	}{
		"another conversation":   {desk.KindNotFound, other, agent.ChangeTask{State: desk.TaskDone}},
		"unknown state":          {desk.KindInvalid, c, agent.ChangeTask{State: "lost"}},
		"result of an open task": {desk.KindInvalid, c, agent.ChangeTask{State: desk.TaskInProgress, Result: "x"}},
		"result without state":   {desk.KindInvalid, c, agent.ChangeTask{Result: "x"}},
		"may not read":           {desk.KindInvalid, c, agent.ChangeTask{Assignee: &cleo.ID}},
	} {
		if err := o.desk.ChangeTask(t.Context(), o.ana, x.in, id, x.ch); desk.KindOf(err) != x.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := o.Task(t.Context(), cleo, id); desk.KindOf(err) != desk.KindNotFound {
		t.Errorf("a task of a restricted conversation is visible: %v", err)
	}
	for _, list := range [][]view.Task{must(o.Tasks(t.Context(), cleo, view.TaskFilter{}, view.TaskPosition{}, 9)), must(o.ConversationTasks(t.Context(), cleo, c, desk.TaskID{}, 9))} {
		if len(list) != 0 {
			t.Errorf("it is in the list: %+v", list)
		}
	}
	if got := kinds(o.events(t, c, 2)); got != "task.opened" {
		t.Error(got)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestTaskOnceDone: two agents finish a task at once. One of them is told, and no result
// is lost silently.
func TestTaskOnceDone(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	c := o.letter(t)
	for range 5 {
		id := o.task(t, c, agent.OpenTask{Title: "Check"})
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i, by := range []desk.Agent{o.ana, o.bob} {
			both.Go(func() {
				errs[i] = o.desk.ChangeTask(t.Context(), by, c, id, agent.ChangeTask{State: desk.TaskDone, Result: "By " + by.Name})
			})
		}
		both.Wait()
		v := o.view(t, id)
		if (errs[0] == nil) == (errs[1] == nil) || desk.KindOf(errors.Join(errs...)) != desk.KindConflict || v.Result != "By "+v.ClosedBy.Name {
			t.Errorf("%v and %v, done as %+v", errs[0], errs[1], v)
		}
		if n := o.number(t, "select count(*) from messages where text_body like 'Task done%' and id = $1", v.ResultID); n != 1 {
			t.Errorf("%d notes", n)
		}
	}
	if n := o.number(t, "select count(*) from placements p join messages m on m.id = p.message_id where m.direction = 'note'"); n != 5 {
		t.Errorf("%d notes for 5 tasks", n)
	}
}

// TestTaskDeadline: a deadline that passed while nobody looked is recorded once, at its
// own instant, by several nodes.
func TestTaskDeadline(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	c := o.letter(t)
	if _, err := o.desk.Assign(t.Context(), o.ana, c, o.ana.ID); err != nil {
		t.Fatal(err)
	}
	id := o.task(t, c, agent.OpenTask{Title: "Quick", DueIn: "20ms", Assignee: o.bob.ID})
	kept := o.task(t, c, agent.OpenTask{Title: "Slow", DueIn: "2d"})
	for deadline := time.Now().Add(20 * time.Second); o.number(t, "select count(*) from tasks where overdue_at is not null") == 0; {
		var nodes sync.WaitGroup
		for range 4 {
			nodes.Go(func() {
				if _, err := o.desk.FireTimers(t.Context(), o.Store); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		if time.Now().After(deadline) {
			t.Fatal("the deadline was not noticed")
		}
	}
	v := o.view(t, id)
	if !v.OverdueAt.Equal(*v.DueAt) || o.view(t, kept).OverdueAt != nil {
		t.Errorf("due at %v, overdue at %v", v.DueAt, v.OverdueAt)
	}
	if n := o.number(t, "select count(*) from events where kind = 'task.overdue' and at = $1 and conversation_id = $2", *v.DueAt, c); n != 1 {
		t.Errorf("%d events at the deadline", n)
	}
	if n := o.number(t, "select count(*) from conversations where check_at = $1", *o.view(t, kept).DueAt); n != 1 {
		t.Error("the next timer is not the other deadline")
	}
	if told := o.notices(t, o.bob); told != "task Task: Quick, task Task overdue: Quick" {
		t.Errorf("the assignee was told %q", told)
	}
	if told := o.notices(t, o.ana); told != "task Task overdue: Quick" {
		t.Errorf("the driver was told %q", told)
	}
	if err := o.desk.ChangeTask(t.Context(), o.bob, c, id, agent.ChangeTask{State: desk.TaskDone}); err != nil {
		t.Fatal(err)
	}
	if v := o.view(t, id); v.OverdueAt == nil || v.State != desk.TaskDone {
		t.Errorf("a task that was done late is %+v", v)
	}
}

// TestMergedTasks: the tasks of a conversation go along when it is merged, and come back.
func TestMergedTasks(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	a, b := o.letter(t), o.letter(t)
	o.exec(t, "update conversations set account_id = (select account_id from conversations where id = $1) where id = $2", a, b)
	id, ended, own := o.task(t, a, agent.OpenTask{Title: "Goes along", DueIn: "2h"}), o.task(t, a, agent.OpenTask{Title: "Ended"}), o.task(t, b, agent.OpenTask{Title: "Own"})
	if err := o.desk.ChangeTask(t.Context(), o.ana, a, ended, agent.ChangeTask{State: desk.TaskCancelled}); err != nil {
		t.Fatal(err)
	}
	if err := o.desk.Invite(t.Context(), o.ana, a, agent.Invite{Agents: []desk.AgentID{o.bob.ID}}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Merge(t.Context(), o.ana, a, b); err != nil {
		t.Fatal(err)
	}
	timer := func(c desk.ConversationID) int {
		return o.number(t, "select count(*) from conversations where id = $1 and check_at = $2", c, *o.view(t, id).DueAt)
	}
	if list := must(o.ConversationTasks(t.Context(), o.ana, b, desk.TaskID{}, 9)); len(list) != 3 || timer(b) != 1 || timer(a) != 0 {
		t.Errorf("after the merge: %d tasks, timers %d and %d", len(list), timer(b), timer(a))
	}
	if v := must(o.Conversation(t.Context(), o.ana, view.ConversationRef{ID: b})); len(v.Swarm) != 1 || v.OpenTasks != 2 {
		t.Errorf("after the merge: %+v", v)
	}
	if err := o.desk.ChangeTask(t.Context(), o.bob, b, id, agent.ChangeTask{State: desk.TaskInProgress}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Unmerge(t.Context(), o.ana, a); err != nil {
		t.Fatal(err)
	}
	if list := must(o.ConversationTasks(t.Context(), o.ana, a, desk.TaskID{}, 9)); len(list) != 2 || list[0].State != desk.TaskInProgress || timer(a) != 1 || timer(b) != 0 {
		t.Errorf("after the undo: %+v, timers %d and %d", list, timer(a), timer(b))
	}
	for task, c := range map[desk.TaskID]desk.ConversationID{id: a, own: b} {
		if err := o.desk.ChangeTask(t.Context(), o.ana, c, task, agent.ChangeTask{State: desk.TaskDone}); err != nil {
			t.Error(err)
		}
	}
	if n := o.number(t, "select count(*) from conversations where service -> 'tasks' is not null"); n != 0 {
		t.Errorf("%d conversations remember tasks that have ended", n)
	}
}
