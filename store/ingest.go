package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/ingest"
)

type ingestQueries struct {
	Load     *sqlx.Stmt `query:"ingest-load"`
	Snapshot *sqlx.Stmt `query:"ingest-snapshot"`
	History  *sqlx.Stmt `query:"ingest-history"`
}

// Claim implements ingest.Store. It looks before it begins a transaction: while the
// rows that this node accepts are processed from memory, there is nothing to claim.
func (s *Store) Claim(ctx context.Context, n int, lease time.Duration) ([]ingest.Claimed, error) {
	var due bool
	if err := s.q.raw.Due.GetContext(ctx, &due, s.owner); err != nil || !due {
		return nil, wrap("look for pending rows", err)
	}
	var rows []rawRow
	err := s.txAsync(ctx, func(tx *sqlx.Tx) error {
		return wrap("claim", tx.StmtxContext(ctx, s.q.raw.Claim).SelectContext(ctx, &rows, n, lease.Seconds(), s.owner))
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b rawRow) int { return cmp.Compare(a.Arrival, b.Arrival) })
	claimed := make([]ingest.Claimed, len(rows))
	for i, r := range rows {
		claimed[i] = ingest.Claimed{Raw: r.raw(), Fence: r.Fence, Arrival: r.Arrival, Journaled: true}
	}
	return claimed, nil
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

// Release implements ingest.Store.
func (s *Store) Release(ctx context.Context, claimed []ingest.Claimed) error {
	var ids, fences column
	for _, c := range claimed {
		ids.uuid(c.Raw.ID)
		fences.number(c.Fence)
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.raw.Unclaim).ExecContext(ctx, &ids, &fences)
		return wrap("release raw items", err)
	})
}

// Process implements ingest.Store. It does not wait for the disk at commit, which
// read_snapshot sees to: a crash leaves the raw rows pending, and the work is
// done again.
func (s *Store) Process(ctx context.Context, fn func(ingest.Tx) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error { return fn(&ingestTx{s: s, tx: tx}) })
}

// ingestTx implements ingest.Tx.
type ingestTx struct {
	s      *Store
	tx     *sqlx.Tx
	scopes []ingest.Scope
	now    time.Time
}

// Now implements ingest.Tx.
func (t *ingestTx) Now() time.Time { return t.now }

// Save implements ingest.Tx.
func (t *ingestTx) Save(ctx context.Context, c *desk.Changes) error { return t.s.write(ctx, t.tx, c) }
