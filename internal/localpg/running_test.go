package localpg

import (
	"database/sql"
	"testing"
)

// TestRunning: Running finds the database while a cluster is running, and not before
// or after.
func TestRunning(t *testing.T) {
	dir := t.TempDir()
	if dsn := Running(dir, "switchboard"); dsn != "" {
		t.Errorf("before the start: %q", dsn)
	}
	c, err := Start(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", Running(dir, "switchboard"))
	if err == nil {
		err = db.Ping()
	}
	if err != nil {
		t.Errorf("while running: %v", err)
	}
	db.Close()
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if dsn := Running(dir, "switchboard"); dsn != "" {
		t.Errorf("after the stop: %q", dsn)
	}
}
