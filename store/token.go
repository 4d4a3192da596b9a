package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"switchboard/desk"
)

type tokenQueries struct {
	Read *sqlx.Stmt `query:"token-read"`
	Keep *sqlx.Stmt `query:"token-keep"`
}

// Token implements oauth.Keeper.
func (s *Store) Token(ctx context.Context, name string) (sealed []byte, err error) {
	err = s.q.token.Read.GetContext(ctx, &sealed, name)
	if err != nil && kindOf(err) == desk.KindNotFound {
		return nil, nil
	}
	return sealed, wrap("read a token", err)
}

// KeepToken implements oauth.Keeper.
func (s *Store) KeepToken(ctx context.Context, name string, sealed []byte) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, s.q.token.Keep).ExecContext(ctx, name, sealed)
		return wrap("keep a token", err)
	})
}
