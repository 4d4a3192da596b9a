package store

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

type reportKeepQueries struct {
	Reset   *sqlx.Stmt `query:"report-reset"`
	Backlog *sqlx.Stmt `query:"report-backlog"`
	Lock    *sqlx.Stmt `query:"report-lock"`
	Next    *sqlx.Stmt `query:"report-next"`
	Forget  *sqlx.Stmt `query:"report-forget"`
	Keep    *sqlx.Stmt `query:"report-keep"`
	Advance *sqlx.Stmt `query:"report-advance"`
	Current *sqlx.Stmt `query:"report-current"`
}

// reportBatch is how many events are read at once.
const reportBatch = 5000

// The sources of the points of reports: those that are kept, and with conversations that have
// changed since, also theirs as they are now. These are the conversations of report_stale, in a
// form that reads only the events of that time, however many there are: the position is no join.
const (
	keptPoints         = "report_points"
	staleConversations = `(select distinct e.conversation_id from events e
		where (e.xid, e.id) > ((select xid from report_state), (select event_id from report_state)) and e.conversation_id is not null)`
	allPoints = `(select r.* from report_points r where not exists (select from ` + staleConversations + ` x where x.conversation_id = r.conversation_id)
		union all select q.* from conversation_points(array(select x.conversation_id from ` + staleConversations + ` x)) q)`
)

// pointSource returns where the points of reports come from now.
func (s *Store) pointSource(ctx context.Context) (string, error) {
	var current bool
	if err := s.q.reportKeep.Current.GetContext(ctx, &current); err != nil {
		return "", wrap("look for changes since the last report", err)
	}
	if current {
		return keptPoints, nil
	}
	return allPoints, nil
}

// KeepReports keeps the points of conversations that have changed, so that reports need not
// calculate them. It returns whether there is more to do. Another node may do it meanwhile.
// It leaves the database to mail while much of it waits.
func (s *Store) KeepReports(ctx context.Context) (more bool, err error) {
	var backlog bool
	if err := s.q.reportKeep.Backlog.GetContext(ctx, &backlog); err != nil || backlog {
		return false, wrap("look for mail that waits", err)
	}
	if err := s.checkHours(ctx); err != nil {
		return false, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		var mine bool
		if err := tx.StmtxContext(ctx, s.q.reportKeep.Lock).GetContext(ctx, &mine); err != nil || !mine {
			return wrap("lock the points of reports", err)
		}
		var next struct {
			IDs pq.StringArray
			N   int
			XID string
			ID  int64
		}
		if err := tx.StmtxContext(ctx, s.q.reportKeep.Next).QueryRowContext(ctx, reportBatch).Scan(&next.IDs, &next.N, &next.XID, &next.ID); err != nil {
			return wrap("read the changes for reports", err)
		}
		if next.N == 0 {
			return nil
		}
		more = next.N == reportBatch
		if err := s.coverHours(ctx, tx, next.IDs); err != nil {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.reportKeep.Forget).ExecContext(ctx, next.IDs); err != nil {
			return wrap("forget old points of reports", err)
		}
		if _, err := tx.StmtxContext(ctx, s.q.reportKeep.Keep).ExecContext(ctx, next.IDs, next.XID, next.ID); err != nil {
			return wrap("keep points of reports", err)
		}
		_, err := tx.StmtxContext(ctx, s.q.reportKeep.Advance).ExecContext(ctx, next.XID, next.ID)
		return wrap("advance the points of reports", err)
	})
	return more, err
}
