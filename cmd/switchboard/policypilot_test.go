package main

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/internal/policies"
	"switchboard/router"
	"switchboard/store"
)

// TestPolicyPilotCommands: a draft is refused with its lines, tried, shown, and withdrawn or
// published.
func TestPolicyPilotCommands(t *testing.T) {
	t.Parallel()
	dir, dsn := t.TempDir(), dbtest.New(t)
	config, good, bad := filepath.Join(dir, "sb.toml"), filepath.Join(dir, "new.yaml"), filepath.Join(dir, "bad.yaml")
	write(t, config, "data = '"+dir+"'\n[db]\nurl = '"+dsn+"'\n")
	st, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := policies.Publish(t.Context(), st, desk.Publication{Document: string(router.Default), Origin: desk.OriginDefault}); err != nil {
		t.Fatal(err)
	}
	write(t, good, strings.Replace(string(router.Default), "resolution: 24h", "resolution: 16h", 1))
	write(t, bad, strings.Replace(string(router.Default), "assign: {strategy: manual}", "assign: {strategy: round-robin}", 1))
	for _, c := range []struct {
		args string
		want string // in the output, or in the error if it begins with "!"
	}{
		{"show", "!no pilot is running"},
		{"start new --reason why", "!say with whom"},
		{"start new --share 50", `!required flag(s) "reason" not set`},
		{"start new --share 100 --reason why", "!nothing to compare with"},
		{"start new --segment bussiness --reason why", `!did you mean "business"?`},
		{"start new --share 50 --reason why --replaces 7", "!version 1 of the policy has been published meanwhile"},
		{"start new --share 50 --reason why --baseline 0", "!--baseline must be from 1 to 366 days"},
		{"start bad --share 50 --reason why", "bad.yaml:26:1: inboxes.frontline.assign: is another one than in the live policy"},
		{"start new --share 50 --reason why", "version 2 is tried with 50 % of the accounts; version 1 stays live\n"},
		{"start new --share 50 --reason why", "!the pilot of version 2 is running"},
		{"show", "sla_adherence   -      -        -             -               -           -\n"},
		{"show", "\nfirst_response: not enough cases: the pilot group has 0 since the start, and 30 are needed\n"},
		{"show --json", `"against": "rest"`},
		{"show 1", "!there is no pilot of version 1"},
		{"show x", `!"x" is not a version`},
		{"withdraw --reason worse", "the pilot of version 2 has ended; version 1 is live\n"},
		{"withdraw --reason worse", "!no pilot is running"},
		{"show 2", "\nwithdrawn at "},
		{"start new --segment business --share 20 --reason again", "version 3 is tried with 20 % of the accounts in business"},
		{"adopt --reason better --replaces 3", "!version 1 of the policy has been published meanwhile"},
		{"adopt --reason better --replaces 1", "version 4 is live, with the document of version 3\n"},
		{"list", "  20 % of the accounts in business  adopted    again   better\n"},
	} {
		var out bytes.Buffer
		cmd := policyCommand()
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(append([]string{"pilot"}, append(strings.Fields(strings.NewReplacer("start new", "start "+good, "start bad", "start "+bad).Replace(c.args)), "--config", config)...))
		err := cmd.ExecuteContext(t.Context())
		if refusal, ok := strings.CutPrefix(c.want, "!"); ok {
			if err == nil || !strings.Contains(err.Error(), refusal) {
				t.Errorf("%s: %v, want %q", c.args, err, refusal)
			}
		} else if !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: %v, want %q in\n%s", c.args, err, c.want, out.String())
		}
	}
}
