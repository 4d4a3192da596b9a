package store

import (
	"context"

	"github.com/jmoiron/sqlx"
)

type secretQueries struct {
	Get     *sqlx.Stmt `query:"secret-get"`
	Set     *sqlx.Stmt `query:"secret-set"`
	Replace *sqlx.Stmt `query:"secret-replace"`
}

// Secret returns the named secret. If there is none yet it stores fresh. Several
// nodes may call it at the same time: all get the same secret. With a Sealer, it
// encrypts what is stored, and encrypts again what is not, or with a former key.
// KindDenied: it is encrypted with a key that the Sealer does not have.
func (s *Store) Secret(ctx context.Context, name string, fresh []byte) (plain []byte, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		sealed, err := s.seal(name, fresh)
		if err != nil {
			return err
		}
		if _, err := tx.StmtxContext(ctx, s.q.secret.Set).ExecContext(ctx, name, sealed); err != nil {
			return wrap("store a secret", err)
		}
		var value []byte
		if err := tx.StmtxContext(ctx, s.q.secret.Get).GetContext(ctx, &value, name); err != nil {
			return wrap("read a secret", err)
		}
		if s.secrets == nil {
			plain = value
			return nil
		}
		var stale bool
		if plain, stale, err = s.secrets.Open(name, value); err != nil || !stale {
			return err
		}
		if sealed, err = s.seal(name, plain); err != nil {
			return err
		}
		_, err = tx.StmtxContext(ctx, s.q.secret.Replace).ExecContext(ctx, name, sealed)
		return wrap("encrypt a secret", err)
	})
	return plain, err
}

func (s *Store) seal(name string, plain []byte) ([]byte, error) {
	if s.secrets == nil {
		return plain, nil
	}
	return s.secrets.Seal(name, plain)
}
