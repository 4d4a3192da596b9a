package main

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/lib/pq"

	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/router"
	"switchboard/store"
)

// TestOutboxCommand lists a delivery, works on it, and finds who did it in the database.
func TestOutboxCommand(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t)
	config := filepath.Join(t.TempDir(), "switchboard.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[db]\nurl = %q\n[mail]\naddresses = [\"help@desk.example\"]\n", dsn), 0o600); err != nil {
		t.Fatal(err)
	}
	id := queueMail(t, dsn)
	outbox := func(args ...string) (string, error) {
		out, err := run(t, "", append([]string{"outbox", args[0], "--config", config}, args[1:]...)...)
		return strings.Join(strings.Fields(out), " "), err
	}
	if out, err := outbox("list", "--domain", "acme.example"); err != nil || !strings.Contains(out, id+" delayed jo@acme.example #") || !strings.Contains(out, "450 4.2.1 greylisted") || !strings.HasSuffix(out, "In all: 1 delayed") {
		t.Errorf("%s, %v", out, err)
	}
	if out, err := outbox("list", "--state", "failed"); err != nil || !strings.HasPrefix(out, "No deliveries.") {
		t.Errorf("%s, %v", out, err)
	}
	root := []string{"--as", "root@desk.example"}
	for _, args := range [][]string{{"list", "--state", "lost"}, {"retry", id}, {"retry"}, {"show", "1042"}, {"hold", id, "--as", "nobody@desk.example"}, {"hold", id, "--as", "ben@desk.example"},
		append([]string{"redirect", id, "--to", "new@acme.example"}, root...)} {
		var usage usageError
		if out, err := outbox(args...); !errors.As(err, &usage) {
			t.Errorf("%q: %s, %v", args, out, err)
		}
	}
	if out, err := outbox(append([]string{"hold", id, "--reason", "wrong file"}, root...)...); err != nil || out != id {
		t.Errorf("hold: %s, %v", out, err)
	}
	if out, err := outbox(append([]string{"hold", id}, root...)...); desk.KindOf(err) != desk.KindConflict || !strings.Contains(err.Error(), "on hold already") {
		t.Errorf("hold again: %s, %v", out, err)
	}
	if out, err := outbox(append([]string{"redirect", id, "--to", "help@desk.example", "--reason", "why"}, root...)...); desk.KindOf(err) != desk.KindInvalid {
		t.Errorf("redirect to ourselves: %s, %v", out, err)
	}
	next, err := outbox(append([]string{"redirect", id, "--to", "new@acme.example", "--reason", "moved"}, root...)...)
	if err != nil || next == id || !strings.HasPrefix(next, "dl_") {
		t.Errorf("redirect: %s, %v", next, err)
	}
	if out, err := outbox("show", id); err != nil || !strings.Contains(out, "State cancelled") || !strings.Contains(out, "hold by Root wrong file") || !strings.Contains(out, "redirect by Root moved") {
		t.Errorf("show: %s, %v", out, err)
	}
	if out, err := outbox("list", "--json"); err != nil || !strings.Contains(out, `"recipient":"new@acme.example"`) || strings.Contains(out, id) {
		t.Errorf("list as JSON: %s, %v", out, err)
	}
}

// queueMail adds a reply whose first attempt was put off, and returns its delivery.
func queueMail(t *testing.T, dsn string) string {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.PublishPolicy(t.Context(), desk.Publication{Document: string(router.Default), Origin: desk.OriginDefault, Tiers: map[desk.Tier]string{1: "Frontline"}, Inboxes: []desk.Inbox{{ID: desk.NewID[desk.InboxID](), Key: "frontline", Name: "Frontline", Tier: 1}}}); err != nil {
		t.Fatal(err)
	}
	for name, admin := range map[string]bool{"Root": true, "Ben": false} {
		if _, err := st.SaveAgent(t.Context(), desk.Agent{Name: name, Email: strings.ToLower(name) + "@desk.example", Admin: admin}, ""); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	id := desk.NewID[desk.DeliveryID]()
	for _, query := range []string{
		`insert into accounts (id, name) values ('00000000-0000-0000-0000-000000000001', 'Acme')`,
		`insert into contacts (id, account_id) values ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001')`,
		`insert into conversations (id, account_id, contact_id, channel, inbox_id, tier, reply_channel, reply_to, reply_from, status, waiting_on, created_at, updated_at)
			select '00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', 'email', id, tier, 'email', 'jo@acme.example', 'help@desk.example', 'pending', 'customer', now(), now()
			from inboxes where key = 'frontline'`,
		`insert into stints (id, conversation_id, inbox_id, tier, waiting_on, started_at, reason)
			select gen_random_uuid(), c.id, c.inbox_id, c.tier, 'customer', now(), 'routed' from conversations c`,
		`insert into messages (id, account_id, direction, channel, message_id, sent_at, received_at)
			values ('00000000-0000-0000-0000-000000000004', '00000000-0000-0000-0000-000000000001', 'outbound', 'email', 'm@desk.example', now(), now())`,
		`insert into placements (conversation_id, seq, message_id, since) values ('00000000-0000-0000-0000-000000000003', 1, '00000000-0000-0000-0000-000000000004', now())`,
		`insert into deliveries (id, message_id, conversation_id, channel, recipient, state, attempts, next_attempt_at, code, enhanced_code, detail, created_at, updated_at)
			values ('` + fmt.Sprintf("%x", id[:]) + `', '00000000-0000-0000-0000-000000000004', '00000000-0000-0000-0000-000000000003', 'email', 'jo@acme.example', 'delayed', 1,
			now() + interval '1 hour', 450, '4.2.1', 'greylisted', now(), now())`,
	} {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	return id.String()
}
