package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/dbtest"
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
	away := filepath.Join(filepath.Dir(lost), "away.yaml")
	write(t, away, strings.Replace(string(router.Default), "timezone: UTC", "timezone: UTC\n    holidays: [{ical: away.ics}]", 1))
	if err := run("check", away); err != nil || !strings.Contains(out.String(), "warning: calendars.office.holidays[0].ical: away.ics: open ") {
		t.Errorf("check of a file that does not exist: %v, %s", err, out.String())
	}
	write(t, filepath.Join(filepath.Dir(away), "away.ics"), "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
	if err := run("check", "--strict", away); err != nil {
		t.Errorf("check of a file with holidays: %v, %s", err, out.String())
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

// TestExplainArgument: numbers and IDs are conversations, everything else is a file.
func TestExplainArgument(t *testing.T) {
	t.Parallel()
	id := desk.NewID[desk.ConversationID]()
	for arg, want := range map[string]view.ConversationRef{"1042": {Number: 1042}, "#7": {Number: 7}, id.String(): {ID: id}} {
		if ref, ok := conversationRef(arg); !ok || ref != want {
			t.Errorf("%s: %v, %t", arg, ref, ok)
		}
	}
	for _, arg := range []string{"policy.yaml", "./1042", "0", "-3", "#", "1042.yaml", ""} {
		if ref, ok := conversationRef(arg); ok {
			t.Errorf("%q is the conversation %v", arg, ref)
		}
	}
	config := filepath.Join(t.TempDir(), "switchboard.toml")
	write(t, config, fmt.Sprintf("[db]\nurl = %q\n", dbtest.New(t)))
	if out, err := run(t, "", "policy", "explain", "1042", "--config", config); desk.KindOf(err) != desk.KindNotFound {
		t.Errorf("an unknown conversation: %v, %s", err, out)
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
