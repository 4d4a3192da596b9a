// Package dbtest gives each test its own PostgreSQL database. The first call in a test
// process starts a private cluster, which is removed when the process ends, even if a
// test panics or is killed. Tests need neither a TestMain nor a running server, and can
// run in parallel.
package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/lib/pq" // the driver

	"switchboard/internal/localpg"
	"switchboard/migrations"
)

// template is a database with all migrations applied.
const template = "migrated"

type server struct {
	cluster *localpg.Cluster
	admin   *sql.DB
}

var (
	shared = sync.OnceValues(start)
	serial atomic.Int64
)

// New creates a database with all migrations applied and returns its DSN. It is
// dropped when the test ends, even if there are open connections.
func New(t testing.TB) string {
	t.Helper()
	return create(t, template)
}

// Empty creates a database without tables and returns its DSN.
func Empty(t testing.TB) string {
	t.Helper()
	return create(t, "template1")
}

func create(t testing.TB, from string) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	name := fmt.Sprintf("test_%d", serial.Add(1))
	if _, err := s.admin.ExecContext(t.Context(), "create database "+name+" template "+from); err != nil {
		t.Fatalf("dbtest: create %s: %v", name, err)
	}
	t.Cleanup(func() {
		if _, err := s.admin.Exec("drop database " + name + " with (force)"); err != nil {
			t.Errorf("dbtest: drop %s: %v", name, err)
		}
	})
	return s.cluster.DSN(name)
}

func start() (*server, error) {
	ctx := context.Background()
	cluster, err := localpg.Start(ctx, localpg.Config{Ephemeral: true, Database: template,
		// Tests of what several programs see of each other need the order of commits.
		Settings: map[string]string{"track_commit_timestamp": "on"}})
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, cluster.DSN(template)); err != nil {
		return nil, err
	}
	admin, err := sql.Open("postgres", cluster.DSN("postgres"))
	if err != nil {
		return nil, err
	}
	return &server{cluster: cluster, admin: admin}, nil
}

// migrate does the same as store.Migrate, without locks and checks. It cannot use
// store, whose tests use this package.
func migrate(ctx context.Context, dsn string) error {
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, migrations.Table); err != nil {
		return err
	}
	files, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		return err
	}
	for _, name := range files {
		text, err := migrations.Files.ReadFile(name)
		if err != nil {
			return err
		}
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			return fmt.Errorf("the name of migration %s must begin with a number", name)
		}
		if _, err := db.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
		if _, err := db.ExecContext(ctx, migrations.Applied, version, name, migrations.Sum(text)); err != nil {
			return err
		}
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := migrations.ReplaceFunctions(ctx, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
