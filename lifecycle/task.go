package lifecycle

import (
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/router/sla"
)

// MaxTasks bounds how many tasks of a conversation can be open at once.
const MaxTasks = 50

// Task is what the rules need to know of a task that has not ended.
type Task struct {
	ID        desk.TaskID  `json:"id"`
	Title     string       `json:"title"`
	InboxID   desk.InboxID `json:"inbox"`
	Inbox     string       `json:"inbox_key"`
	Assignee  desk.AgentID `json:"assignee,omitzero"`
	DueAt     time.Time    `json:"due_at,omitzero"`
	OverdueAt time.Time    `json:"overdue_at,omitzero"`
	// From are the conversations that brought it along when they were merged into another
	// one, the newest first.
	From []desk.ConversationID `json:"from,omitempty"`
}

// OpenTask gives a part of the work to an inbox. The conversation stays where it is. The
// deadline is counted in the business time of the inbox from now on.
type OpenTask struct {
	By       desk.Agent
	Task     desk.Task // ID, Title, Note and DueIn are set
	Inbox    desk.Inbox
	Assignee desk.Agent // the zero Agent: nobody
}

func (e OpenTask) apply(t *transition) error {
	if !t.c.MergedInto.IsZero() {
		return desk.Errorf(desk.KindConflict, "conversation #%d was merged into another one; open the task there", t.c.Number)
	}
	if err := t.takesTask(&e.Assignee); err != nil {
		return err
	}
	k := e.Task
	k.ConversationID, k.InboxID, k.AssigneeID, k.OpenedBy = t.c.ID, e.Inbox.ID, e.Assignee.ID, e.By.ID
	k.State, k.OpenedAt, k.UpdatedAt = desk.TaskOpen, t.at, t.at
	if err := t.startTask(&k, e.Inbox); err != nil {
		return err
	}
	t.record(desk.AgentActor(e.By.ID), desk.TaskOpened{TaskID: k.ID, Title: k.Title, Inbox: e.Inbox.Key, AssigneeID: k.AssigneeID, Name: e.Assignee.Name, Due: optional(k.DueAt)})
	t.tellAgent(k.AssigneeID, e.By.ID, desk.NoticeTask, "Task: "+k.Title)
	t.out.Tasks = append(t.out.Tasks, k)
	return nil
}

// takesTask checks that an agent can be given a task. A task is visible to those who may
// read its conversation.
func (t *transition) takesTask(a *desk.Agent) error {
	switch {
	case a.ID.IsZero():
		return nil
	case a.Disabled:
		return desk.Errorf(desk.KindInvalid, "assignee: %s is disabled; choose another agent", a.Name)
	case !a.CanRead(&t.c):
		return desk.Errorf(desk.KindInvalid, "assignee: %s is not allowed to read this conversation", a.Name)
	}
	return nil
}

// startTask starts the clock of a task, and remembers it as one that has not ended.
func (t *transition) startTask(k *desk.Task, in desk.Inbox) error {
	if len(t.s.Tasks) >= MaxTasks {
		return desk.Errorf(desk.KindConflict, "conversation #%d has %d open tasks; finish some first", t.c.Number, len(t.s.Tasks))
	}
	k.DueAt, k.OverdueAt = time.Time{}, time.Time{}
	if k.DueIn > 0 {
		due, ok := t.inboxCalendar(in.Key).Add(t.at, k.DueIn)
		if !ok {
			return desk.Errorf(desk.KindInvalid, "due_in: the calendar of inbox %s does not have so much time", in.Key)
		}
		k.DueAt = due.Truncate(time.Microsecond)
	}
	t.s.Tasks = append(t.s.Tasks, Task{ID: k.ID, Title: k.Title, InboxID: in.ID, Inbox: in.Key, Assignee: k.AssigneeID, DueAt: k.DueAt})
	return nil
}

// inboxCalendar returns the calendar of an inbox; without a policy, or if it does not
// have the inbox any more, one that is always open.
func (t *transition) inboxCalendar(key string) *sla.Calendar {
	if t.policy.Rules == nil {
		return &sla.Calendar{Always: true}
	}
	return t.receiverCalendar(key)
}

// ChangeTask changes a task. What is nil or empty stays as it is.
type ChangeTask struct {
	By       desk.Agent
	Task     desk.Task // as stored
	Inbox    desk.Inbox
	State    desk.TaskState
	Assignee *desk.Agent // the zero Agent: nobody
	Title    string
	// Result is what came out of a task that becomes done, and Note the message that
	// shows it; both are set or neither.
	Result string
	Note   *desk.Message
}

func (e ChangeTask) apply(t *transition) error {
	was, k := e.Task, e.Task
	if e.State != "" {
		k.State = e.State
	}
	if e.Title != "" {
		k.Title = e.Title
	}
	if e.State == desk.TaskInProgress && e.Assignee == nil && was.AssigneeID.IsZero() {
		e.Assignee = &e.By // who begins it has it
	}
	if e.Assignee != nil {
		k.AssigneeID = e.Assignee.ID
	}
	if k.State == was.State && k.Title == was.Title && k.AssigneeID == was.AssigneeID && e.Note == nil {
		return nil
	}
	if err := e.check(t, k.State); err != nil {
		return err
	}
	if err := e.proceed(t, &k); err != nil {
		return err
	}
	by := desk.AgentActor(e.By.ID)
	data := desk.TaskChanged{TaskID: k.ID, Title: k.Title, Inbox: e.Inbox.Key, From: was.State, To: k.State, FromAssignee: was.AssigneeID,
		AssigneeID: k.AssigneeID, Due: optional(k.DueAt), MessageID: k.ResultID}
	if e.Assignee != nil && k.AssigneeID != was.AssigneeID {
		data.Name = e.Assignee.Name
	}
	if e.Note != nil {
		t.record(by, desk.NoteAdded{MessageSummary: e.Note.Summary()})
	}
	t.record(by, data)
	k.UpdatedAt = t.at
	t.out.Tasks = append(t.out.Tasks, k)
	e.tell(t, &k)
	return nil
}

// check refuses changes that are not possible in the task's state.
func (e *ChangeTask) check(t *transition, to desk.TaskState) error {
	switch {
	case !slices.Contains(desk.TaskStates(), to):
		return desk.Errorf(desk.KindInvalid, "state: %q is not a state of a task; use open, in_progress, done or cancelled", to)
	case e.Note != nil && to != desk.TaskDone:
		return desk.Errorf(desk.KindInvalid, "result: only a task that becomes done has a result")
	case e.Task.State.Ended() && to.Ended():
		return desk.Errorf(desk.KindConflict, "the task %q is %s already; reopen it to change it", e.Task.Title, e.Task.State)
	}
	if e.Assignee != nil && e.Assignee.ID != e.Task.AssigneeID {
		return t.takesTask(e.Assignee)
	}
	return nil
}

// proceed applies the new state of a task to its clock. A task that is opened again has
// all of its time again.
func (e *ChangeTask) proceed(t *transition, k *desk.Task) error {
	if e.Task.State.Ended() {
		k.ClosedAt, k.ClosedBy, k.Result, k.ResultID = time.Time{}, desk.AgentID{}, "", desk.MessageID{}
		return t.startTask(k, e.Inbox)
	}
	i := slices.IndexFunc(t.s.Tasks, func(o Task) bool { return o.ID == k.ID })
	if i >= 0 {
		k.OverdueAt = t.s.Tasks[i].OverdueAt // since the row was read
		t.s.Tasks[i].Title, t.s.Tasks[i].Assignee = k.Title, k.AssigneeID
	}
	if !k.State.Ended() {
		return nil
	}
	if i >= 0 {
		t.s.Tasks = slices.Delete(t.s.Tasks, i, i+1)
	}
	k.ClosedAt, k.ClosedBy = t.at, e.By.ID
	if e.Note != nil {
		k.Result, k.ResultID = e.Result, e.Note.ID
	}
	return nil
}

// tell tells those who have to know of a change: a new assignee, and when a task ends its
// assignee and the conversation's driver.
func (e *ChangeTask) tell(t *transition, k *desk.Task) {
	reopened := e.Task.State.Ended()
	switch {
	case k.State.Ended():
		text := "Task " + string(k.State) + ": " + k.Title
		t.tellDriver(e.By.ID, desk.NoticeTask, text)
		if k.AssigneeID != t.c.AssigneeID {
			t.tellAgent(k.AssigneeID, e.By.ID, desk.NoticeTask, text)
		}
	case reopened || k.AssigneeID != e.Task.AssigneeID:
		t.tellAgent(k.AssigneeID, e.By.ID, desk.NoticeTask, "Task: "+k.Title)
	}
}

// tellAgent asks for a notice to an agent, unless they did it themselves.
func (t *transition) tellAgent(to, by desk.AgentID, kind desk.NoticeKind, text string) {
	if to.IsZero() || to == by {
		return
	}
	t.out.Notices = append(t.out.Notices, desk.Notice{ID: desk.NewID[desk.NoticeID](), ConversationID: t.c.ID, InboxID: t.c.InboxID,
		To: "assignee", AgentID: to, Kind: kind, Text: text, At: t.at})
}

// tellDriver asks for a notice to the assignee of the conversation, or to who leads its
// inbox.
func (t *transition) tellDriver(by desk.AgentID, kind desk.NoticeKind, text string) {
	if !t.c.AssigneeID.IsZero() {
		t.tellAgent(t.c.AssigneeID, by, kind, text)
		return
	}
	t.tellLead(t.c.InboxID, kind, text)
}

func (t *transition) tellLead(inbox desk.InboxID, kind desk.NoticeKind, text string) {
	t.out.Notices = append(t.out.Notices, desk.Notice{ID: desk.NewID[desk.NoticeID](), ConversationID: t.c.ID, InboxID: inbox,
		To: "inbox-lead", Kind: kind, Text: text, At: t.at})
}

// nextTask returns when the deadline of a task passes, zero if none will.
func (t *transition) nextTask() (at time.Time) {
	for i := range t.s.Tasks {
		if k := &t.s.Tasks[i]; !k.DueAt.IsZero() && k.OverdueAt.IsZero() && (at.IsZero() || k.DueAt.Before(at)) {
			at = k.DueAt
		}
	}
	return at
}

// ringTasks marks the tasks whose deadline has passed, and tells who works on them, or who
// leads their inbox, and the driver.
func (t *transition) ringTasks(at time.Time) {
	for i := range t.s.Tasks {
		k := &t.s.Tasks[i]
		if k.DueAt.IsZero() || !k.OverdueAt.IsZero() || k.DueAt.After(at) {
			continue
		}
		k.OverdueAt = at
		t.record(desk.ActorSystem, desk.TaskOverdue{TaskID: k.ID, Title: k.Title, Inbox: k.Inbox, Due: k.DueAt})
		t.out.Overdue = append(t.out.Overdue, desk.OverdueTask{Task: k.ID, At: at})
		text := "Task overdue: " + k.Title
		if k.Assignee.IsZero() {
			t.tellLead(k.InboxID, desk.NoticeTask, text)
		} else {
			t.tellAgent(k.Assignee, desk.AgentID{}, desk.NoticeTask, text)
		}
		if t.c.AssigneeID != k.Assignee {
			t.tellAgent(t.c.AssigneeID, desk.AgentID{}, desk.NoticeTask, text)
		}
	}
}

// takeTasks adds tasks that another conversation had until now. What was due there before
// is marked as overdue there.
func (t *transition) takeTasks(list []Task) {
	for _, k := range list {
		if k.OverdueAt.IsZero() && !k.DueAt.IsZero() && k.DueAt.Before(t.at) {
			k.OverdueAt = k.DueAt
		}
		t.s.Tasks = append(t.s.Tasks, k)
	}
}

// bringAlong takes over the open tasks of a conversation that is merged into this one, and
// those who help with it. write_changes moves the rows.
func (t *transition) bringAlong(from *desk.Conversation) error {
	other, err := Load(*from, desk.Stint{})
	if err != nil {
		return err
	}
	for i := range other.Service.Tasks {
		k := &other.Service.Tasks[i]
		k.From = append([]desk.ConversationID{from.ID}, k.From...)
	}
	t.takeTasks(other.Service.Tasks)
	for _, a := range other.Service.Helpers {
		if !slices.Contains(t.s.Helpers, a) {
			t.s.Helpers = append(t.s.Helpers, a)
		}
	}
	return nil
}

// cameFrom reports whether a task came with the newest merge of a conversation.
func (k *Task) cameFrom(c desk.ConversationID) bool { return len(k.From) > 0 && k.From[0] == c }

// takeBack takes back the open tasks that went along with a merge into another conversation.
func (t *transition) takeBack(from *desk.Conversation) error {
	other, err := Load(*from, desk.Stint{})
	if err != nil {
		return err
	}
	var back []Task
	for _, k := range other.Service.Tasks {
		if k.cameFrom(t.c.ID) {
			k.From = k.From[1:]
			back = append(back, k)
		}
	}
	t.takeTasks(back)
	return nil
}
