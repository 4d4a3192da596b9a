package store

import (
	"context"
	"encoding/json"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/lifecycle"
)

type undoQueries struct {
	Add  *sqlx.Stmt `query:"undo-add"`
	Take *sqlx.Stmt `query:"undo-take"`
	Back *sqlx.Stmt `query:"undo-return"`
}

// AddUndo keeps what an agent has done for a day, so that it can be taken back.
func (s *Store) AddUndo(ctx context.Context, by desk.AgentID, list []lifecycle.Reversal) (desk.UndoID, error) {
	id := desk.NewID[desk.UndoID]()
	_, err := s.q.undo.Add.ExecContext(ctx, id, by, jsonText(list))
	return id, wrap("keep what can be undone", err)
}

// TakeUndo returns what an agent has done, once. KindNotFound if there is nothing of that ID or it is older
// than a day, KindConflict if it was taken already.
func (s *Store) TakeUndo(ctx context.Context, by desk.AgentID, id desk.UndoID) (list []lifecycle.Reversal, err error) {
	var row struct {
		Reversals []byte
		Undone    bool
	}
	if err := s.q.undo.Take.GetContext(ctx, &row, id, by); err != nil {
		if kindOf(err) == desk.KindNotFound {
			return nil, desk.Errorf(desk.KindNotFound, "there is nothing to undo with this ID: operations can be undone for 24 hours, by who did them")
		}
		return nil, wrap("read what can be undone", err)
	}
	if row.Undone {
		return nil, desk.Errorf(desk.KindConflict, "this was undone already")
	}
	return list, wrap("read what can be undone", json.Unmarshal(row.Reversals, &list))
}

// ReturnUndo keeps the rest of what was taken for another try.
func (s *Store) ReturnUndo(ctx context.Context, id desk.UndoID, rest []lifecycle.Reversal) error {
	_, err := s.q.undo.Back.ExecContext(ctx, id, jsonText(rest))
	return wrap("keep what can be undone", err)
}
