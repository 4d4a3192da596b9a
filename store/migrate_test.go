package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/store"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("postgres", dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, c := range []struct{ change, want string }{
		{"select 1", ""},
		{"update schema_migrations set checksum = 'another'", "created by a development version with a different 0001_init.sql"},
		{"alter table schema_migrations drop column checksum", "created by a development version with a different 0001_init.sql"},
		{"insert into schema_migrations (version, name, checksum) values (9999, 'from the future', '')", "the database has schema version 9999"},
		{"drop schema public cascade; create schema public", ""},
	} {
		if _, err := db.Exec(c.change); err != nil {
			t.Fatal(err)
		}
		err := store.Migrate(t.Context(), db)
		if c.want == "" && err != nil || c.want != "" && (desk.KindOf(err) != desk.KindConflict || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.change, err, c.want)
		}
	}
}

// TestMigrateReplacesFunctions: a start with changed functions replaces them, and
// one with the same functions leaves them alone.
func TestMigrateReplacesFunctions(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("postgres", dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const body = "select md5(prosrc), xmin::text from pg_proc where proname = 'write_changes'"
	var want, xmin, got, after string
	if err := db.QueryRow(body).Scan(&want, &xmin); err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow(body).Scan(&got, &after); err != nil || after != xmin {
		t.Errorf("functions that are up to date were replaced (xmin %s, then %s): %v", xmin, after, err)
	}
	const older = `update schema_functions set checksum = 'older';
		create or replace function write_changes(changes jsonb, texts text[], blobs bytea[], out numbers bigint[], out raws_lost int, out deliveries_lost int)
		language plpgsql as $$ begin end $$`
	if _, err := db.Exec(older); err != nil {
		t.Fatal(err)
	}
	if err := store.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow(body).Scan(&got, &after); err != nil || got != want {
		t.Errorf("the body of write_changes is %s after an upgrade, want %s: %v", got, want, err)
	}
}

// TestMigrateDuringDump: a node starts while pg_dump runs, which holds such a lock
// on every table until it ends.
func TestMigrateDuringDump(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("postgres", dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	dump, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dump.Rollback() //nolint:errcheck // it has only read
	if _, err := dump.Exec("lock table schema_migrations in access share mode"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := store.Migrate(ctx, db); err != nil {
		t.Error(err)
	}
}

// TestPublishConcurrently: several nodes that start for the first time all publish
// the policy, and none fails.
func TestPublishConcurrently(t *testing.T) {
	t.Parallel()
	st, err := store.Open(t.Context(), store.Options{DSN: dbtest.New(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	tiers := map[desk.Tier]string{}
	for tier := range desk.Tier(30) {
		tiers[tier] = "tier"
	}
	var nodes sync.WaitGroup
	for range 16 {
		nodes.Go(func() {
			if _, err := st.PublishPolicy(t.Context(), desk.Publication{Document: "document", Origin: desk.OriginCommand, Tiers: tiers}); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	if live, err := st.LatestPolicy(t.Context()); err != nil || live.Document != "document" {
		t.Errorf("live is %+v, %v", live, err)
	}
}

func TestMigrateWithoutRights(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t)
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	role := fmt.Sprintf("without_rights_%d", time.Now().UnixNano()) // roles belong to the cluster
	if _, err := db.Exec("create role " + role); err != nil {
		t.Fatal(err)
	}
	poor, err := sql.Open("postgres", dsn+" role="+role)
	if err != nil {
		t.Fatal(err)
	}
	defer poor.Close()
	if err := store.Migrate(t.Context(), poor); desk.KindOf(err) != desk.KindConflict || !strings.Contains(err.Error(), "grant create on schema public") {
		t.Errorf("%v, want an error that says which right to grant", err)
	}
}
