package localpg

import (
	"database/sql"
	"testing"
)

// TestRunning: a second process finds the database of the one that runs it, and
// nothing once that has stopped.
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
		t.Errorf("beside the running one: %v", err)
	}
	db.Close()
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if dsn := Running(dir, "switchboard"); dsn != "" {
		t.Errorf("after the stop: %q", dsn)
	}
}
