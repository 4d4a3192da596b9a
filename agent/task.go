package agent

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
	"switchboard/router"
)

// maxTitle bounds the title of a task, in characters.
const maxTitle = 200

// OpenTask is a new task.
type OpenTask struct {
	Title    string
	Inbox    string       // key of the inbox that does it
	Assignee desk.AgentID // zero: nobody
	DueIn    string       // business time of the inbox, as in the policy: "2h", "2d"; empty: any
	Note     string
}

// ChangeTask is a change of a task. What is nil or empty stays as it is.
type ChangeTask struct {
	State    desk.TaskState
	Assignee *desk.AgentID // the zero ID: nobody
	Title    *string
	Result   string // of a task that becomes done
}

// OpenTask opens a task of a conversation. It returns KindInvalid for an unacceptable
// title, an unknown inbox, an agent who may not read the conversation, or an invalid
// duration.
func (d *Desk) OpenTask(ctx context.Context, by desk.Agent, c desk.ConversationID, n OpenTask) (id desk.TaskID, err error) {
	err = d.do(ctx, by, c, func(a *act) error {
		id, err = a.openTask(ctx, n)
		return err
	})
	if err != nil {
		return desk.TaskID{}, err
	}
	d.opt.Log.InfoContext(ctx, "TaskOpened", "conversation", c, "task", id, "agent", by.ID)
	return id, nil
}

func (a *act) openTask(ctx context.Context, n OpenTask) (desk.TaskID, error) {
	task := desk.Task{ID: desk.NewID[desk.TaskID]()}
	err := a.may(mayTask)
	if err != nil {
		return task.ID, err
	}
	if task.Title, err = taskTitle(n.Title); err != nil {
		return task.ID, err
	}
	if task.Note, err = bodyText("note", n.Note); err != nil {
		return task.ID, err
	}
	if task.DueIn, err = dueIn(n.DueIn); err != nil {
		return task.ID, err
	}
	e := lifecycle.OpenTask{By: a.by, Task: task}
	if e.Inbox, err = a.inbox(ctx, n.Inbox); err != nil {
		return task.ID, err
	}
	if e.Assignee, err = a.named(ctx, "assignee", n.Assignee); err != nil {
		return task.ID, err
	}
	_, err = a.apply(e)
	return task.ID, err
}

// ChangeTask changes a task of a conversation. The result of a task that becomes done is
// added to the conversation as a note. KindConflict: the task has ended already.
func (d *Desk) ChangeTask(ctx context.Context, by desk.Agent, c desk.ConversationID, id desk.TaskID, ch ChangeTask) error {
	if err := d.do(ctx, by, c, func(a *act) error { return a.changeTask(ctx, id, ch) }); err != nil {
		return err
	}
	d.opt.Log.InfoContext(ctx, "TaskChanged", "conversation", c, "task", id, "agent", by.ID, "state", ch.State)
	return nil
}

func (a *act) changeTask(ctx context.Context, id desk.TaskID, ch ChangeTask) error {
	task, inbox, err := a.Task(ctx, id)
	switch {
	case err != nil:
		return err
	case task.ConversationID != a.state.Conversation.ID:
		return desk.Errorf(desk.KindNotFound, "no task %s", id)
	}
	e := lifecycle.ChangeTask{By: a.by, Task: task, Inbox: inbox, State: ch.State}
	if ch.Title != nil {
		if e.Title, err = taskTitle(*ch.Title); err != nil {
			return err
		}
	}
	if ch.Assignee != nil {
		to, err := a.named(ctx, "assignee", *ch.Assignee)
		if err != nil {
			return err
		}
		e.Assignee = &to
	}
	if e.Result, err = bodyText("result", ch.Result); err != nil {
		return err
	}
	if strings.TrimSpace(e.Result) != "" {
		title := task.Title
		if e.Title != "" {
			title = e.Title
		}
		n, err := note(&a.state.Conversation, a.by, "Task done: "+title+"\n\n"+e.Result, a.Now(), a.opt)
		if err != nil {
			return err
		}
		e.Note = &n
	}
	return a.applyWith(e, e.Note)
}

// cancelTasks cancels all open tasks of a conversation that ends.
func (a *act) cancelTasks(ctx context.Context, to desk.Status) error {
	if to != desk.StatusResolved && to != desk.StatusClosed {
		return desk.Errorf(desk.KindInvalid, "cancel_tasks: only possible when the conversation is resolved or closed")
	}
	for _, open := range slices.Clone(a.state.Service.Tasks) { // each change takes one out
		if err := a.changeTask(ctx, open.ID, ChangeTask{State: desk.TaskCancelled}); err != nil {
			return err
		}
	}
	return nil
}

// applyWith applies an event that announces a message first, if there is one.
func (a *act) applyWith(e lifecycle.Event, m *desk.Message) error {
	out, err := a.apply(e)
	if err == nil && m != nil {
		a.add(m, out.Announced)
	}
	return err
}

// named returns an agent that a request names in a field; the zero Agent for the zero ID.
func (a *act) named(ctx context.Context, field string, id desk.AgentID) (desk.Agent, error) {
	if id.IsZero() {
		return desk.Agent{}, nil
	}
	who, err := a.Agent(ctx, id)
	if err != nil && desk.KindOf(err) == desk.KindNotFound {
		return who, desk.Errorf(desk.KindInvalid, "%s: there is no agent %s", field, id)
	}
	return who, err
}

// inbox returns the inbox with a key.
func (a *act) inbox(ctx context.Context, key string) (desk.Inbox, error) {
	inboxes, err := a.Inboxes(ctx)
	if err != nil {
		return desk.Inbox{}, err
	}
	for _, i := range inboxes {
		if i.Key == key {
			return i, nil
		}
	}
	return desk.Inbox{}, desk.Errorf(desk.KindInvalid, "inbox: there is no inbox %q", key)
}

// taskTitle checks the title of a task and returns it as one line.
func taskTitle(s string) (string, error) {
	s, err := bodyText("title", s)
	if err != nil {
		return "", err
	}
	s = strings.TrimSpace(imf.OneLine(s))
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		return "", desk.Errorf(desk.KindInvalid, "title: say in a few words what there is to do")
	case n > maxTitle:
		return "", desk.Errorf(desk.KindInvalid, "title: %d characters are too many; at most %d are allowed", n, maxTitle)
	}
	return s, nil
}

// dueIn reads the time that a task may take; 0 for none.
func dueIn(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := router.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, desk.Errorf(desk.KindInvalid, "due_in: %q is not a valid duration such as 30m, 4h or 2d", s)
	}
	return d, nil
}
