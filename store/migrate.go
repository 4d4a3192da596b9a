package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"switchboard/desk"
	"switchboard/migrations"
)

// migrationLock is the advisory lock under which one node migrates.
const migrationLock = 0x5b_0a_4d_16

// Migrate applies the migrations that the database lacks, in order, each in one
// transaction. Several nodes may call it at once. A database that has been
// migrated by a newer version is KindConflict.
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
	const table = "create table if not exists schema_migrations (version int primary key, name text not null, applied_at timestamptz not null default now())"
	if _, err := conn.ExecContext(ctx, table); err != nil {
		return wrap("create schema_migrations", err)
	}
	var have int
	if err := conn.QueryRowContext(ctx, "select coalesce(max(version), 0) from schema_migrations").Scan(&have); err != nil {
		return wrap("read schema_migrations", err)
	}
	if have > len(files) {
		return desk.Errorf(desk.KindConflict, "the database has schema version %d, this program knows %d: start the newer program, or restore a backup taken before the upgrade", have, len(files))
	}
	for _, name := range files[have:] {
		if err := migrateOne(ctx, conn, name); err != nil {
			return err
		}
	}
	return nil
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
		_, err = tx.ExecContext(ctx, "insert into schema_migrations (version, name) values ($1, $2)", version, name)
	}
	if err != nil {
		return errors.Join(wrap("migration "+name, err), tx.Rollback())
	}
	return wrap("commit migration "+name, tx.Commit())
}
