package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/channels/mailbox/checkpoint"
	"switchboard/desk"
)

type mailboxQueries struct {
	Cursor  *sqlx.Stmt `query:"mailbox-cursor"`
	Move    *sqlx.Stmt `query:"mailbox-move"`
	Hold    *sqlx.Stmt `query:"mailbox-hold"`
	Release *sqlx.Stmt `query:"mailbox-release"`
	Fence   *sqlx.Stmt `query:"mailbox-fence"`
	Known   *sqlx.Stmt `query:"mailbox-known"`
	Due     *sqlx.Stmt `query:"mailbox-undelivered"`

	Connect   *sqlx.Stmt `query:"mailbox-connect"`
	Connected *sqlx.Stmt `query:"mailbox-connected"`
	Skipped   *sqlx.Stmt `query:"mailbox-skipped"`
	History   *sqlx.Stmt `query:"mailbox-history"`
}

// Cursor implements mailbox.Journal.
func (s *Store) Cursor(ctx context.Context, channel, folder string) (checkpoint.Cursor, error) {
	var row struct {
		UIDValidity uint32 `db:"uid_validity"`
		LastUID     uint32 `db:"last_uid"`
	}
	err := s.q.mailbox.Cursor.GetContext(ctx, &row, channel, folder)
	if err != nil && kindOf(err) == desk.KindNotFound {
		return checkpoint.Cursor{}, nil
	}
	return checkpoint.Cursor(row), wrap("read a mailbox's position", err)
}

// Commit implements mailbox.Journal: mail and position, or neither.
func (s *Store) Commit(ctx context.Context, b checkpoint.Batch) ([]desk.Receipt, error) {
	var receipts []desk.Receipt
	err := s.tx(ctx, func(tx *sqlx.Tx) (err error) {
		if b.Fence != 0 {
			if err := s.fenced(ctx, tx, b); err != nil {
				return err
			}
		}
		if receipts, err = s.saveRaws(ctx, tx, b.Raws); err != nil {
			return err
		}
		if err = s.fill(ctx, tx, b.Raws, receipts); err != nil || b.Cursor == (checkpoint.Cursor{}) {
			return err
		}
		if b.Skipped > 0 {
			if _, err := tx.StmtxContext(ctx, s.q.mailbox.Skipped).ExecContext(ctx, b.Channel, b.Folder, b.Cursor.UIDValidity, b.Skipped); err != nil {
				return wrap("count the skipped messages", err)
			}
		}
		_, err = tx.StmtxContext(ctx, s.q.mailbox.Move).ExecContext(ctx, b.Channel, b.Folder, b.Cursor.UIDValidity, b.Cursor.LastUID)
		return wrap("move a mailbox's position", err)
	})
	return receipts, err
}

// Connected implements mailbox.Journal.
func (s *Store) Connected(ctx context.Context, channel, folder string, validity, uidNext uint32) (checkpoint.Connection, error) {
	var row struct {
		At          sql.NullTime
		UIDValidity uint32 `db:"uid_validity"`
		UIDNext     uint32 `db:"uid_next"`
	}
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.mailbox.Connect).ExecContext(ctx, channel, folder, validity, uidNext); err != nil {
			return err
		}
		return tx.StmtxContext(ctx, s.q.mailbox.Connected).GetContext(ctx, &row, channel, folder)
	})
	return checkpoint.Connection{At: row.At.Time, UIDValidity: row.UIDValidity, UIDNext: row.UIDNext}, wrap("read when a folder was connected", err)
}

// SkippedHistory returns how many older messages of a mailbox are not imported.
func (s *Store) SkippedHistory(ctx context.Context, channel string) (n int64, err error) {
	err = s.q.mailbox.History.GetContext(ctx, &n, channel)
	return n, wrap("count the skipped messages", err)
}

// fill stores the content of mails that were journaled without it, and changes their
// receipts: they are not duplicates.
func (s *Store) fill(ctx context.Context, tx *sqlx.Tx, raws []desk.Raw, receipts []desk.Receipt) error {
	for i := range raws {
		r := &raws[i]
		if !receipts[i].Duplicate || len(r.Bytes) == 0 {
			continue
		}
		done, err := tx.StmtxContext(ctx, s.q.raw.Fill).ExecContext(ctx, receipts[i].ID, r.Bytes, r.Size, r.State, r.Problem, r.Stream, r.AuthResults, r.ReceivedAt)
		if err != nil {
			return wrap("store the content of a mail", err)
		}
		if n, err := done.RowsAffected(); err == nil && n > 0 {
			receipts[i].Duplicate = false
		}
	}
	return nil
}

// Undelivered implements mailbox.Journal.
func (s *Store) Undelivered(ctx context.Context, channel, folder string, validity uint32) ([]uint32, error) {
	var uids []uint32
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		return wrap("list undelivered mail", tx.StmtxContext(ctx, s.q.mailbox.Due).SelectContext(ctx, &uids, channel, fmt.Sprintf("%s/%d/", folder, validity)))
	})
	return uids, err
}

// Journaled implements mailbox.Journal.
func (s *Store) Journaled(ctx context.Context, channel, folder string, validity uint32) ([]uint32, error) {
	var uids []uint32
	err := s.q.mailbox.Known.SelectContext(ctx, &uids, channel, fmt.Sprintf("%s/%d/", folder, validity))
	return uids, wrap("list a folder's journal", err)
}

// fenced makes sure that the lease has not changed hands, and keeps it from doing
// so until the transaction ends.
func (s *Store) fenced(ctx context.Context, tx *sqlx.Tx, b checkpoint.Batch) error {
	var fence int64
	err := tx.StmtxContext(ctx, s.q.mailbox.Fence).GetContext(ctx, &fence, b.Channel)
	if err != nil && kindOf(err) != desk.KindNotFound {
		return wrap("look at a mailbox's lease", err)
	}
	if fence != b.Fence {
		return desk.Errorf(desk.KindConflict, "another node reads %s now", b.Channel)
	}
	return nil
}

// Leases returns the leases of mailboxes.
func (s *Store) Leases() Leases { return Leases{s} }

// Leases implements mailbox.Leases.
type Leases struct{ s *Store }

// Hold implements mailbox.Leases.
func (l Leases) Hold(ctx context.Context, owner string, channels []string, ttl time.Duration) (map[string]int64, error) {
	var names column
	for _, c := range channels {
		names.text(c)
	}
	var rows []struct {
		Channel string
		Fence   int64
	}
	err := l.s.tx(ctx, func(tx *sqlx.Tx) error {
		rows = nil
		return wrap("hold mailboxes", tx.StmtxContext(ctx, l.s.q.mailbox.Hold).SelectContext(ctx, &rows, &names, owner, ttl.Seconds()))
	})
	held := make(map[string]int64, len(rows))
	for _, r := range rows {
		held[r.Channel] = r.Fence
	}
	return held, err
}

// Release implements mailbox.Leases.
func (l Leases) Release(ctx context.Context, owner string) error {
	return l.s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, l.s.q.mailbox.Release).ExecContext(ctx, owner)
		return wrap("release mailboxes", err)
	})
}
