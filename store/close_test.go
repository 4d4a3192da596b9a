package store_test

import (
	"log/slog"
	"testing"

	"switchboard/internal/dbtest"
	"switchboard/store"
)

// The server went away and came back: to close what it broke is no failure.
func TestCloseAfterTheServerBrokeConnections(t *testing.T) {
	dsn := dbtest.New(t)
	s, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	o := openOfficeAt(t, dsn)
	if n := o.number(t, "select count(*) from (select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()) gone"); n == 0 {
		t.Fatal("no connection was there to break")
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}
