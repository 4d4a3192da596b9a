package main

import (
	"bytes"
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

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
