package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	_ "github.com/lib/pq"

	"switchboard/internal/dbtest"
)

// grows are the tables that a busy desk fills.
var grows = []string{"raws", "messages", "placements", "conversations", "events", "deliveries", "delivery_attempts", "thread_refs", "stints", "blobs",
	"renderings", "accounts", "account_domains", "contacts", "identities", "chat_sessions"}

// scans are the statements that read such a table from end to end by design.
var scans = map[string]bool{
	"directory-accounts": true, "directory-contacts": true, // a search for a part of a name
	"raw-list":     true, // planned for any state at once; the operator's
	"event-rebase": true, // once, at the start on a restored database
}

// A statement is planned when the gateway starts, maybe on empty tables, and the
// plan stays: it must be one that is still good when they are full.
func TestStatementsPlannedOnEmptyTablesScanNone(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("postgres", dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("set plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	blocks, err := readBlocks()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range blocks {
		for _, table := range scanned(t, db, name, text) {
			if slices.Contains(grows, table) && !scans[name] {
				t.Errorf("%s scans %s", name, table)
			}
		}
	}
}

// scanned lists the tables that a statement's generic plan reads from end to end.
func scanned(t *testing.T, db *sql.DB, name, text string) (tables []string) {
	t.Helper()
	quoted := `"` + name + `"`
	if _, err := db.Exec("prepare " + quoted + " as " + text); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var n int
	if err := db.QueryRow("select cardinality(parameter_types) from pg_prepared_statements where name = $1", name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	arguments := ""
	if n > 0 {
		arguments = "(" + strings.TrimSuffix(strings.Repeat("null,", n), ",") + ")"
	}
	rows, err := db.Query("explain execute " + quoted + arguments)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var line, table string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		if _, after, ok := strings.Cut(line, "Seq Scan on "); ok {
			if _, err := fmt.Sscan(after, &table); err != nil {
				t.Fatal(err)
			}
			tables = append(tables, table)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return tables
}
