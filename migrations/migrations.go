// Package migrations holds the database schema as numbered SQL files, applied
// in order, forward only, each in one transaction; and the functions that read and
// write whole batches, whose bodies change more often than the schema. store runs both.
package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// Files holds NNNN_name.sql.
//
//go:embed [0-9]*.sql
var Files embed.FS

// Functions holds NAME.sql: each file creates or replaces one function as it is after
// all migrations. A change of its parameters or result needs a migration that drops
// the earlier function; a release that changes only bodies has a migration, too, so
// that programs of different releases do not replace each other's functions.
//
//go:embed functions/*.sql
var Functions embed.FS

// Table creates the table of applied migrations, with the Sum of each file.
const Table = `create table if not exists schema_migrations (
    version    int primary key,
    name       text not null,
    checksum   text not null,
    applied_at timestamptz not null default now())`

// Applied is the statement that records a migration: version, name and Sum.
const Applied = "insert into schema_migrations (version, name, checksum) values ($1, $2, $3)"

// Sum returns the SHA-256 of a migration's text in hexadecimal, which detects a file
// that was changed after it was applied.
func Sum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// ReplaceFunctions makes the database's functions those of this program, in one
// transaction, unless they are already. All migrations must have been applied.
func ReplaceFunctions(ctx context.Context, tx *sql.Tx) error {
	const table = "create table if not exists schema_functions (checksum text not null)"
	files, err := fs.Glob(Functions, "functions/*.sql")
	if err != nil {
		return err
	}
	var all []byte
	for _, name := range files {
		text, err := Functions.ReadFile(name)
		if err != nil {
			return err
		}
		all = append(all, text...)
	}
	var exists, same bool
	if err := tx.QueryRowContext(ctx, "select to_regclass('schema_functions') is not null").Scan(&exists); err != nil {
		return err
	}
	if exists {
		if err := tx.QueryRowContext(ctx, "select exists (select from schema_functions where checksum = $1)", Sum(all)).Scan(&same); err != nil || same {
			return err
		}
	}
	// Without parameters, several statements can be sent at once.
	replace := fmt.Sprintf("%s; delete from schema_functions; insert into schema_functions values ('%s');\n%s", table, Sum(all), all)
	_, err = tx.ExecContext(ctx, replace)
	return err
}
