package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/live"
	"switchboard/store"
)

// fixture is a store with SQL beside it, to write what no method writes alone.
type fixture struct {
	*store.Store
	db *sql.DB
}

func open(t testing.TB) fixture {
	t.Helper()
	dsn := dbtest.New(t)
	s, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Close()
		s.Close()
	})
	return fixture{s, db}
}

func (f fixture) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := f.db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// conversation writes the rows that a conversation needs.
func (f fixture) conversation(t testing.TB) desk.ConversationID {
	t.Helper()
	id, account, contact, inbox := desk.NewID[desk.ConversationID](), desk.NewID[desk.AccountID](), desk.NewID[desk.ContactID](), desk.NewID[desk.InboxID]()
	f.exec(t, "insert into tiers (tier, name) values (1, 'Frontline') on conflict do nothing")
	f.exec(t, "insert into accounts (id, name) values ($1, 'Acme')", account)
	f.exec(t, "insert into contacts (id, account_id, name) values ($1, $2, 'Jo')", contact, account)
	f.exec(t, "insert into inboxes (id, key, name, tier) values ($1, $1::uuid::text, 'Frontline', 1)", inbox)
	f.exec(t, `insert into conversations (id, account_id, contact_id, channel, inbox_id, tier, reply_channel, created_at, updated_at)
		values ($1, $2, $3, 'chat', $4, 1, 'chat', now(), now())`, id, account, contact, inbox)
	return id
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func writeEvent(ctx context.Context, db execer, c desk.ConversationID, seq int) error {
	_, err := db.ExecContext(ctx, `insert into events (at, conversation_id, account_id, seq, kind, actor, data)
		select now(), id, account_id, $2, 'message.received', 'customer', '{}' from conversations where id = $1`, c, seq)
	return err
}

// Writers that commit late, roll back and overtake each other: a reader that goes
// on from its last cursor gets every committed event once.
func TestEventsAreNeverSkippedAndNeverRepeated(t *testing.T) {
	f := open(t)
	const writers, rounds = 8, 40
	type key struct {
		c   desk.ConversationID
		seq int64
	}
	var mu sync.Mutex
	committed := map[key]bool{}
	var wg sync.WaitGroup
	for w := range writers {
		c := f.conversation(t)
		random := rand.New(rand.NewPCG(1, uint64(w)))
		wg.Go(func() {
			for seq := 1; seq <= 3*rounds; seq += 3 {
				tx, err := f.db.BeginTx(t.Context(), nil)
				if err != nil {
					t.Error(err)
					return
				}
				for i := range 3 {
					if err := writeEvent(t.Context(), tx, c, seq+i); err != nil {
						t.Error(err)
					}
					// One in five transactions is a long one.
					if random.IntN(5) == 0 {
						tx.ExecContext(t.Context(), "select pg_sleep($1)", random.Float64()/20)
					}
				}
				if random.IntN(6) == 0 {
					tx.Rollback()
					continue
				}
				if err := tx.Commit(); err != nil {
					t.Error(err)
				}
				mu.Lock()
				for i := range 3 {
					committed[key{c, int64(seq + i)}] = true
				}
				mu.Unlock()
			}
		})
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()

	seen := map[key]bool{}
	var at desk.Cursor
	held := 0
	for last := false; ; {
		select {
		case <-finished:
			last = true
		default:
		}
		events, pending, err := f.Follow(t.Context(), at, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			k := key{e.ConversationID, e.Seq}
			if seen[k] {
				t.Fatalf("event %d of %s came twice", e.Seq, e.ConversationID)
			}
			seen[k], at = true, e.Cursor
		}
		if len(events) > 0 {
			continue
		}
		if pending {
			held++
		} else if last {
			break
		}
	}
	for k := range committed {
		if !seen[k] {
			t.Errorf("event %d of %s was skipped", k.seq, k.c)
		}
	}
	if len(seen) != len(committed) {
		t.Errorf("%d events were read, %d committed", len(seen), len(committed))
	}
	if held == 0 {
		t.Error("no event ever had to be held back: the test tests nothing")
	}
	if head, err := f.Head(t.Context()); err != nil || head != at {
		t.Errorf("Head = %q, %v; the reader is at %q", head, err, at)
	}
}

// The tail over the real log: an event that commits while an older transaction is
// open is published when that one ends, without another wake.
func TestTailOverPostgreSQL(t *testing.T) {
	f := open(t)
	c := f.conversation(t)
	hub := live.New()
	tail := live.NewTail(f, hub, slog.New(slog.DiscardHandler))
	sub := hub.Subscribe(100, live.ConversationTopic(c))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	if err := writeEvent(ctx, f.db, c, 1); err != nil { // before the tail: not published
		t.Fatal(err)
	}
	go func() { done <- tail.Run(ctx) }()
	defer func() { cancel(); <-done }()

	next := func(want int64) {
		t.Helper()
		select {
		case it := <-sub.C:
			if it.Event.Seq != want {
				t.Fatalf("event %d came, want %d", it.Event.Seq, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("event %d never came", want)
		}
	}
	// The tail has begun when it publishes; until then events may be behind its head.
	first := int64(2)
	for begun := false; !begun; {
		if err := writeEvent(ctx, f.db, c, int(first)); err != nil {
			t.Fatal(err)
		}
		tail.Wake()
		select {
		case it := <-sub.C:
			begun = true
			if it.Event.Seq != first {
				t.Fatalf("event %d came, want %d", it.Event.Seq, first)
			}
		case <-time.After(1500 * time.Millisecond):
			first++
		}
	}

	older, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeEvent(ctx, older, c, int(first)+1); err != nil {
		t.Fatal(err)
	}
	other := f.conversation(t)
	if err := writeEvent(ctx, f.db, other, 1); err != nil {
		t.Fatal(err)
	}
	sub.Add(live.ConversationTopic(other))
	tail.Wake()
	select {
	case it := <-sub.C:
		t.Fatalf("%+v overtook a transaction that still runs", it.Event)
	case <-time.After(100 * time.Millisecond):
	}
	start := time.Now()
	if err := older.Commit(); err != nil { // and nothing wakes the tail
		t.Fatal(err)
	}
	next(first + 1)
	if waited := time.Since(start); waited > 500*time.Millisecond {
		t.Errorf("it took %s", waited)
	}
	next(1)
}

func TestCursors(t *testing.T) {
	f := open(t)
	if head, err := f.Head(t.Context()); err != nil || head != "" {
		t.Errorf("Head of an empty log = %q, %v", head, err)
	}
	c := f.conversation(t)
	if err := writeEvent(t.Context(), f.db, c, 1); err != nil {
		t.Fatal(err)
	}
	events, err := f.EventsAfter(t.Context(), "", 10)
	if err != nil || len(events) != 1 {
		t.Fatalf("%+v, %v", events, err)
	}
	got := events[0]
	if got.ConversationID != c || got.Seq != 1 || got.Kind != desk.EventMessageReceived || got.Actor != desk.ActorCustomer || string(got.Data) != "{}" || got.AccountID.IsZero() || got.At.IsZero() {
		t.Errorf("%+v", got)
	}
	for _, bad := range []desk.Cursor{"x", "1", "-", "1-", "-1", "1--1", "1-x", "18446744073709551616-0", "1-9223372036854775808", "99999999999-1"} {
		if _, err := f.EventsAfter(t.Context(), bad, 1); desk.KindOf(err) != desk.KindInvalid || err == nil {
			t.Errorf("EventsAfter(%q): %v, want invalid", bad, err)
		}
	}
}

// A dump has transaction ids of another cluster.
func TestRestoredEventsAreReadable(t *testing.T) {
	f := open(t)
	c := f.conversation(t)
	for seq := 1; seq <= 3; seq++ {
		if err := writeEvent(t.Context(), f.db, c, seq); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := f.RebaseEvents(t.Context()); err != nil || n != 0 {
		t.Fatalf("a log of our own was changed: %d, %v", n, err)
	}
	f.exec(t, "update events set xid = (9000000000 - seq)::text::xid8")
	if events, err := f.EventsAfter(t.Context(), "", 10); err != nil || len(events) != 0 {
		t.Fatalf("%+v, %v", events, err)
	}
	if n, err := f.RebaseEvents(t.Context()); err != nil || n != 3 {
		t.Fatalf("RebaseEvents = %d, %v", n, err)
	}
	if err := writeEvent(t.Context(), f.db, c, 4); err != nil {
		t.Fatal(err)
	}
	events, err := f.EventsAfter(t.Context(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	order := ""
	for _, e := range events {
		order += fmt.Sprint(e.Seq)
	}
	if order != "1234" {
		t.Errorf("events came as %s", order)
	}
}
