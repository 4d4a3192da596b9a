package store_test

import (
	"log/slog"
	"testing"

	"switchboard/internal/assigner"
)

// TestAssignmentAfterLostConnection: the connection that is kept for assignments is
// replaced when the server has closed it.
func TestAssignmentAfterLostConnection(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	a := assigner.New(o.Store, assigner.Options{Policy: o.automatic(t), Log: slog.New(slog.DiscardHandler)})
	o.arrive(t, o.ana)
	for range 2 {
		c := o.letter(t)
		if _, err := a.Assign(t.Context()); err != nil {
			if _, err = a.Assign(t.Context()); err != nil { // the pool may have had only lost connections, too
				t.Fatal(err)
			}
		}
		if who := o.assignee(t, c); who != "Ana" {
			t.Fatalf("%q has it", who)
		}
		o.exec(t, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state = 'idle'")
	}
}
