package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/migrations"
)

// migrationLock is the advisory lock that a migrating node holds.
const migrationLock = 0x5b_0a_4d_16

// Migrate applies the missing migrations in order, each in one transaction.
// Several nodes may call it at the same time. A database that a newer version has
// migrated is KindConflict.
func Migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return wrap("connect", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", migrationLock); err != nil {
		return wrap("lock migrations", err)
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", migrationLock)
	have, err := applied(ctx, conn, files)
	if err != nil {
		return err
	}
	for _, name := range files[have:] {
		if err := migrateOne(ctx, conn, name); err != nil {
			return err
		}
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return wrap("begin to replace functions", err)
	}
	if err := migrations.ReplaceFunctions(ctx, tx); err != nil {
		return errors.Join(wrap("replace functions", err), tx.Rollback())
	}
	return wrap("commit the functions", tx.Commit())
}

// applied returns the database's schema version, and an error when this program
// cannot work with it.
func applied(ctx context.Context, conn *sql.Conn, files []string) (version int, err error) {
	if _, err := conn.ExecContext(ctx, migrations.Table); err != nil {
		if refused := new(pq.Error); errors.As(err, &refused) && refused.Code == "42501" { // insufficient_privilege
			return 0, desk.Errorf(desk.KindConflict, "the database user may not create tables (%s): make it the owner of the database, or run: grant create on schema public to USER", refused.Message)
		}
		return 0, wrap("create schema_migrations", err)
	}
	// A table without checksums is from an unreleased version. Checking first keeps a
	// start from waiting for a running dump: altering a table waits for its readers.
	const missing = "select not exists (select from pg_attribute where attrelid = 'schema_migrations'::regclass and attname = 'checksum' and not attisdropped)"
	var older bool
	if err := conn.QueryRowContext(ctx, missing).Scan(&older); err != nil {
		return 0, wrap("inspect schema_migrations", err)
	}
	if older {
		if _, err := conn.ExecContext(ctx, "alter table schema_migrations add column checksum text not null default ''"); err != nil {
			return 0, wrap("extend schema_migrations", err)
		}
	}
	rows, err := conn.QueryContext(ctx, "select version, checksum from schema_migrations order by version")
	if err != nil {
		return 0, wrap("read schema_migrations", err)
	}
	defer rows.Close()
	changed := ""
	for rows.Next() {
		var sum string
		if err := rows.Scan(&version, &sum); err != nil {
			return 0, wrap("read schema_migrations", err)
		}
		if version > len(files) {
			continue
		}
		text, err := migrations.Files.ReadFile(files[version-1])
		if err != nil {
			return 0, err
		}
		if changed == "" && sum != migrations.Sum(text) {
			changed = files[version-1]
		}
	}
	switch {
	case rows.Err() != nil:
		return 0, wrap("read schema_migrations", rows.Err())
	case version > len(files):
		return 0, desk.Errorf(desk.KindConflict, "the database has schema version %d, and this program supports %d: start the newer program, or restore a backup taken before the upgrade", version, len(files))
	case changed != "":
		return 0, desk.Errorf(desk.KindConflict, "the database was created by a development version with a different %s: start that version, or configure another data folder (the one of a demo can be deleted)", changed)
	}
	return version, nil
}

func migrateOne(ctx context.Context, conn *sql.Conn, name string) error {
	text, err := migrations.Files.ReadFile(name)
	if err != nil {
		return err
	}
	number, _, _ := strings.Cut(name, "_")
	version, err := strconv.Atoi(number)
	if err != nil {
		return desk.Errorf(desk.KindInternal, "migration %s does not begin with a number", name)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return wrap("begin migration", err)
	}
	_, err = tx.ExecContext(ctx, string(text))
	if err == nil {
		_, err = tx.ExecContext(ctx, migrations.Applied, version, name, migrations.Sum(text))
	}
	if err != nil {
		return errors.Join(wrap("migration "+name, err), tx.Rollback())
	}
	return wrap("commit migration "+name, tx.Commit())
}
