package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
)

type taskQueries struct {
	List           *sqlx.Stmt `query:"task-list"`
	Ended          *sqlx.Stmt `query:"task-list-ended"`
	OfConversation *sqlx.Stmt `query:"task-of-conversation"`
	Inbox          *sqlx.Stmt `query:"task-inbox"`
	ToChange       *sqlx.Stmt `query:"task-to-change"`
	Helpers        *sqlx.Stmt `query:"task-helpers"`
}

// Tasks lists the tasks that the agent may see, those with the earliest deadline first,
// after a position. An unknown inbox is KindInvalid.
func (s *Store) Tasks(ctx context.Context, as desk.Agent, f view.TaskFilter, after view.TaskPosition, limit int) ([]view.Task, error) {
	limits, tiers := viewer(as)
	var inbox any
	if f.Inbox != "" {
		var known bool
		if err := s.q.task.Inbox.GetContext(ctx, &known, clean(f.Inbox)); err != nil {
			return nil, wrap("find inbox", err)
		}
		if !known {
			return nil, desk.Errorf(desk.KindInvalid, "there is no inbox %q", f.Inbox)
		}
		inbox = f.Inbox
	}
	stmt := s.q.task.List
	if f.State.Ended() {
		stmt = s.q.task.Ended
	}
	return tasks(ctx, stmt, limits, tiers, inbox, f.Assignee, f.Unassigned, string(f.State), nullTime(after.DueAt), after.ID, limit)
}

// ConversationTasks lists the tasks of a conversation in the order in which they were
// opened, after one; none if the agent may not see the conversation.
func (s *Store) ConversationTasks(ctx context.Context, as desk.Agent, id desk.ConversationID, after desk.TaskID, limit int) ([]view.Task, error) {
	limits, tiers := viewer(as)
	return tasks(ctx, s.q.task.OfConversation, limits, tiers, id, nil, after, limit)
}

// Task returns a task; KindNotFound if the agent may not see it.
func (s *Store) Task(ctx context.Context, as desk.Agent, id desk.TaskID) (view.Task, error) {
	limits, tiers := viewer(as)
	return only("task", id, func() ([]view.Task, error) {
		return tasks(ctx, s.q.task.OfConversation, limits, tiers, nil, id, nil, 1)
	})
}

func tasks(ctx context.Context, stmt *sqlx.Stmt, args ...any) ([]view.Task, error) {
	list := []view.Task{}
	if err := stmt.SelectContext(ctx, &list, args...); err != nil {
		return nil, wrap("list tasks", err)
	}
	for i := range list {
		t := &list[i]
		t.Assignee, t.Driver, t.ClosedBy = named(t.Assignee), named(t.Driver), named(t.ClosedBy)
		utc(&t.OpenedAt, &t.UpdatedAt, t.DueAt, t.OverdueAt, t.ClosedAt)
	}
	return list, nil
}

// helpers lists who helps with a conversation.
func (s *Store) helpers(ctx context.Context, id desk.ConversationID) ([]view.Helper, error) {
	list := []view.Helper{}
	if err := s.q.task.Helpers.SelectContext(ctx, &list, id); err != nil {
		return nil, wrap("list helpers", err)
	}
	for i := range list {
		utc(&list[i].Since)
	}
	return list, nil
}

// Task implements agent.Tx.
func (t *actTx) Task(ctx context.Context, id desk.TaskID) (desk.Task, desk.Inbox, error) {
	var row struct {
		desk.Task
		DueInUS                    int64 `db:"due_in_us"`
		DueAt, OverdueAt, ClosedAt sql.NullTime
		InboxKey, InboxName        string
		InboxTier                  desk.Tier
	}
	if err := t.get(ctx, "read task", t.s.q.task.ToChange, &row, id); err != nil {
		if desk.KindOf(err) == desk.KindNotFound {
			return desk.Task{}, desk.Inbox{}, notFound("task", id)
		}
		return desk.Task{}, desk.Inbox{}, err
	}
	k := row.Task
	k.DueIn = time.Duration(row.DueInUS) * time.Microsecond
	k.DueAt, k.OverdueAt, k.ClosedAt = row.DueAt.Time, row.OverdueAt.Time, row.ClosedAt.Time
	return k, desk.Inbox{ID: k.InboxID, Key: row.InboxKey, Name: row.InboxName, Tier: row.InboxTier}, nil
}

type taskJSON struct {
	ID             key     `json:"id"`
	ConversationID key     `json:"conversation_id"`
	InboxID        key     `json:"inbox_id"`
	Title          string  `json:"title"`
	Note           string  `json:"note"`
	State          string  `json:"state"`
	AssigneeID     key     `json:"assignee_id,omitzero"`
	OpenedBy       key     `json:"opened_by"`
	DueInUS        int64   `json:"due_in_us"`
	DueAt          instant `json:"due_at,omitzero"`
	OverdueAt      instant `json:"overdue_at,omitzero"`
	Result         string  `json:"result"`
	ResultID       key     `json:"result_id,omitzero"`
	OpenedAt       instant `json:"opened_at"`
	UpdatedAt      instant `json:"updated_at"`
	ClosedAt       instant `json:"closed_at,omitzero"`
	ClosedBy       key     `json:"closed_by,omitzero"`
}

type overdueJSON struct {
	ID key     `json:"id"`
	At instant `json:"at"`
}

type helperJSON struct {
	ConversationID key     `json:"conversation_id"`
	AgentID        key     `json:"agent_id"`
	InvitedBy      key     `json:"invited_by,omitzero"`
	Since          instant `json:"since,omitzero"`
}

// teamwork encodes tasks and helpers.
func teamwork(c *desk.Changes, out *changesJSON) {
	for _, o := range c.Overdue {
		out.Overdue = append(out.Overdue, overdueJSON{key(o.Task), instant{o.At}})
	}
	for i := range c.Tasks {
		k := &c.Tasks[i]
		out.Tasks = append(out.Tasks, taskJSON{key(k.ID), key(k.ConversationID), key(k.InboxID), k.Title, k.Note, string(k.State), key(k.AssigneeID),
			key(k.OpenedBy), k.DueIn.Microseconds(), instant{k.DueAt}, instant{k.OverdueAt}, k.Result, key(k.ResultID), instant{k.OpenedAt},
			instant{k.UpdatedAt}, instant{k.ClosedAt}, key(k.ClosedBy)})
	}
	for _, list := range []struct {
		from []desk.Helper
		to   *[]helperJSON
	}{{c.Invited, &out.Invited}, {c.Left, &out.Left}} {
		for _, h := range list.from {
			*list.to = append(*list.to, helperJSON{key(h.ConversationID), key(h.AgentID), key(h.By), instant{h.Since}})
		}
	}
}
