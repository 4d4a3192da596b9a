package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/agent"
	"switchboard/desk"
)

type reviewQueries struct {
	Ask      *sqlx.Stmt `query:"review-ask"`
	Due      *sqlx.Stmt `query:"review-due"`
	Done     *sqlx.Stmt `query:"review-done"`
	Accounts *sqlx.Stmt `query:"review-accounts"`
	PutOff   *sqlx.Stmt `query:"review-put-off"`
}

var _ agent.Reviews = (*Store)(nil)

// askReview has the open conversations of an account reviewed when its change is committed.
func (s *Store) askReview(ctx context.Context, tx *sqlx.Tx, id desk.AccountID, by desk.Actor) error {
	_, err := tx.StmtxContext(ctx, s.q.review.Ask).ExecContext(ctx, id, by)
	return wrap("have the account's conversations reviewed", err)
}

// Review implements agent.Reviews.
func (s *Store) Review(ctx context.Context, limit int, fn func(agent.Tx, []agent.Review) error) (ids []desk.ConversationID, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		var rows []struct {
			ConversationID desk.ConversationID
			Actor          desk.Actor
			AccountID      desk.AccountID
		}
		if err := tx.StmtxContext(ctx, s.q.review.Due).SelectContext(ctx, &rows, limit); err != nil {
			return wrap("read conversations of changed accounts", err)
		}
		if len(rows) == 0 {
			return nil
		}
		var done, wanted column
		ids = make([]desk.ConversationID, len(rows))
		for i, r := range rows {
			ids[i] = r.ConversationID
			done.uuid(r.ConversationID)
			wanted.uuid(r.AccountID)
		}
		if _, err := tx.StmtxContext(ctx, s.q.review.Done).ExecContext(ctx, &done); err != nil {
			return wrap("remove reviewed conversations", err)
		}
		known, err := s.reviewAccounts(ctx, tx, &wanted)
		if err != nil {
			return err
		}
		t, err := s.lockStates(ctx, tx, true, ids...)
		if err != nil {
			return err
		}
		due := make([]agent.Review, len(rows))
		for i, r := range rows {
			due[i] = agent.Review{Conversation: r.ConversationID, By: r.Actor, Account: known[r.AccountID]}
		}
		return fn(t, due)
	})
	return ids, err
}

// reviewAccounts reads accounts as they are now: after the locks were taken, so that a
// change that asks for another review afterwards is not missed.
func (s *Store) reviewAccounts(ctx context.Context, tx *sqlx.Tx, ids *column) (map[desk.AccountID]desk.Account, error) {
	var rows []accountRow
	if err := tx.StmtxContext(ctx, s.q.review.Accounts).SelectContext(ctx, &rows, ids); err != nil {
		return nil, wrap("read changed accounts", err)
	}
	known := make(map[desk.AccountID]desk.Account, len(rows))
	for i := range rows {
		a := rows[i].Account
		a.Domains, a.Tags = rows[i].Domains, rows[i].Tags
		if err := json.Unmarshal(rows[i].Attributes, &a.Attributes); err != nil {
			return nil, desk.Errorf(desk.KindInternal, "attributes of account %s in the database: %w", a.ID, err)
		}
		known[a.ID] = a
	}
	return known, nil
}

// PutOffReview implements agent.Reviews.
func (s *Store) PutOffReview(ctx context.Context, id desk.ConversationID, wait time.Duration) error {
	_, err := s.q.review.PutOff.ExecContext(ctx, id, wait.Seconds())
	return wrap("put off a review", err)
}
