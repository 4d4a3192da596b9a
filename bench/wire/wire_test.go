package wire

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"regexp"
	"testing"
	"time"

	_ "github.com/lib/pq"

	"switchboard/internal/dbtest"
)

// relayed returns a database behind a relay.
func relayed(t *testing.T) (*Relay, *sql.DB) {
	t.Helper()
	parts := regexp.MustCompile(`host='?([^' ]+)'? port=(\d+) user=(\S+) dbname=(\S+)`).FindStringSubmatch(dbtest.Empty(t))
	if parts == nil {
		t.Fatal("the test database has an unexpected DSN")
	}
	r, err := NewRelay("unix", parts[1]+"/.s.PGSQL."+parts[2])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	db, err := sql.Open("postgres", fmt.Sprintf("host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable", r.Addr().Port, parts[3], parts[4]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	return r, db
}

func TestCounts(t *testing.T) {
	r, db := relayed(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		t.Fatal(err)
	}
	before := r.Count()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(ctx, "create table parcels (id int)"); err != nil {
		t.Fatal(err)
	}
	stmt, err := tx.PrepareContext(ctx, "insert into parcels values ($1)")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := stmt.ExecContext(ctx, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	// BEGIN, CREATE, three INSERTs and COMMIT; preparing the statement and closing
	// it are one round trip each and execute nothing.
	if got := r.Count().Sub(before); got != (Count{Statements: 6, Trips: 8}) {
		t.Errorf("counted %+v, want 6 statements in 8 trips", got)
	}
	var sum int
	if err := db.QueryRowContext(ctx, "select sum(id) from parcels").Scan(&sum); err != nil || sum != 3 {
		t.Errorf("the rows sum up to %d, %v; want 3", sum, err)
	}
}

func TestRefusesInvalidMessages(t *testing.T) {
	short := binary.BigEndian.AppendUint32(nil, 3)
	if err := new(Relay).forward(new(bytes.Buffer), bytes.NewReader(short)); err != errLength {
		t.Errorf("a message of length 3 gives %v, want %v", err, errLength)
	}
}
