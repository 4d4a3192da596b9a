package gateway_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/gateway"
	"switchboard/internal/dbtest"
	"switchboard/router"
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
}

// TestPolicyVersions: the policy file is published at start if it differs from the
// latest version.
func TestPolicyVersions(t *testing.T) {
	t.Parallel()
	cfg := config.Defaults()
	cfg.Addr, cfg.DB.URL = "127.0.0.1:0", dbtest.New(t)
	cfg.Mail.Addresses = []string{"support@desk.example"}
	changed := strings.Replace(testPolicy, "name: Back", "name: Workshop", 1)
	for i, step := range []struct {
		file, document string
		version        int64
	}{
		{"", string(router.Default), 1},
		{policyFile(t, testPolicy), testPolicy, 2},
		{policyFile(t, testPolicy), testPolicy, 2},
		{policyFile(t, changed), changed, 3},
		{"", changed, 3},
	} {
		cfg.Policy = step.file
		g, err := gateway.New(t.Context(), cfg, slog.New(slog.DiscardHandler))
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
	}
}
