package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/router"
)

func TestPolicyCommand(t *testing.T) {
	good, bad := filepath.Join(t.TempDir(), "good.yaml"), filepath.Join(t.TempDir(), "bad.yaml")
	var out bytes.Buffer
	run := func(args ...string) error {
		out.Reset()
		cmd := policyCommand()
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(args)
		return cmd.Execute()
	}
	if err := run("default"); err != nil {
		t.Fatal(err)
	}
	write(t, good, out.String())
	write(t, bad, "version: 1\nrouting: 7\n")
	if err := run("check", good); err != nil || !strings.Contains(out.String(), "valid") {
		t.Errorf("check: %v, %s", err, out.String())
	}
	if err := run("check", bad); err == nil || !strings.Contains(out.String(), bad+":2:10: routing: must be a list") {
		t.Errorf("check: %v, %s", err, out.String())
	}
	if err := run("check", "--strict", good); err != nil {
		t.Errorf("check --strict of the default policy: %v, %s", err, out.String())
	}
	lost := filepath.Join(t.TempDir(), "lost.yaml")
	write(t, lost, strings.Replace(string(router.Default), "inboxes:\n", "inboxes:\n  lost: {tier: 1}\n", 1))
	if err := run("check", lost); err != nil || !strings.Contains(out.String(), lost+":26:3: warning: inboxes.lost: no route, move, overflow or handoff leads to this inbox\n") {
		t.Errorf("check: %v, %s", err, out.String())
	}
	if err := run("check", "--strict", lost); err == nil || strings.Contains(out.String(), "valid") {
		t.Errorf("check --strict: %v, %s", err, out.String())
	}
	if err := run("explain", good, "--facts", `{"channel": "chat"}`); err != nil || !strings.Contains(out.String(), `"routing: chat"`) {
		t.Errorf("explain: %v, %s", err, out.String())
	}
	if _, usage := run("explain", good, "--facts", `{"chanel": "chat"}`).(usageError); !usage {
		t.Error("an unknown fact is not a usage error")
	}
}

// TestPolicyTest: cases pass or fail with their names, and expectations can be written.
func TestPolicyTest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cases.txtar")
	run := func(args ...string) (string, error) {
		var out bytes.Buffer
		cmd := policyCommand()
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(append([]string{"test", file}, args...))
		err := cmd.Execute()
		return out.String(), err
	}
	write(t, file, `-- chat.jsonl --
{"at":"2026-03-02T09:00:00Z","c":"c","do":"receive","channel":"chat","from":"jo@acme.example","text":"Hello"}
-- chat.want --
{"inbox":"billing"}
`)
	var usage usageError
	if out, err := run(); err == nil || errors.As(err, &usage) || !strings.Contains(out, "FAIL chat\n    c.inbox: got \"frontline\", want \"billing\"\n") || !strings.Contains(err.Error(), "1 of 1 cases failed") {
		t.Errorf("%v, %s", err, out)
	}
	if out, err := run("--update"); err != nil || !strings.Contains(out, "updated chat\n") {
		t.Errorf("--update: %v, %s", err, out)
	}
	if out, err := run(); err != nil || !strings.Contains(out, "1 case passed") {
		t.Errorf("after the update: %v, %s", err, out)
	}
	other := filepath.Join(t.TempDir(), "other.yaml")
	write(t, other, strings.ReplaceAll(string(router.Default), "frontline", "reception"))
	if out, err := run(other); err == nil || !strings.Contains(out, `got "reception", want "frontline"`) {
		t.Errorf("another policy: %v, %s", err, out)
	}
	write(t, other, "version: 1\nrouting: 7\n")
	if out, err := run(other); err == nil || !strings.Contains(out, other+":2:10: routing: must be a list") {
		t.Errorf("an invalid policy: %v, %s", err, out)
	}
	write(t, file, "-- chat.json --\n")
	if _, err := run(); !errors.As(err, &usage) {
		t.Errorf("an invalid archive: %v", err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
