package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

type clockQueries struct {
	Deliveries *sqlx.Stmt `query:"clock-deliveries"`
	Raws       *sqlx.Stmt `query:"clock-raws"`
	Mailboxes  *sqlx.Stmt `query:"clock-mailboxes"`
}

// furthest is more than the longest pause (4 h between the attempts to deliver mail, and
// a tenth of it) and the longest lease.
const furthest = 5 * time.Hour

// ResetFarTimes makes due what is scheduled for a time that nothing is scheduled for: the
// database's clock has jumped ahead and back. It returns how many there were.
func (s *Store) ResetFarTimes(ctx context.Context) (n int64, err error) {
	for _, stmt := range []*sqlx.Stmt{s.q.clock.Deliveries, s.q.clock.Raws, s.q.clock.Mailboxes} {
		err = s.tx(ctx, func(tx *sqlx.Tx) error {
			result, err := tx.StmtxContext(ctx, stmt).ExecContext(ctx, furthest.Seconds())
			if err != nil {
				return wrap("reset times in the far future", err)
			}
			rows, err := result.RowsAffected()
			n += rows
			return wrap("count times in the far future", err)
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
