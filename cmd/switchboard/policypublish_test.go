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

// TestPolicyPublishCommands: a document is exported, changed, compared, published once,
// refused when somebody else was faster, and rolled back.
func TestPolicyPublishCommands(t *testing.T) {
	t.Parallel()
	dir, dsn := t.TempDir(), dbtest.New(t)
	config, file := filepath.Join(dir, "sb.toml"), filepath.Join(dir, "new.yaml")
	write(t, config, "data = '"+dir+"'\n[db]\nurl = '"+dsn+"'\n")
	run := func(args ...string) (string, error) {
		t.Helper()
		var out bytes.Buffer
		cmd := policyCommand()
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(append(args, "--config", config))
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
	if _, err := run("export"); err == nil {
		t.Error("there is nothing to export")
	}
	st, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := policies.Publish(t.Context(), st, desk.Publication{Document: string(router.Default), Origin: desk.OriginDefault}); err != nil {
		t.Fatal(err)
	}
	document, err := run("export")
	if err != nil || document != string(router.Default) {
		t.Fatalf("%v\n%s", err, document)
	}
	write(t, file, document)
	if out, err := run("diff", file); err != nil || out != "" {
		t.Errorf("no difference: %v\n%s", err, out)
	}
	write(t, file, strings.Replace(document, "resolution: 24h", "resolution: 16h", 1))
	for _, c := range []struct {
		args []string
		want []string // in the output, or in the error if the first begins with "!"
	}{
		{[]string{"diff", file}, []string{"changed slas t2: resolution: 24h -> 16h\n\n--- version 1\n+++ " + file + "\n", "\n+  - {name: t2,"}},
		{[]string{"diff", "--json", file}, []string{`{"base":1,"changes":[{"section":"slas","name":"t2","kind":"changed","fields":[{"field":"resolution","before":"24h","after":"16h"}]}],"unified":"--- version 1`}},
		{[]string{"apply", file}, []string{`!required flag(s) "reason" not set`}},
		{[]string{"apply", file, "--reason", "faster", "--replaces", "7"}, []string{"!version 1 of the policy has been published meanwhile"}},
		{[]string{"apply", file, "--reason", "faster", "--author", "ana", "--replaces", "1"}, []string{"changed slas t2", "version 2 is live"}},
		{[]string{"apply", file, "--reason", "again"}, []string{"version 2 has this document already"}},
		{[]string{"apply", "--version", "1", "--reason", "too fast", "--author", "ben"}, []string{"resolution: 16h -> 24h", "version 3 is live"}},
		{[]string{"apply", "--version", "9", "--reason", "x"}, []string{"!there is no version 9"}},
		{[]string{"export", "2"}, []string{"resolution: 16h"}},
		{[]string{"export", "9"}, []string{"!there is no such version"}},
		{[]string{"simulate", file, "--since", "7d", "--staff", "billing=2,mon:3"}, []string{"0 conversations: 0 go to another inbox"}},
		{[]string{"simulate", file, "--json"}, []string{`"moves": []`}},
		{[]string{"simulate", file, "--since", "x"}, []string{"!--since"}},
		{[]string{"simulate", file, "--staff", "biling=2"}, []string{"!the policy has no inbox \"biling\""}},
		{[]string{"simulate", file, "--staff", "billing"}, []string{"!is not staffing such as billing=3"}},
		{[]string{"history"}, []string{"[version 1 again] too fast", "  command  ana     faster", "  default"}},
	} {
		out, err := run(c.args...)
		for _, want := range c.want {
			if refusal, ok := strings.CutPrefix(want, "!"); ok {
				if err == nil || !strings.Contains(err.Error(), refusal) {
					t.Errorf("%v: %v, want %q", c.args, err, refusal)
				}
			} else if err != nil || !strings.Contains(out, want) {
				t.Errorf("%v: %v, want %q in\n%s", c.args, err, want, out)
			}
		}
	}
	write(t, file, strings.Replace(document, "inbox: billing", "inbox: biling", 1))
	if out, err := run("apply", file, "--reason", "x"); err == nil || !strings.Contains(out, `inbox "biling" does not exist; did you mean "billing"?`) {
		t.Errorf("%v\n%s", err, out)
	}
	write(t, file, strings.Replace(document, "set: {inbox: billing", "set: {answer: get-a-refund, inbox: billing", 1))
	for _, args := range [][]string{{"check", file}, {"diff", file}} {
		if out, err := run(args...); err != nil || !strings.Contains(out, ".set.answer: there is no article get-a-refund that is published for everybody\n") || !strings.HasPrefix(out, file+":") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	if _, err := run("check", "--strict", file); err == nil {
		t.Error("strict allows an article that is not there")
	}
	if out, err := run("diff", "--json", file); err != nil || !strings.Contains(out, `"warnings":[{"line":`) {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := run("apply", file, "--reason", "x"); err == nil || !strings.Contains(err.Error(), "there is no article get-a-refund") {
		t.Errorf("published without the article: %v", err)
	}
	if live, err := st.LatestPolicy(t.Context()); err != nil || live.Version != 3 || live.Document != document {
		t.Errorf("version %d, %v", live.Version, err)
	}
}
