package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
)

type rootCauseUpdateQueries struct {
	Insert     *sqlx.Stmt `query:"update-insert"`
	Recipients *sqlx.Stmt `query:"update-recipients"`
	List       *sqlx.Stmt `query:"update-list"`
	NotSent    *sqlx.Stmt `query:"update-not-sent"`
	Cancel     *sqlx.Stmt `query:"update-cancel"`
	Next       *sqlx.Stmt `query:"update-next"`
	Got        *sqlx.Stmt `query:"update-got"`
	Settle     *sqlx.Stmt `query:"update-settle"`
	Later      *sqlx.Stmt `query:"update-later"`
}

var _ agent.Updates = (*Store)(nil)

// rootCauseUpdates lists the updates about a root cause, or one of them.
func (s *Store) rootCauseUpdates(ctx context.Context, as desk.Agent, id desk.RootCauseID, one desk.UpdateID) ([]view.RootCauseUpdate, error) {
	limits, tiers := viewer(as)
	list := []view.RootCauseUpdate{}
	if err := s.q.rootCauseUpdate.List.SelectContext(ctx, &list, id, one); err != nil {
		return nil, wrap("list updates", err)
	}
	var rows []struct {
		UpdateID desk.UpdateID
		view.NotSent
	}
	if err := s.q.rootCauseUpdate.NotSent.SelectContext(ctx, &rows, limits, tiers, id); err != nil {
		return nil, wrap("list what was not sent", err)
	}
	for i := range list {
		u := &list[i]
		utc(&u.CreatedAt, &u.SendAt)
		u.NotSent = []view.NotSent{}
		for _, r := range rows {
			if r.UpdateID == u.ID {
				u.NotSent = append(u.NotSent, r.NotSent)
			}
		}
	}
	return list, nil
}

// WriteUpdate stores an update for all linked conversations that its author may read, to be sent
// after some time. KindConflict if there are none.
func (s *Store) WriteUpdate(ctx context.Context, by desk.Agent, id desk.RootCauseID, u agent.Update, undo time.Duration) (view.RootCauseUpdate, error) {
	limits, tiers := viewer(by)
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		r, err := s.lockRootCause(ctx, tx, id)
		if err != nil {
			return err
		}
		var hidden int
		if err := tx.StmtxContext(ctx, s.q.rootCause.Hidden).GetContext(ctx, &hidden, limits, tiers, id); err != nil {
			return wrap("count hidden conversations", err)
		}
		var at time.Time
		if err := tx.StmtxContext(ctx, s.q.rootCauseUpdate.Insert).GetContext(ctx, &at, u.ID, id, clean(u.Text), u.Then, by.ID, hidden, undo.Seconds()); err != nil {
			return wrap("write an update", err)
		}
		result, err := tx.StmtxContext(ctx, s.q.rootCauseUpdate.Recipients).ExecContext(ctx, limits, tiers, u.ID, id, at)
		if err != nil {
			return wrap("write the recipients of an update", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return wrap("write the recipients of an update", err)
		}
		if n == 0 {
			return desk.Errorf(desk.KindConflict, "no conversation that you may read is linked to %q", r.Title)
		}
		return s.record(ctx, tx, desk.RootCauseSubject(id), desk.AgentActor(by.ID), desk.RootCauseChanged{Title: r.Title, What: "update-written", UpdateID: u.ID, To: int(n)})
	})
	if err != nil {
		return view.RootCauseUpdate{}, err
	}
	return s.rootCauseUpdate(ctx, by, id, u.ID)
}

func (s *Store) rootCauseUpdate(ctx context.Context, as desk.Agent, id desk.RootCauseID, one desk.UpdateID) (view.RootCauseUpdate, error) {
	return only("update", one, func() ([]view.RootCauseUpdate, error) { return s.rootCauseUpdates(ctx, as, id, one) })
}

// CancelUpdate takes an update back where it was not sent yet. KindConflict if it was sent
// everywhere.
func (s *Store) CancelUpdate(ctx context.Context, by desk.Agent, id desk.RootCauseID, one desk.UpdateID) (view.RootCauseUpdate, error) {
	if _, err := s.rootCauseUpdate(ctx, by, id, one); err != nil {
		return view.RootCauseUpdate{}, err
	}
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		r, err := s.lockRootCause(ctx, tx, id)
		if err != nil {
			return err
		}
		var ids []desk.ConversationID
		if err := tx.StmtxContext(ctx, s.q.rootCauseUpdate.Cancel).SelectContext(ctx, &ids, one, id); err != nil {
			return wrap("cancel an update", err)
		}
		if len(ids) == 0 {
			return desk.Errorf(desk.KindConflict, "too late: nothing of this update is waiting any more")
		}
		return s.record(ctx, tx, desk.RootCauseSubject(id), desk.AgentActor(by.ID), desk.RootCauseChanged{Title: r.Title, What: "update-cancelled", UpdateID: one, To: len(ids)})
	})
	if err != nil {
		return view.RootCauseUpdate{}, err
	}
	return s.rootCauseUpdate(ctx, by, id, one)
}

// NextUpdate implements agent.Updates.
func (s *Store) NextUpdate(ctx context.Context, fn func(agent.Tx, agent.UpdateDue) (agent.UpdateResult, error)) (found bool, err error) {
	var row struct {
		agent.Update
		Linked desk.ConversationID
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		q := &s.q.rootCauseUpdate
		switch err := tx.StmtxContext(ctx, q.Next).GetContext(ctx, &row); {
		case err == sql.ErrNoRows:
			return nil
		case err != nil:
			return wrap("claim an update", err)
		}
		found = true
		into, t, err := s.lockFinal(ctx, tx, row.Linked)
		if err != nil {
			return err
		}
		var result agent.UpdateResult
		var number int64
		switch err := tx.StmtxContext(ctx, q.Got).GetContext(ctx, &number, row.ID, into); {
		case err == sql.ErrNoRows:
			if result, err = fn(t, agent.UpdateDue{Update: row.Update, Conversation: into}); err != nil {
				return err
			}
		case err != nil:
			return wrap("read who got an update", err)
		default:
			result.Reason = agent.GetsIt(number)
		}
		_, err = tx.StmtxContext(ctx, q.Settle).ExecContext(ctx, row.ID, row.Linked, into, clean(result.Reason), result.Message)
		return wrap("record an update", err)
	})
	if err != nil && found && ctx.Err() == nil {
		if _, later := s.q.rootCauseUpdate.Later.ExecContext(ctx, row.ID, row.Linked); later != nil {
			s.log.WarnContext(ctx, "PostponeFailed", "error", later)
		}
	}
	return found, err
}
