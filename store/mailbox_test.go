package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"switchboard/channels/mailbox"
	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/store"
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
	position := func(want mailbox.Cursor) {
		t.Helper()
		if got, err := s.Cursor(ctx, "support", "INBOX"); err != nil || got != want {
			t.Fatalf("position %+v, %v; want %+v", got, err, want)
		}
	}
	position(mailbox.Cursor{})
	high := mailbox.Cursor{UIDValidity: 4294967295, LastUID: 4294967294}
	first, err := s.Commit(ctx, "support", "INBOX", high, letters(1, 3))
	if err != nil || len(first) != 3 || first[0].Duplicate {
		t.Fatalf("receipts %+v, %v", first, err)
	}
	position(high)

	again, err := s.Commit(ctx, "support", "INBOX", mailbox.Cursor{UIDValidity: 7, LastUID: 4}, letters(3, 4))
	if err != nil || !again[0].Duplicate || again[0].ID != first[2].ID || again[1].Duplicate {
		t.Fatalf("receipts %+v, %v; want the first to be the known %s", again, err, first[2].ID)
	}
	position(mailbox.Cursor{UIDValidity: 7, LastUID: 4})

	quarantined := letters(5, 5)
	quarantined[0].State, quarantined[0].Problem, quarantined[0].Bytes = desk.RawQuarantined, "too large", []byte{}
	if _, err := s.Commit(ctx, "support", "INBOX", mailbox.Cursor{UIDValidity: 7, LastUID: 5}, quarantined); err != nil {
		t.Fatal(err)
	}
	held, _, err := s.Raws(ctx, desk.RawQuarantined, 0, 10)
	if err != nil || len(held) != 1 || held[0].Problem != "too large" {
		t.Fatalf("quarantine %+v, %v", held, err)
	}

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Commit(cancelled, "support", "INBOX", mailbox.Cursor{UIDValidity: 7, LastUID: 9}, letters(6, 9)); err == nil {
		t.Fatal("a cancelled commit succeeded")
	}
	position(mailbox.Cursor{UIDValidity: 7, LastUID: 5})
	if pending, _, err := s.Raws(ctx, desk.RawPending, 0, 10); err != nil || len(pending) != 4 {
		t.Fatalf("%d pending items, %v; want 4", len(pending), err)
	}
	if _, err := s.Commit(ctx, "support", "Empty", mailbox.Cursor{UIDValidity: 1, LastUID: 1}, nil); err != nil {
		t.Fatalf("a position without mail: %v", err)
	}
}
