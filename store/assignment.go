package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/assignment"
	"switchboard/desk"
	"switchboard/internal/assigner"
	"switchboard/lifecycle"
)

type assignmentQueries struct {
	Inboxes  *sqlx.Stmt `query:"assign-inboxes"`
	Lock     *sqlx.Stmt `query:"assign-lock"`
	Team     *sqlx.Stmt `query:"assign-team"`
	Waiting  *sqlx.Stmt `query:"assign-waiting"`
	Overflow *sqlx.Stmt `query:"assign-overflow"`
	Begin    *sqlx.Stmt `query:"assign-overflow-begin"`
	End      *sqlx.Stmt `query:"assign-overflow-end"`
	Free     *sqlx.Stmt `query:"assign-free"`
	Queue    *sqlx.Stmt `query:"assign-queue"`
}

var _ assigner.Store = (*Store)(nil)

// Unassigned implements assigner.Store.
func (s *Store) Unassigned(ctx context.Context, inboxes []desk.InboxID) (waiting []desk.InboxID, err error) {
	var ids column
	for _, id := range inboxes {
		ids.uuid(id)
	}
	err = s.assigning.run(ctx, s, func(tx *sqlx.Tx) error {
		return tx.StmtxContext(ctx, s.q.assignment.Inboxes).SelectContext(ctx, &waiting, &ids)
	})
	return waiting, wrap("look for conversations without an assignee", err)
}

// UnassignedQueue are the conversations that wait for an assignee.
type UnassignedQueue struct {
	Waiting   int64
	Oldest    float64 // since when the first customer has been waiting, in seconds
	Overflows int64   // inboxes that overflow
}

// UnassignedQueue counts the conversations that wait for an assignee.
func (s *Store) UnassignedQueue(ctx context.Context) (q UnassignedQueue, err error) {
	return q, wrap("count conversations without an assignee", s.q.assignment.Queue.GetContext(ctx, &q))
}

// Assign implements assigner.Store. It does not wait for the disk at commit: after a
// crash the conversations wait again.
func (s *Store) Assign(ctx context.Context, fn func(assigner.Tx) error) error {
	return s.assigning.run(ctx, s, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.assignment.Lock).ExecContext(ctx); err != nil {
			return wrap("wait for other assignments", err)
		}
		return fn(&assignTx{actTx: &actTx{s: s, tx: tx, q: &s.q.agent}, q: &s.q.assignment})
	})
}

// assignTx implements assigner.Tx.
type assignTx struct {
	*actTx
	q *assignmentQueries
}

// Team implements assigner.Tx.
func (t *assignTx) Team(ctx context.Context, inbox desk.InboxID) ([]desk.Member, map[desk.AgentID]time.Time, error) {
	var rows []struct {
		memberRow
		Turn sql.NullTime
	}
	if err := t.rows(ctx, "read the roster of an inbox", t.q.Team, &rows, inbox); err != nil {
		return nil, nil, err
	}
	members, turns := make([]desk.Member, len(rows)), make(map[desk.AgentID]time.Time, len(rows))
	for i := range rows {
		members[i] = rows[i].member(t.s.offlineAfter)
		if turn := rows[i].Turn; turn.Valid {
			turns[members[i].ID] = turn.Time
		}
	}
	return members, turns, nil
}

// Waiting implements assigner.Tx.
func (t *assignTx) Waiting(ctx context.Context, inbox desk.InboxID, sticky bool, limit, offset int) ([]assignment.Waiting, error) {
	var rows []struct {
		assignment.Waiting
		Tags                pq.StringArray
		DueAt, WaitingSince sql.NullTime
	}
	if err := t.rows(ctx, "read conversations without an assignee", t.q.Waiting, &rows, inbox, sticky, limit, offset); err != nil {
		return nil, err
	}
	waiting := make([]assignment.Waiting, len(rows))
	for i, r := range rows {
		w := r.Waiting
		w.Tags, w.DueAt, w.WaitingSince = r.Tags, r.DueAt.Time, r.WaitingSince.Time
		waiting[i] = w
	}
	return waiting, nil
}

// Overflow implements assigner.Tx.
func (t *assignTx) Overflow(ctx context.Context, inbox desk.InboxID, overflows bool) (o assigner.Overflow, err error) {
	var row struct {
		Clock  time.Time
		Active bool
		Oldest sql.NullTime
	}
	err = t.get(ctx, "read the overflow of an inbox", t.q.Overflow, &row, inbox, overflows)
	return assigner.Overflow{At: row.Clock, Active: row.Active, Oldest: row.Oldest.Time}, err
}

// SetOverflow implements assigner.Tx, and records the change in the event log.
func (t *assignTx) SetOverflow(ctx context.Context, inbox desk.InboxID, e desk.InboxOverflow) error {
	stmt := t.q.End
	if e.Active {
		stmt = t.q.Begin
	}
	if _, err := t.tx.StmtxContext(ctx, stmt).ExecContext(ctx, inbox); err != nil {
		return wrap("record the overflow of an inbox", err)
	}
	return t.s.record(ctx, t.tx, desk.InboxSubject(inbox), desk.ActorPolicy, e)
}

// Lock implements assigner.Tx.
func (t *assignTx) Lock(ctx context.Context, ids []desk.ConversationID) (map[desk.ConversationID]lifecycle.State, time.Time, error) {
	locked, err := t.s.lockRows(ctx, t.tx, t.q.Free, t.s.usesOpening(), ids)
	if err != nil {
		return nil, time.Time{}, err
	}
	return locked.states, locked.now, nil
}
