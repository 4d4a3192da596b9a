package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/live"
)

type eventQueries struct {
	After   *sqlx.Stmt `query:"event-after"`
	Head    *sqlx.Stmt `query:"event-head"`
	Pending *sqlx.Stmt `query:"event-pending"`
	Ours    *sqlx.Stmt `query:"event-ours"`
	Rebase  *sqlx.Stmt `query:"event-rebase"`
}

var _ live.Log = (*Store)(nil)

// position is a cursor's two parts: "<xid>-<id>" in text.
type position struct {
	Xid string // unsigned, decimal: database/sql has no unsigned 64-bit parameter
	ID  int64
}

func (p position) cursor() desk.Cursor { return desk.Cursor(fmt.Sprintf("%s-%d", p.Xid, p.ID)) }

// parseCursor reads a cursor; the empty one stands before everything.
func parseCursor(c desk.Cursor) (position, error) {
	if c == "" {
		return position{Xid: "0"}, nil
	}
	xid, id, ok := strings.Cut(string(c), "-")
	if _, err := strconv.ParseUint(xid, 10, 64); err != nil {
		ok = false
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if !ok || err != nil || n < 0 {
		return position{}, desk.Errorf(desk.KindInvalid, "%.60q is no cursor of the event log", string(c))
	}
	return position{Xid: xid, ID: n}, nil
}

type eventRow struct {
	desk.Event
	position
	Data []byte
}

// EventsAfter returns up to limit events after the cursor, in the log's one
// order. Events of transactions that began after one that still runs are held
// back until it ends: a reader that goes on from the last cursor skips nothing
// and sees nothing twice. A cursor that is none, or is another database's, is
// KindInvalid: read again from Head.
func (s *Store) EventsAfter(ctx context.Context, after desk.Cursor, limit int) ([]desk.Event, error) {
	at, err := parseCursor(after)
	if err != nil {
		return nil, err
	}
	var rows []eventRow
	if err := s.q.event.After.SelectContext(ctx, &rows, at.Xid, at.ID, limit); err != nil {
		return nil, wrap("read events", err)
	}
	if len(rows) == 0 {
		return nil, s.checkCursor(ctx, after, at)
	}
	events := make([]desk.Event, len(rows))
	for i, r := range rows {
		events[i] = r.Event
		events[i].Cursor, events[i].Data = r.cursor(), json.RawMessage(r.Data)
	}
	return events, nil
}

// checkCursor tells the log's end from a cursor that no event will ever follow.
func (s *Store) checkCursor(ctx context.Context, after desk.Cursor, at position) error {
	var ours bool
	if err := s.q.event.Ours.GetContext(ctx, &ours, at.Xid); err != nil {
		return wrap("check a cursor", err)
	}
	if !ours {
		return desk.Errorf(desk.KindInvalid, "the cursor %q is another database's", string(after))
	}
	return nil
}

// Head returns the position of the newest event that EventsAfter would return;
// the empty cursor when there is none.
func (s *Store) Head(ctx context.Context) (desk.Cursor, error) {
	var at position
	err := s.q.event.Head.GetContext(ctx, &at)
	if err != nil {
		if kindOf(err) == desk.KindNotFound {
			return "", nil
		}
		return "", wrap("read the newest event", err)
	}
	return at.cursor(), nil
}

// Pending reports whether a committed event stands after the cursor, even one
// that EventsAfter still holds back.
func (s *Store) Pending(ctx context.Context, after desk.Cursor) (pending bool, err error) {
	at, err := parseCursor(after)
	if err != nil {
		return false, err
	}
	err = s.q.event.Pending.GetContext(ctx, &pending, at.Xid, at.ID)
	return pending, wrap("look for events", err)
}

// RebaseEvents makes the event log of a restored database readable: a dump keeps
// the transaction ids of the cluster it was made on, which may lie in this
// one's future. It changes nothing otherwise, and is called before a node serves.
// Cursors given out before the restore become KindInvalid or begin anew.
func (s *Store) RebaseEvents(ctx context.Context) (changed int64, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.StmtxContext(ctx, s.q.event.Rebase).ExecContext(ctx)
		if err == nil {
			changed, err = result.RowsAffected()
		}
		return wrap("rebase events", err)
	})
	return changed, err
}
