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
	Record  *sqlx.Stmt `query:"event-record"`
}

var _ live.Log = (*Store)(nil)

// position is a cursor's two parts: "<xid>-<id>" in text.
type position struct {
	Xid string // unsigned, decimal: database/sql has no unsigned 64-bit parameter
	ID  int64
}

func (p position) cursor() desk.Cursor { return desk.Cursor(fmt.Sprintf("%s-%d", p.Xid, p.ID)) }

// parseCursor reads a cursor; the empty one is before everything.
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
		return position{}, desk.Errorf(desk.KindInvalid, "%.60q is not a cursor of the event log", string(c))
	}
	return position{Xid: xid, ID: n}, nil
}

// eventRow is an event as the driver reads it.
type eventRow struct {
	desk.Event
	position
	Data []byte
}

func (r *eventRow) event() desk.Event {
	e := r.Event
	e.Cursor, e.Data = r.cursor(), json.RawMessage(r.Data)
	if e.Subject.Kind == desk.SubjectConversation { // its id is stored once
		e.Subject.ID = e.ConversationID.String()
	}
	return e
}

func eventsOf(rows []eventRow) []desk.Event {
	events := make([]desk.Event, len(rows))
	for i := range rows {
		events[i] = rows[i].event()
	}
	return events
}

// EventsAfter returns up to limit events after the cursor, about conversations
// and everything else, in the order of the log. Events of transactions that are
// newer than one that is still running are held back until it ends: a reader
// that continues from the last cursor misses nothing and sees nothing twice. A
// cursor that is malformed or belongs to another database is KindInvalid: start
// again from Head.
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
	return eventsOf(rows), nil
}

// checkCursor returns nil at the end of the log, and KindInvalid for a cursor
// that no event can follow.
func (s *Store) checkCursor(ctx context.Context, after desk.Cursor, at position) error {
	var ours bool
	if err := s.q.event.Ours.GetContext(ctx, &ours, at.Xid); err != nil {
		return wrap("check a cursor", err)
	}
	if !ours {
		return desk.Errorf(desk.KindInvalid, "the cursor %q belongs to another database", string(after))
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

// Pending reports whether there is a committed event after the cursor, even one
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
// the transaction ids of the cluster it was made on, which may be in this one's
// future. Otherwise it changes nothing. Call it before a node serves. Cursors
// from before the restore become KindInvalid or start from the beginning.
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

// record writes an event about anything but a conversation, at the time of the
// transaction.
func (s *Store) record(ctx context.Context, tx *sqlx.Tx, subject desk.Subject, by desk.Actor, data desk.EventData) error {
	_, err := tx.StmtxContext(ctx, s.q.event.Record).ExecContext(ctx, subject.Kind, clean(subject.ID), data.EventVersion(), data.EventKind(), by, jsonText(data))
	return wrap("record an event", err)
}
