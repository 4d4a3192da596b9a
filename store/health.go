package store

import (
	"context"
	"io/fs"

	"github.com/jmoiron/sqlx"

	"switchboard/migrations"
)

type healthQueries struct {
	SchemaVersion *sqlx.Stmt `query:"schema-version"`
}

// Schema returns the database's schema version, and the one this program needs.
// They differ while a newer program migrates below an older one.
func (s *Store) Schema(ctx context.Context) (have, want int, err error) {
	files, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		return 0, 0, err
	}
	err = s.q.health.SchemaVersion.GetContext(ctx, &have)
	return have, len(files), wrap("read the schema's version", err)
}
