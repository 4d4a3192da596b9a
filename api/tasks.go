package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/agent"
	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
)

type openTaskInput struct {
	ConversationPath
	Body struct {
		Title    string `json:"title" minLength:"1" maxLength:"200"`
		Inbox    string `json:"inbox" minLength:"1" maxLength:"200" doc:"Key of the inbox that does it"`
		Assignee string `json:"assignee,omitempty" maxLength:"320" doc:"An agent's id or address, me or none; none by default. They must be allowed to read the conversation"`
		DueIn    string `json:"due_in,omitempty" maxLength:"50" doc:"How much business time of the inbox it may take: 30m, 4h, 2d (of 24 hours); absent: any"`
		Note     string `json:"note,omitempty" maxLength:"500000" doc:"What there is to know"`
	}
}

// assigneeChange is a member that may be absent, which changes nothing, or null.
type assigneeChange struct {
	set bool
	who string // empty: nobody
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *assigneeChange) UnmarshalJSON(text []byte) error {
	c.set = true
	return json.Unmarshal(text, &c.who)
}

// Schema implements huma.SchemaProvider.
func (assigneeChange) Schema(huma.Registry) *huma.Schema {
	longest := 320
	return &huma.Schema{Type: huma.TypeString, Nullable: true, MaxLength: &longest}
}

// TaskPath identifies a task in a path.
type TaskPath struct {
	ID string `path:"id"`
}

type changeTaskInput struct {
	TaskPath
	Body struct {
		State    desk.TaskState `json:"state,omitempty" enum:"open,in_progress,done,cancelled" doc:"in_progress gives a task that nobody has to you. A task that is opened again has all of its time again"`
		Assignee assigneeChange `json:"assignee,omitzero" doc:"An agent's id or address, or me; none or null: nobody"`
		Title    *string        `json:"title,omitempty" minLength:"1" maxLength:"200"`
		Result   string         `json:"result,omitempty" maxLength:"500000" doc:"With state done: what came out of it; it is added to the conversation as a note"`
	}
}

type listTasksInput struct {
	ListInput
	Inbox    string         `query:"inbox" maxLength:"200" doc:"An inbox's key"`
	Assignee string         `query:"assignee" maxLength:"320" doc:"me, none, an agent's address or id"`
	State    desk.TaskState `query:"state" enum:"open,in_progress,done,cancelled" doc:"Absent: open and in_progress"`
}

type taskOutput struct{ Body view.Task }

func (s *server) taskRoutes() {
	tags := []string{"Tasks"}
	handle(s, huma.Operation{
		OperationID: "list-tasks", Method: http.MethodGet, Path: "/tasks", Tags: tags,
		Summary: "List tasks", Description: "Of all conversations that you may read, the earliest deadline first.",
	}, s.listTasks)
	handle(s, huma.Operation{
		OperationID: "read-task", Method: http.MethodGet, Path: "/tasks/{id}", Tags: tags, Summary: "Get a task",
	}, func(ctx context.Context, in *TaskPath) (*taskOutput, error) {
		t, err := s.task(ctx, in.ID)
		return &taskOutput{t}, err
	})
	handle(s, huma.Operation{
		OperationID: "change-task", Method: http.MethodPatch, Path: "/tasks/{id}", Tags: tags,
		Summary: "Change a task", Description: "Absent members stay as they are. 409 when the task is done or cancelled and is not opened again.",
	}, s.changeTask)
	handle(s, huma.Operation{
		OperationID: "list-conversation-tasks", Method: http.MethodGet, Path: "/conversations/{id}/tasks", Tags: tags,
		Summary: "List the tasks of a conversation", Description: "In the order in which they were opened, with those that have ended.",
	}, s.listConversationTasks)
	handle(s, huma.Operation{
		OperationID: "open-task", Method: http.MethodPost, Path: "/conversations/{id}/tasks", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Open a task", Description: "Gives a part of the work to an inbox. The conversation keeps its inbox and its assignee.",
	}, s.openTask)
}

// task returns the task of a path.
func (s *server) task(ctx context.Context, text string) (view.Task, error) {
	id, err := pathID(text, "task", desk.ParseID[desk.TaskID])
	if err != nil {
		return view.Task{}, err
	}
	return s.Tasks.Task(ctx, auth.AgentOf(ctx), id)
}

// dueCursor is a cursor in the list of tasks.
type dueCursor struct {
	DueAt time.Time   `json:"due_at"`
	ID    desk.TaskID `json:"task"`
}

func (s *server) listTasks(ctx context.Context, in *listTasksInput) (*listOutput[view.Task], error) {
	var at dueCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	f := view.TaskFilter{Inbox: in.Inbox, State: in.State, Unassigned: in.Assignee == "none"}
	if in.Assignee != "" && !f.Unassigned {
		var err error
		if f.Assignee, err = s.agentNamed(ctx, "query.assignee", in.Assignee); err != nil {
			return nil, err
		}
	}
	rows, err := s.Tasks.Tasks(ctx, auth.AgentOf(ctx), f, view.TaskPosition(at), in.Limit+1)
	if err != nil && desk.KindOf(err) == desk.KindInvalid {
		return nil, problem.Invalid("query.inbox", err.Error(), in.Inbox)
	}
	if err != nil {
		return nil, err
	}
	return paged(ctx, rows, in.Limit, func(t view.Task) dueCursor {
		at := dueCursor{ID: t.ID}
		if t.DueAt != nil {
			at.DueAt = *t.DueAt
		}
		return at
	})
}

// taskCursor is a cursor in the list of a conversation's tasks.
type taskCursor struct {
	After desk.TaskID `json:"after_task"`
}

func (s *server) listConversationTasks(ctx context.Context, in *conversationListInput) (*listOutput[view.Task], error) {
	var at taskCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := s.Tasks.ConversationTasks(ctx, auth.AgentOf(ctx), c.ID, at.After, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, rows, in.Limit, func(t view.Task) taskCursor { return taskCursor{t.ID} })
}

func (s *server) openTask(ctx context.Context, in *openTaskInput) (*taskOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	n := agent.OpenTask{Title: in.Body.Title, Inbox: in.Body.Inbox, DueIn: in.Body.DueIn, Note: in.Body.Note}
	if in.Body.Assignee != "" && in.Body.Assignee != "none" {
		if n.Assignee, err = s.agentNamed(ctx, "body.assignee", in.Body.Assignee); err != nil {
			return nil, err
		}
	}
	id, err := s.Teamwork.OpenTask(ctx, auth.AgentOf(ctx), c.ID, n)
	if err != nil {
		return nil, err
	}
	t, err := s.Tasks.Task(ctx, readBack(ctx), id)
	return &taskOutput{t}, err
}

func (s *server) changeTask(ctx context.Context, in *changeTaskInput) (*taskOutput, error) {
	t, err := s.task(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	ch := agent.ChangeTask{State: in.Body.State, Title: in.Body.Title, Result: in.Body.Result}
	if in.Body.Assignee.set {
		var to desk.AgentID
		if who := in.Body.Assignee.who; who != "" && who != "none" {
			if to, err = s.agentNamed(ctx, "body.assignee", who); err != nil {
				return nil, err
			}
		}
		ch.Assignee = &to
	}
	if err := s.Teamwork.ChangeTask(ctx, auth.AgentOf(ctx), t.Conversation.ID, t.ID, ch); err != nil {
		return nil, err
	}
	t, err = s.Tasks.Task(ctx, readBack(ctx), t.ID)
	return &taskOutput{t}, err
}
