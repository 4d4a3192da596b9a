// Package migrations holds the database schema as numbered SQL files, applied
// in order, forward only, each in one transaction. store runs them.
package migrations

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
)

// Files holds NNNN_name.sql.
//
//go:embed [0-9]*.sql
var Files embed.FS

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
