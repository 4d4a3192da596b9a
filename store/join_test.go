package store_test

import (
	"database/sql"
	"log/slog"
	"testing"
	"time"

	"switchboard/internal/dbtest"
	"switchboard/store"
)

// TestJoinAgain: after the database has ended all connections, a running program holds
// its locks again, so that another one that starts does not take what it has leased.
func TestJoinAgain(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t)
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	st, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	leave, err := st.Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	locks := func() (n int) {
		t.Helper()
		if err := db.QueryRow("select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := locks(); n != 2 {
		t.Fatalf("%d locks, want 2", n)
	}
	if _, err := db.Exec("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); locks() != 2; <-time.After(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the locks were not taken again")
		}
	}
	if err := leave(); err != nil {
		t.Fatal(err)
	}
	if n := locks(); n != 0 {
		t.Errorf("%d locks after leaving", n)
	}
}
