package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
)

type repeatQueries struct {
	Read    *sqlx.Stmt `query:"repeat-read"`
	Claim   *sqlx.Stmt `query:"repeat-claim"`
	Done    *sqlx.Stmt `query:"repeat-done"`
	Keep    *sqlx.Stmt `query:"repeat-keep"`
	Release *sqlx.Stmt `query:"repeat-release"`
	Sweep   *sqlx.Stmt `query:"repeat-sweep"`
}

const (
	// repeatLease is how long an interrupted request holds its key, unless its program has
	// ended; then the key is free at once. A request that
	// takes longer and loses its claim cannot commit any more.
	repeatLease = 30 * time.Second
	// repeatMemory is how long an answer is kept.
	repeatMemory = 24 * time.Hour
	// repeatSweep bounds how many expired answers one transaction removes.
	repeatSweep = 500
)

// repeatRow is what is known about a key.
type repeatRow struct {
	Same, Done, Running bool
	Status              int
	Headers, Body       []byte
}

// decide returns what a request that finds the row may do: RepeatNew means that it
// may try to claim the key.
func (r *repeatRow) decide() view.Repeat {
	switch {
	case !r.Same:
		return view.RepeatDifferent
	case r.Status != 0:
		return view.RepeatAnswered
	case r.Done && !r.Running:
		return view.RepeatLost
	case r.Running:
		return view.RepeatRunning
	}
	return view.RepeatNew
}

// ClaimRepeat claims an agent's Idempotency-Key for a request, or returns what is
// known about it; with RepeatAnswered, the answer.
func (s *Store) ClaimRepeat(ctx context.Context, c view.Claim, fingerprint []byte) (view.Repeat, view.Answer, error) {
	// A program without a lock looks as if it had ended: its requests hold the key for as
	// long as their lease.
	owner := uuid.NullUUID{UUID: s.owner, Valid: s.joined.Load()}
	for {
		var row repeatRow
		err := s.q.repeat.Read.GetContext(ctx, &row, c.Agent, c.Key, fingerprint, ownersLock)
		if err != nil && kindOf(err) != desk.KindNotFound {
			return 0, view.Answer{}, wrap("read an idempotency key", err)
		}
		if known := row.decide(); err == nil && known != view.RepeatNew {
			a := view.Answer{Status: row.Status, Body: row.Body}
			return known, a, json.Unmarshal(row.Headers, &a.Header)
		}
		var claimed []uuid.UUID
		err = s.tx(ctx, func(tx *sqlx.Tx) error {
			return wrap("claim an idempotency key", tx.StmtxContext(ctx, s.q.repeat.Claim).SelectContext(ctx, &claimed,
				c.Agent, c.Key, fingerprint, c.Token, repeatLease.Seconds(), repeatMemory.Seconds(), owner, ownersLock))
		})
		if err != nil || len(claimed) > 0 {
			return view.RepeatNew, view.Answer{}, err
		}
		// Another request took the key in between: look again.
	}
}

type claimKey struct{}

// BindRepeat returns a context whose transactions belong to a claimed request: each
// records in itself that the request was carried out, and fails if the claim has
// been lost.
func (s *Store) BindRepeat(ctx context.Context, c view.Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// recordRepeat marks the request of ctx, if it has a claim, as carried out.
func (s *Store) recordRepeat(ctx context.Context, tx *sqlx.Tx) error {
	c, ok := ctx.Value(claimKey{}).(view.Claim)
	if !ok {
		return nil
	}
	result, err := tx.StmtxContext(ctx, s.q.repeat.Done).ExecContext(ctx, c.Agent, c.Key, c.Token)
	if err != nil {
		return wrap("record an idempotency key", err)
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return desk.Errorf(desk.KindTemporary, "a repetition of this request has replaced it")
	}
	return wrap("record an idempotency key", err)
}

// KeepRepeat stores the answer to a claimed request.
func (s *Store) KeepRepeat(ctx context.Context, c view.Claim, a view.Answer) error {
	header, err := json.Marshal(a.Header)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.repeat.Keep).ExecContext(ctx, c.Agent, c.Key, c.Token, a.Status, string(header), a.Body)
		return wrap("keep an answer", err)
	})
}

// ReleaseRepeat forgets a claimed request that did nothing, so that it can be sent again.
func (s *Store) ReleaseRepeat(ctx context.Context, c view.Claim) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.repeat.Release).ExecContext(ctx, c.Agent, c.Key, c.Token)
		return wrap("release an idempotency key", err)
	})
}

// SweepRepeats removes expired answers and returns whether there may be more.
func (s *Store) SweepRepeats(ctx context.Context) (more bool, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.StmtxContext(ctx, s.q.repeat.Sweep).ExecContext(ctx, repeatSweep)
		if err != nil {
			return wrap("remove expired answers", err)
		}
		n, err := result.RowsAffected()
		more = n == repeatSweep
		return wrap("count removed answers", err)
	})
	return more, err
}
