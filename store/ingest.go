package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/ingest"
)

type ingestQueries struct {
	Now            *sqlx.Stmt `query:"ingest-now"`
	Load           *sqlx.Stmt `query:"ingest-load"`
	Lock           *sqlx.Stmt `query:"ingest-lock"`
	Contacts       *sqlx.Stmt `query:"ingest-contacts"`
	Domains        *sqlx.Stmt `query:"ingest-domains"`
	Accounts       *sqlx.Stmt `query:"ingest-accounts"`
	Known          *sqlx.Stmt `query:"ingest-known"`
	Sessions       *sqlx.Stmt `query:"ingest-sessions"`
	Recent         *sqlx.Stmt `query:"ingest-recent"`
	Last           *sqlx.Stmt `query:"ingest-last"`
	Conversations  *sqlx.Stmt `query:"ingest-conversations"`
	Stints         *sqlx.Stmt `query:"ingest-stints"`
	Stored         *sqlx.Stmt `query:"ingest-stored"`
	Sent           *sqlx.Stmt `query:"ingest-sent"`
	Authors        *sqlx.Stmt `query:"ingest-authors"`
	SaveAccounts   *sqlx.Stmt `query:"ingest-save-accounts"`
	SaveDomains    *sqlx.Stmt `query:"ingest-save-domains"`
	SaveContacts   *sqlx.Stmt `query:"ingest-save-contacts"`
	SaveIdentities *sqlx.Stmt `query:"ingest-save-identities"`
	SaveOpened     *sqlx.Stmt `query:"ingest-save-opened"`
	SaveUpdated    *sqlx.Stmt `query:"ingest-save-updated"`
	SaveMessages   *sqlx.Stmt `query:"ingest-save-messages"`
	SavePlacements *sqlx.Stmt `query:"ingest-save-placements"`
	SaveRefs       *sqlx.Stmt `query:"ingest-save-refs"`
	EndStints      *sqlx.Stmt `query:"ingest-end-stints"`
	SaveStints     *sqlx.Stmt `query:"ingest-save-stints"`
	SaveEvents     *sqlx.Stmt `query:"ingest-save-events"`
	SaveSessions   *sqlx.Stmt `query:"ingest-save-sessions"`
	SaveBlobs      *sqlx.Stmt `query:"ingest-save-blobs"`
	Report         *sqlx.Stmt `query:"ingest-report"`
}

// Claim implements ingest.Store.
func (s *Store) Claim(ctx context.Context, n int, lease time.Duration) ([]ingest.Claimed, error) {
	var rows []rawRow
	err := s.txAsync(ctx, func(tx *sqlx.Tx) error {
		return wrap("claim", tx.StmtxContext(ctx, s.q.raw.Claim).SelectContext(ctx, &rows, n, lease.Seconds()))
	})
	slices.SortFunc(rows, func(a, b rawRow) int { return cmp.Compare(a.Arrival, b.Arrival) })
	claimed := make([]ingest.Claimed, len(rows))
	for i, r := range rows {
		claimed[i] = ingest.Claimed{Raw: r.raw(), Fence: r.Fence}
	}
	return claimed, err
}

// Load implements ingest.Store.
func (s *Store) Load(ctx context.Context, claimed []ingest.Claimed) error {
	var ids column
	at := make(map[desk.RawID]int, len(claimed))
	for i, c := range claimed {
		ids.uuid(c.Raw.ID)
		at[c.Raw.ID] = i
	}
	rows, err := s.q.ingest.Load.QueryContext(ctx, &ids)
	if err != nil {
		return wrap("load raw items", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id desk.RawID
		var bytes []byte
		if err := rows.Scan(&id, &bytes); err != nil {
			return wrap("load raw items", err)
		}
		claimed[at[id]].Raw.Bytes = bytes
	}
	return wrap("load raw items", rows.Err())
}

// Fail implements ingest.Store.
func (s *Store) Fail(ctx context.Context, c ingest.Claimed, state desk.RawState, problem string, retry time.Duration) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.raw.Fail).ExecContext(ctx, c.Raw.ID, c.Fence, state, clean(problem), retry.Seconds(), c.Raw.Attempts)
		return wrap("record a failure", err)
	})
}

// NextPending implements ingest.Store.
func (s *Store) NextPending(ctx context.Context) (time.Time, bool, error) {
	var at sql.NullTime
	err := s.q.raw.Next.GetContext(ctx, &at)
	return at.Time, at.Valid, wrap("next pending", err)
}

// Process implements ingest.Store. A crash before the disk has the commit leaves
// the raw rows pending, and the work is done again: it need not be waited for.
func (s *Store) Process(ctx context.Context, fn func(ingest.Tx) error) error {
	return s.txAsync(ctx, func(tx *sqlx.Tx) error {
		t := &ingestTx{s: s, tx: tx, q: &s.q.ingest}
		if err := tx.StmtxContext(ctx, t.q.Now).GetContext(ctx, &t.now); err != nil {
			return wrap("now", err)
		}
		return fn(t)
	})
}

// ingestTx implements ingest.Tx.
type ingestTx struct {
	s   *Store
	tx  *sqlx.Tx
	q   *ingestQueries
	now time.Time
}

// Now implements ingest.Tx.
func (t *ingestTx) Now() time.Time { return t.now }

// Lock implements ingest.Tx.
func (t *ingestTx) Lock(ctx context.Context, scopes []ingest.Scope) error {
	var addresses, domains column
	for _, s := range scopes {
		addresses.text(s.Address)
		domains.text(s.Domain)
	}
	return t.exec(ctx, "lock accounts", t.q.Lock, &addresses, &domains)
}

func (t *ingestTx) exec(ctx context.Context, op string, stmt *sqlx.Stmt, args ...any) error {
	_, err := t.tx.StmtxContext(ctx, stmt).ExecContext(ctx, args...)
	return wrap(op, err)
}

func (t *ingestTx) rows(ctx context.Context, op string, stmt *sqlx.Stmt, dest any, args ...any) error {
	return wrap(op, t.tx.StmtxContext(ctx, stmt).SelectContext(ctx, dest, args...))
}
