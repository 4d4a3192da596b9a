package store

import (
	"cmp"
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
	After  *sqlx.Stmt `query:"event-after"`
	Head   *sqlx.Stmt `query:"event-head"`
	Rebase *sqlx.Stmt `query:"event-rebase"`
	Record *sqlx.Stmt `query:"event-record"`
}

var _ live.Log = (*Store)(nil)

// position is a cursor's two parts: "<xid>-<id>" in text.
type position struct {
	Xid string // unsigned, decimal: database/sql has no unsigned 64-bit parameter
	ID  int64
}

func (p position) cursor() desk.Cursor { return desk.Cursor(fmt.Sprintf("%s-%d", p.Xid, p.ID)) }

// after compares positions of the log; both are valid.
func (p position) after(other position) bool {
	a, _ := strconv.ParseUint(p.Xid, 10, 64)
	b, _ := strconv.ParseUint(other.Xid, 10, 64)
	return cmp.Or(cmp.Compare(a, b), cmp.Compare(p.ID, other.ID)) > 0
}

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
	events, _, err := s.Follow(ctx, after, limit)
	return events, err
}

// Follow implements live.Log: EventsAfter, and whether more events are committed.
func (s *Store) Follow(ctx context.Context, after desk.Cursor, limit int) (events []desk.Event, pending bool, err error) {
	at, err := parseCursor(after)
	if err != nil {
		return nil, false, err
	}
	var rows []struct {
		eventRow
		Ours      bool
		NewestXid string
		NewestID  int64
	}
	if err := s.q.event.After.SelectContext(ctx, &rows, at.Xid, at.ID, limit); err != nil {
		return nil, false, wrap("read events", err)
	}
	newest := position{rows[0].NewestXid, rows[0].NewestID}
	if rows[0].ID == 0 { // there are none
		if !rows[0].Ours {
			return nil, false, desk.Errorf(desk.KindInvalid, "the cursor %q belongs to another database", string(after))
		}
		return nil, newest.after(at), nil
	}
	events = make([]desk.Event, len(rows))
	for i := range rows {
		events[i], at = rows[i].event(), rows[i].position
	}
	return events, newest.after(at), nil
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
		if err == nil && changed > 0 {
			_, err = tx.StmtxContext(ctx, s.q.webhook.Rebase).ExecContext(ctx)
		}
		if err == nil && changed > 0 {
			_, err = tx.StmtxContext(ctx, s.q.reportKeep.Reset).ExecContext(ctx)
		}
		if err == nil && changed > 0 {
			_, err = tx.StmtxContext(ctx, s.q.imap.Reset).ExecContext(ctx)
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
