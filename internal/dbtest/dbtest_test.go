package dbtest

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestNewIsMigratedAndPrivate(t *testing.T) {
	for _, name := range []string{"one", "two"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, New(t))
			if _, err := db.Exec("insert into tiers (tier, name) values (1, 'first line')"); err != nil {
				t.Fatal(err)
			}
			var n, version int
			if err := db.QueryRow("select count(*), (select max(version) from schema_migrations) from tiers").Scan(&n, &version); err != nil {
				t.Fatal(err)
			}
			if n != 1 || version < 1 {
				t.Errorf("%d tiers at version %d, want this test's one row in a migrated schema", n, version)
			}
		})
	}
}

func TestEmptyHasNoTable(t *testing.T) {
	var n int
	err := open(t, Empty(t)).QueryRow("select count(*) from information_schema.tables where table_schema = 'public'").Scan(&n)
	if err != nil || n != 0 {
		t.Errorf("%d tables, %v; want none", n, err)
	}
}

func TestTextIsUnicode(t *testing.T) {
	var lower, encoding string
	err := open(t, Empty(t)).QueryRow("select lower('ÄÖÉЖ'), current_setting('server_encoding')").Scan(&lower, &encoding)
	if err != nil || lower != "äöéж" || encoding != "UTF8" {
		t.Errorf("lower = %q, encoding = %q, %v", lower, encoding, err)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(b)
	}
}

// TestClusterEndsWithTheProcess runs this test binary again, makes it panic with a
// running cluster, and waits for the cluster's folder to be removed.
func TestClusterEndsWithTheProcess(t *testing.T) {
	if out := os.Getenv("DBTEST_PANIC"); out != "" {
		if err := os.WriteFile(out, []byte(New(t)), 0o600); err != nil {
			t.Fatal(err)
		}
		panic("on purpose")
	}
	note := filepath.Join(t.TempDir(), "dsn")
	cmd := exec.Command(os.Args[0], "-test.run=^TestClusterEndsWithTheProcess$")
	cmd.Env = append(os.Environ(), "DBTEST_PANIC="+note)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "on purpose") {
		t.Fatalf("the child should have panicked: %v\n%s", err, out)
	}
	dsn, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	_, socket, _ := strings.Cut(string(dsn), "host=")
	socket, _, _ = strings.Cut(socket, " ")
	home := filepath.Dir(socket)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for {
		if _, err := os.Stat(home); os.IsNotExist(err) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s still exists", home)
		}
	}
}
