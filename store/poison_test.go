package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"switchboard/desk"
)

// TestAddressesThatNoIndexHolds: they are nobody's, and the mail is taken.
func TestAddressesThatNoIndexHolds(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	var long strings.Builder
	for i := range 900 {
		fmt.Fprintf(&long, "%d.", i*7919%100003)
	}
	p.accept(rawMail(1, "a@"+long.String()+"example", ""), rawMail(2, long.String()+"x@two.example", ""), rawMail(3, "c@three.example", ""))
	bounce := rawMail(4, long.String(), "")
	bounce.EnvelopeFrom = ""
	p.accept(bounce)
	p.settled()
	good, _, err := p.store.Raws(t.Context(), desk.RawProcessed, 0, 10)
	if err != nil || len(good) != 4 {
		t.Errorf("%d processed (%v), want all four", len(good), err)
	}
}

// TestWhatTheDatabaseRefuses: it waits in quarantine with a reason that is not the
// database's, its neighbours do not, and replays at the same time put it back once.
func TestWhatTheDatabaseRefuses(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	db, err := sql.Open("postgres", p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(q string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	exec("alter table messages add constraint refused check (subject <> 'Mail 2')")
	exec("create index too_narrow on messages (text_body)")
	large := rawMail(4, "d@four.example", "")
	for i := range 3000 { // an index does not compress it to what it can hold
		large.Bytes = fmt.Appendf(large.Bytes, "%d ", i*7919%100003)
	}
	p.accept(rawMail(1, "a@one.example", ""), rawMail(2, "b@two.example", ""), rawMail(3, "c@three.example", ""), large)
	p.settled()
	held, _, err := p.store.Raws(t.Context(), desk.RawQuarantined, 0, 10)
	if err != nil || len(held) != 2 {
		t.Fatalf("quarantine holds %+v (%v), want two", held, err)
	}
	for i, want := range []string{"larger than the database can store", "a bug in this program"} {
		if r := held[i]; !strings.Contains(r.Problem, want) || strings.Contains(r.Problem, "pq:") || r.Attempts != 1 || r.Kept != r.Size {
			t.Errorf("after %d attempts: %q, want %q", r.Attempts, r.Problem, want)
		}
	}
	exec("alter table messages drop constraint refused")
	exec("drop index too_narrow")

	var wg sync.WaitGroup
	var touched sync.Map
	for range 8 {
		wg.Go(func() {
			ids, err := p.store.Replay(t.Context(), desk.RawID{})
			if err != nil {
				t.Error(err)
			}
			for _, id := range ids {
				if _, twice := touched.LoadOrStore(id, true); twice {
					t.Errorf("%s was put back twice", id)
				}
			}
		})
	}
	wg.Wait()
	p.settled()
	var messages, distinct int
	if err := db.QueryRowContext(t.Context(), "select count(*), count(distinct raw_id) from messages").Scan(&messages, &distinct); err != nil || messages != 4 || distinct != 4 {
		t.Errorf("%d messages of %d raw items (%v), want 4 of 4", messages, distinct, err)
	}
	if ids, err := p.store.Replay(t.Context(), held[0].ID); err != nil || len(ids) != 0 {
		t.Errorf("a replay of what is processed touched %v (%v)", ids, err)
	}
}
