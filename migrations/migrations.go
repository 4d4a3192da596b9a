// Package migrations holds the database schema as numbered SQL files, applied
// in order, forward only, each in one transaction. store runs them.
package migrations

import "embed"

// Files holds NNNN_name.sql.
//
//go:embed *.sql
var Files embed.FS
