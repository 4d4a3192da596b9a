package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/outbound/mtasts"
)

type mtastsQueries struct {
	Get  *sqlx.Stmt `query:"mta-sts"`
	Save *sqlx.Stmt `query:"mta-sts-save"`
}

// STSPolicy implements mtasts.Keeper.
func (s *Store) STSPolicy(ctx context.Context, domain string) (mtasts.Stored, bool, error) {
	var row struct {
		ID        string
		Mode      string
		MX        pq.StringArray `db:"mx"`
		MaxAge    int64
		FetchedAt time.Time
	}
	err := s.q.mtasts.Get.GetContext(ctx, &row, domain)
	if err != nil && kindOf(err) == desk.KindNotFound {
		return mtasts.Stored{}, false, nil
	}
	p := mtasts.Policy{Mode: mtasts.Mode(row.Mode), MX: row.MX, MaxAge: time.Duration(row.MaxAge) * time.Second}
	return mtasts.Stored{ID: row.ID, Policy: p, Fetched: row.FetchedAt}, err == nil, wrap("read a policy of MTA-STS", err)
}

// SaveSTSPolicy implements mtasts.Keeper.
func (s *Store) SaveSTSPolicy(ctx context.Context, domain string, p mtasts.Stored) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		mx := pq.StringArray(p.Policy.MX)
		if mx == nil {
			mx = pq.StringArray{}
		}
		_, err := tx.StmtxContext(ctx, s.q.mtasts.Save).ExecContext(ctx, domain, clean(p.ID), string(p.Policy.Mode), mx, int64(p.Policy.MaxAge/time.Second), p.Fetched)
		return wrap("save a policy of MTA-STS", err)
	})
}
