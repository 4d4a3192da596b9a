package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"switchboard/channels/mailbox"
	"switchboard/channels/mailbox/checkpoint"
	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/store"
)

var (
	_ mailbox.Journal = (*store.Store)(nil)
	_ mailbox.Leases  = store.Leases{}
)

func letters(from, to uint32) []desk.Raw {
	var raws []desk.Raw
	for uid := from; uid <= to; uid++ {
		raws = append(raws, desk.Raw{
			Channel: desk.ChannelEmail, Endpoint: "support", SourceKey: fmt.Sprintf("INBOX/7/%d", uid),
			ReceivedAt: time.Now(), Bytes: []byte("Subject: x\r\n\r\n\x00"),
		})
	}
	return raws
}

func TestMailboxMailAndPositionMoveTogether(t *testing.T) {
	ctx := t.Context()
	s, err := store.Open(ctx, store.Options{DSN: dbtest.New(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	position := func(want checkpoint.Cursor) {
		t.Helper()
		if got, err := s.Cursor(ctx, "support", "INBOX"); err != nil || got != want {
			t.Fatalf("position %+v, %v; want %+v", got, err, want)
		}
	}
	position(checkpoint.Cursor{})
	high := checkpoint.Cursor{UIDValidity: 4294967295, LastUID: 4294967294}
	first, err := s.Commit(ctx, checkpoint.Batch{Channel: "support", Folder: "INBOX", Cursor: high, Raws: letters(1, 3)})
	if err != nil || len(first) != 3 || first[0].Duplicate {
		t.Fatalf("receipts %+v, %v", first, err)
	}
	position(high)

	again, err := s.Commit(ctx, checkpoint.Batch{Channel: "support", Folder: "INBOX", Cursor: checkpoint.Cursor{UIDValidity: 7, LastUID: 4}, Raws: letters(3, 4)})
	if err != nil || !again[0].Duplicate || again[0].ID != first[2].ID || again[1].Duplicate {
		t.Fatalf("receipts %+v, %v; want the first to be the known %s", again, err, first[2].ID)
	}
	position(checkpoint.Cursor{UIDValidity: 7, LastUID: 4})

	quarantined := letters(5, 5)
	quarantined[0].State, quarantined[0].Problem, quarantined[0].Bytes = desk.RawQuarantined, "too large", []byte{}
	if _, err := s.Commit(ctx, checkpoint.Batch{Channel: "support", Folder: "INBOX", Cursor: checkpoint.Cursor{UIDValidity: 7, LastUID: 5}, Raws: quarantined}); err != nil {
		t.Fatal(err)
	}
	held, _, err := s.Raws(ctx, desk.RawQuarantined, 0, 10)
	if err != nil || len(held) != 1 || held[0].Problem != "too large" {
		t.Fatalf("quarantine %+v, %v", held, err)
	}

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Commit(cancelled, checkpoint.Batch{Channel: "support", Folder: "INBOX", Cursor: checkpoint.Cursor{UIDValidity: 7, LastUID: 9}, Raws: letters(6, 9)}); err == nil {
		t.Fatal("a cancelled commit succeeded")
	}
	position(checkpoint.Cursor{UIDValidity: 7, LastUID: 5})
	if pending, _, err := s.Raws(ctx, desk.RawPending, 0, 10); err != nil || len(pending) != 4 {
		t.Fatalf("%d pending items, %v; want 4", len(pending), err)
	}
	if _, err := s.Commit(ctx, checkpoint.Batch{Channel: "support", Folder: "Empty", Cursor: checkpoint.Cursor{UIDValidity: 1, LastUID: 1}, Raws: nil}); err != nil {
		t.Fatalf("a position without mail: %v", err)
	}
}

// A node that was taken over can no longer write, and the new one waits for what
// the old one had begun.
func TestMailboxLeases(t *testing.T) {
	ctx := t.Context()
	s, err := store.Open(ctx, store.Options{DSN: dbtest.New(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	hold := func(owner string, ttl time.Duration, want int) map[string]int64 {
		t.Helper()
		held, err := s.Leases().Hold(ctx, owner, []string{"billing", "support"}, ttl)
		if err != nil || len(held) != want {
			t.Fatalf("%s holds %v, %v; want %d", owner, held, err, want)
		}
		return held
	}
	first := hold("a", time.Minute, 2)
	hold("b", time.Minute, 0)
	if again := hold("a", -time.Second, 2); again["support"] != first["support"] {
		t.Errorf("fence %d after a renewal, want %d", again["support"], first["support"])
	}
	batch := checkpoint.Batch{Channel: "support", Folder: "INBOX", Fence: first["support"], Cursor: checkpoint.Cursor{UIDValidity: 7, LastUID: 1}, Raws: letters(1, 1)}
	if _, err := s.Commit(ctx, batch); err != nil {
		t.Fatalf("the lease had run out, but nobody had taken it: %v", err)
	}
	second := hold("b", time.Minute, 2)
	batch.Cursor.LastUID, batch.Raws = 2, letters(2, 2)
	if _, err := s.Commit(ctx, batch); desk.KindOf(err) != desk.KindConflict {
		t.Fatalf("a commit under a lost lease: %v", err)
	}
	if raws, _, err := s.Raws(ctx, "", 0, 10); err != nil || len(raws) != 1 {
		t.Fatalf("%d items, %v; want 1", len(raws), err)
	}
	batch.Fence = second["support"]
	if _, err := s.Commit(ctx, batch); err != nil {
		t.Fatal(err)
	}
	if err := s.Leases().Release(ctx, "b"); err != nil {
		t.Fatal(err)
	}
	hold("a", time.Minute, 2)
}

// TestUndeliveredMail: a mail that the server could not deliver is not in the journal
// as far as Compare is concerned, is due at once and then with growing pauses, and
// becomes an ordinary one when its content comes. Replay makes it due, and does not
// process it without content.
func TestUndeliveredMail(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	s, err := store.Open(t.Context(), store.Options{DSN: db, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pool, err := sql.Open("postgres", db)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	ctx := t.Context()
	cur := checkpoint.Cursor{UIDValidity: 7, LastUID: 12}
	row := func(state desk.RawState, text string) desk.Raw {
		return desk.Raw{ID: desk.NewID[desk.RawID](), Channel: desk.ChannelEmail, Endpoint: "imap:a", SourceKey: "INBOX/7/12", ReceivedAt: time.Now(),
			State: state, Size: 100, Bytes: []byte(text)}
	}
	lost := row(desk.RawQuarantined, "")
	lost.Problem = "not delivered"
	if _, err := s.Commit(ctx, checkpoint.Batch{Channel: "imap:a", Folder: "INBOX", Cursor: cur, Raws: []desk.Raw{lost}}); err != nil {
		t.Fatal(err)
	}
	due := func(want int) {
		t.Helper()
		if uids, err := s.Undelivered(ctx, "imap:a", "INBOX", 7); err != nil || len(uids) != want || want == 1 && uids[0] != 12 {
			t.Errorf("due: %v, %v; want %d", uids, err, want)
		}
	}
	due(1)
	due(0)
	if uids, err := s.Journaled(ctx, "imap:a", "INBOX", 7); err != nil || len(uids) != 0 {
		t.Errorf("journaled: %v, %v", uids, err)
	}
	if ids, err := s.Replay(ctx, desk.RawID{}); err != nil || len(ids) != 1 {
		t.Errorf("replayed: %v, %v", ids, err)
	}
	if raw, err := s.Raw(ctx, lost.ID); err != nil || raw.State != desk.RawQuarantined || raw.Size != 100 || raw.Problem == "" {
		t.Errorf("after the replay: %+v, %v", raw, err)
	}
	due(1)
	if _, err := pool.Exec("update raws set next_at = now() + interval '1 year'"); err != nil { // by a clock that was wrong
		t.Fatal(err)
	}
	due(1)
	for want := range 2 { // the second time it is a duplicate
		receipts, err := s.Commit(ctx, checkpoint.Batch{Channel: "imap:a", Folder: "INBOX", Raws: []desk.Raw{row(desk.RawPending, "Subject: x\r\n")}})
		if err != nil || receipts[0].ID != lost.ID || receipts[0].Duplicate != (want == 1) {
			t.Errorf("receipts %+v, %v", receipts, err)
		}
	}
	due(0)
	if raw, err := s.Raw(ctx, lost.ID); err != nil || raw.State != desk.RawPending || string(raw.Bytes) != "Subject: x\r\n" || raw.Problem != "" {
		t.Errorf("after the delivery: %+v, %v", raw, err)
	}
}
