package gateway_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchboard/channels"
	"switchboard/config"
	"switchboard/desk"
	"switchboard/gateway"
	"switchboard/internal/dbtest"
	"switchboard/internal/policies"
	"switchboard/router"
	"switchboard/store"
)

const testPolicy = `version: 1
tiers:
  - {tier: 1, name: Front}
  - {tier: 2, name: Back}
inboxes:
  orders: {name: Orders, tier: 1}
  repairs: {name: Repairs, tier: 2}
routing:
  - name: broken
    when: message.subject contains "broken"
    set: {inbox: repairs}
  - name: rest
    set: {inbox: orders}
`

func policyFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPolicyFile(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *config.Config) { c.Policy = policyFile(t, testPolicy) })
	r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "It is broken", "a@acme.example", "Help"))
	r.post("jo@acme.example", "billing@desk.example", letter("jo@acme.example", "billing@desk.example", "An invoice", "b@acme.example", "Help"))
	if c := r.only("broken"); c.Inbox.Name != "Repairs" || c.Tier != 2 {
		t.Errorf("%+v", c)
	}
	if c := r.only("invoice"); c.Inbox.Name != "Orders" || c.Tier != 1 {
		t.Errorf("%+v", c)
	}
	var simulated struct{ Conversations, Moved, Unexplained int }
	r.call("POST", "/policies/simulate", map[string]any{"document": strings.Replace(testPolicy, `"broken"`, `"nothing"`, 1), "staff": []string{"orders=1"}}, &simulated)
	if simulated.Conversations != 2 || simulated.Moved != 1 || simulated.Unexplained != 0 {
		t.Errorf("%+v", simulated)
	}
}

// TestPolicyVersions: the policy file is published at a start only if it has changed since
// it was published last, and no version was published elsewhere since.
func TestPolicyVersions(t *testing.T) {
	t.Parallel()
	cfg := config.Defaults()
	cfg.Addr, cfg.DB.URL = "127.0.0.1:0", dbtest.New(t)
	cfg.Mail.Addresses = []string{"support@desk.example"}
	renamed := func(name string) string { return strings.Replace(testPolicy, "name: Back", "name: "+name, 1) }
	answers := strings.Replace(testPolicy, "set: {inbox: ", "set: {answer: not-written-yet, inbox: ", 1)
	for i, step := range []struct {
		elsewhere string // published before the start
		file      string // its content; empty: none
		version   int64
		document  string
		kept      string // part of what the log says about the file
	}{
		{"", "", 1, string(router.Default), ""},
		{"", answers, 2, answers, ""},
		{"", answers, 2, answers, ""},
		{"", renamed("Workshop"), 3, renamed("Workshop"), ""},
		{"", "", 3, renamed("Workshop"), ""},
		{renamed("Garage"), renamed("Workshop"), 4, renamed("Garage"), "the file has not changed since it became version 3; version 4 was published in the console"},
		{"", renamed("Shed"), 4, renamed("Garage"), "the file has changed, but version 4 was published in the console"},
		{"", renamed("Garage"), 4, renamed("Garage"), ""},
		{renamed("Shed"), renamed("Shed"), 5, renamed("Shed"), ""},
	} {
		cfg.Policy = ""
		if step.file != "" {
			cfg.Policy = policyFile(t, step.file)
		}
		if step.elsewhere != "" {
			st, err := store.Open(t.Context(), store.Options{DSN: cfg.DB.URL, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			_, err = policies.Publish(t.Context(), st, desk.Publication{Document: step.elsewhere, Author: "root@desk.example", Origin: desk.OriginAPI})
			if err := errors.Join(err, st.Close()); err != nil {
				t.Fatal(err)
			}
		}
		var log bytes.Buffer
		g, err := gateway.New(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		live, err := g.Store().LatestPolicy(t.Context())
		if err := errors.Join(err, g.Close()); err != nil {
			t.Fatal(err)
		}
		if live.Document != step.document || live.Version != step.version {
			t.Errorf("step %d: version %d, want %d, of\n%s", i, live.Version, step.version, live.Document)
		}
		if kept := strings.Contains(log.String(), "PolicyFileNotPublished"); kept != (step.kept != "") || !strings.Contains(log.String(), step.kept) {
			t.Errorf("step %d: the log should say %q: %s", i, step.kept, log.String())
		}
		if missing := strings.Contains(log.String(), `AnswerMissing policy=2 line=`) && strings.Contains(log.String(), "there is no article not-written-yet"); missing != (step.document == answers) {
			t.Errorf("step %d: the log says of articles: %s", i, log.String())
		}
	}
}

// TestPolicyOnAllNodes: a version that is published while nodes run is in force on all of
// them, with what it needs: its inboxes and holidays.
func TestPolicyOnAllNodes(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t)
	node := func() *running { return start(t, func(c *config.Config) { c.DB.URL = dsn }) }
	nodes := []*running{node(), node()}
	document := strings.Replace(testPolicy, "tiers:", "calendars: {office: {timezone: UTC, hours: always, holidays: [{ical: lost.ics}]}}\ntiers:", 1)
	if _, err := policies.Publish(t.Context(), nodes[0].at.Store(), desk.Publication{Document: document, Author: "root@desk.example", Origin: desk.OriginAPI}); err != nil {
		t.Fatal(err)
	}
	for _, r := range nodes {
		r.eventually("the channel of the holidays", func() bool {
			return slices.ContainsFunc(r.at.Channels(), func(s channels.Status) bool { return s.Name == "holidays" && s.State == channels.StateFailing })
		})
	}
	for i, r := range nodes {
		id := fmt.Sprintf("broken%d", i)
		r.post("jo@acme.example", "support@desk.example", letter("jo@acme.example", "support@desk.example", "It is broken "+id, id+"@acme.example", "Help"))
		if c := r.only(id); c.Inbox.Key != "repairs" || c.Tier != 2 {
			t.Errorf("%+v", c)
		}
	}
}
