package store

import (
	"log/slog"
	"testing"

	"switchboard/internal/dbtest"
)

// TestLeaveInterrupted: a stop that interrupts a check of the locks breaks their
// connection, which frees them; a program that has left so has not failed.
func TestLeaveInterrupted(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{DSN: dbtest.New(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := s.db.Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil { // as database/sql does with a broken one
		t.Fatal(err)
	}
	m := &membership{s: s, conn: conn}
	if err := m.leave(); err != nil {
		t.Error(err)
	}
}
