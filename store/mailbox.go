package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"switchboard/channels/mailbox"
	"switchboard/desk"
)

type mailboxQueries struct {
	Cursor *sqlx.Stmt `query:"mailbox-cursor"`
	Move   *sqlx.Stmt `query:"mailbox-move"`
}

var _ mailbox.Journal = (*Store)(nil)

// Cursor implements mailbox.Journal.
func (s *Store) Cursor(ctx context.Context, channel, folder string) (mailbox.Cursor, error) {
	var row struct {
		UIDValidity uint32 `db:"uid_validity"`
		LastUID     uint32 `db:"last_uid"`
	}
	err := s.q.mailbox.Cursor.GetContext(ctx, &row, channel, folder)
	if err != nil && kindOf(err) == desk.KindNotFound {
		return mailbox.Cursor{}, nil
	}
	return mailbox.Cursor(row), wrap("read a mailbox's position", err)
}

// Commit implements mailbox.Journal: mail and position, or neither.
func (s *Store) Commit(ctx context.Context, channel, folder string, cur mailbox.Cursor, raws []desk.Raw) ([]desk.Receipt, error) {
	var receipts []desk.Receipt
	err := s.tx(ctx, func(tx *sqlx.Tx) (err error) {
		if receipts, err = s.insertRaws(ctx, tx, raws); err != nil {
			return err
		}
		_, err = tx.StmtxContext(ctx, s.q.mailbox.Move).ExecContext(ctx, channel, folder, cur.UIDValidity, cur.LastUID)
		return wrap("move a mailbox's position", err)
	})
	return receipts, err
}
