package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
	"switchboard/desk/view"
)

type appPasswordQueries struct {
	Insert *sqlx.Stmt `query:"app-password-insert"`
	List   *sqlx.Stmt `query:"app-password-list"`
	Delete *sqlx.Stmt `query:"app-password-delete"`
	EndAll *sqlx.Stmt `query:"app-password-end-all"`
	Agent  *sqlx.Stmt `query:"app-password-agent"`
	Used   *sqlx.Stmt `query:"app-password-used"`
}

// maxAppPasswords is how many app passwords an agent may have.
const maxAppPasswords = 50

// CreateAppPassword stores the digest of an agent's app password and records the creation.
func (s *Store) CreateAppPassword(ctx context.Context, name string, digest []byte, by desk.Agent) (view.AppPassword, error) {
	p := view.AppPassword{ID: desk.NewID[desk.KeyID](), Name: clean(name)}
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		err := tx.StmtxContext(ctx, s.q.appPassword.Insert).GetContext(ctx, &p.CreatedAt, p.ID, by.ID, p.Name, digest, maxAppPasswords)
		if errors.Is(err, sql.ErrNoRows) {
			return desk.Errorf(desk.KindConflict, "you have %d app passwords; revoke one that no program uses any more", maxAppPasswords)
		}
		if err != nil {
			return wrap("create an app password", err)
		}
		return s.record(ctx, tx, desk.AgentSubject(by.ID), desk.AgentActor(by.ID), desk.KeyCreated{KeyID: p.ID, Name: p.Name})
	})
	utc(&p.CreatedAt)
	return p, err
}

// AppPasswords lists an agent's app passwords, oldest first.
func (s *Store) AppPasswords(ctx context.Context, as desk.Agent) ([]view.AppPassword, error) {
	list := []view.AppPassword{}
	if err := s.q.appPassword.List.SelectContext(ctx, &list, as.ID); err != nil {
		return nil, wrap("list app passwords", err)
	}
	for i := range list {
		utc(&list[i].CreatedAt, list[i].LastUsedAt)
	}
	return list, nil
}

// DeleteAppPassword revokes one of the agent's app passwords. KindNotFound if there is none.
func (s *Store) DeleteAppPassword(ctx context.Context, as desk.Agent, id desk.KeyID) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var gone []revokedKey
		if err := tx.StmtxContext(ctx, s.q.appPassword.Delete).SelectContext(ctx, &gone, as.ID, id); err != nil {
			return wrap("revoke an app password", err)
		}
		if len(gone) == 0 {
			return notFound("app password", id)
		}
		return s.recordRevoked(ctx, tx, desk.AgentActor(as.ID), "", gone)
	})
}

// AppPasswordAgent returns the agent with an address and an app password, and records its
// use to the minute. KindDenied if there is none.
func (s *Store) AppPasswordAgent(ctx context.Context, email string, digest []byte) (desk.Agent, error) {
	var row signedIn
	if err := s.q.appPassword.Agent.GetContext(ctx, &row, digest, clean(strings.ToLower(email))); err != nil {
		return desk.Agent{}, unknownSecret("app password", err)
	}
	if !row.Stale {
		return row.agent(), nil
	}
	err := s.txAsync(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.appPassword.Used).ExecContext(ctx, digest)
		return wrap("record the app password's use", err)
	})
	return row.agent(), err
}
