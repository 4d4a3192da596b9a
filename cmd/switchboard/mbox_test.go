package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadMbox(t *testing.T) {
	const from = "From jo@acme.example Mon Mar  2 12:00:00 2026\n"
	tests := []struct {
		name, mbox string
		want       []string
	}{
		{"empty", "", nil},
		{"one without a separator", "A: b\n\nhello\n", []string{"A: b\n\nhello\n"}},
		{"two", from + "A: 1\n\nx\n\n" + from + "A: 2\n\ny\n", []string{"A: 1\n\nx\n\n", "A: 2\n\ny\n"}},
		{"CRLF", strings.ReplaceAll(from+"A: 1\n\nx\n\n"+from+"A: 2\n\ny\n", "\n", "\r\n"), []string{"A: 1\r\n\r\nx\r\n\r\n", "A: 2\r\n\r\ny\r\n"}},
		{"quoted lines", from + "A: 1\n\n>From here\n>>From there\n> From me\n", []string{"A: 1\n\nFrom here\n>From there\n> From me\n"}},
		{"text that begins with From", from + "A: 1\n\nFrom here on it rains.\n\nFrom Jo\n", []string{"A: 1\n\nFrom here on it rains.\n\nFrom Jo\n"}},
		{"no blank line before", from + "A: 1\n\nx\n" + from, []string{"A: 1\n\nx\n" + from}},
		{"another date order", "From jo at acme.example  2026-03-02 12:00\nA: 1\n\nx", []string{"A: 1\n\nx"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			if err := readMbox(strings.NewReader(tt.mbox), func(_ int, mail []byte) error {
				got = append(got, string(mail))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The same three mails as an mbox, a Maildir and a folder come out alike.
func TestThreadFile(t *testing.T) {
	mails := []string{
		"From: Jo <jo@acme.example>\nMessage-ID: <1@acme.example>\nDate: Mon, 2 Mar 2026 12:00:00 +0000\nSubject: Parcel\n\nIt is late.\n",
		"From: Eve <eve@other.example>\nMessage-ID: <2@other.example>\nIn-Reply-To: <1@acme.example>\nDate: Mon, 2 Mar 2026 13:00:00 +0000\nSubject: Re: Parcel\n\nNo.\n",
		"From: Jo <jo@acme.example>\nMessage-ID: <3@acme.example>\nReferences: <1@acme.example>\nDate: Mon, 2 Mar 2026 14:00:00 +0000\nSubject: Re: Parcel\n\nYes.\n",
	}
	dir := t.TempDir()
	mbox, maildir, folder := filepath.Join(dir, "a.mbox"), filepath.Join(dir, "Maildir"), filepath.Join(dir, "eml")
	var all strings.Builder
	for i, m := range mails {
		all.WriteString("From x Mon Mar  2 12:00:00 2026\n" + m + "\n")
		sub := []string{"new", "cur", "new"}[i]
		name := []string{"1", "2", "3"}[i]
		write(t, filepath.Join(maildir, sub, name), m)
		write(t, filepath.Join(folder, name+".eml"), m)
	}
	write(t, mbox, all.String())
	for name, path := range map[string]string{"mbox": mbox, "Maildir": maildir, "folder": folder} {
		for _, byAccount := range []bool{false, true} {
			var out bytes.Buffer
			if err := threadFile(t.Context(), path, byAccount, &out); err != nil {
				t.Fatal(err)
			}
			var got []string
			seen := map[string]string{}
			for dec := json.NewDecoder(&out); dec.More(); {
				var line struct {
					MessageID                      string `json:"message_id"`
					Conversation, Method, Evidence string
				}
				if err := dec.Decode(&line); err != nil {
					t.Fatal(err)
				}
				if seen[line.Conversation] == "" {
					seen[line.Conversation] = string(rune('A' + len(seen)))
				}
				got = append(got, line.MessageID+" "+seen[line.Conversation]+" "+line.Method)
			}
			want := []string{"1@acme.example A new", "2@other.example A in-reply-to", "3@acme.example A references"}
			if byAccount { // Eve is nobody there
				want[1] = "2@other.example B new"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, by account %v:\n%s", name, byAccount, diff)
			}
		}
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
	if err := run("check", good); err != nil || !strings.Contains(out.String(), "sound") {
		t.Errorf("check: %v, %s", err, out.String())
	}
	if err := run("check", bad); err == nil || !strings.Contains(out.String(), bad+":2:10: routing: must be a list") {
		t.Errorf("check: %v, %s", err, out.String())
	}
	if err := run("explain", good, "--facts", `{"channel": "chat"}`); err != nil || !strings.Contains(out.String(), `"routing: chat"`) {
		t.Errorf("explain: %v, %s", err, out.String())
	}
	if _, usage := run("explain", good, "--facts", `{"chanel": "chat"}`).(usageError); !usage {
		t.Error("a wrong fact is not an error of usage")
	}
}
