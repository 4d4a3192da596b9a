package archivethread

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWrite: an mbox file, a Maildir and a folder with the same messages give the
// same result.
func TestWrite(t *testing.T) {
	messages := []string{
		"From: Jo <jo@acme.example>\nMessage-ID: <1@acme.example>\nDate: Mon, 2 Mar 2026 12:00:00 +0000\nSubject: Parcel\n\nIt is late.\n",
		"From: Eve <eve@other.example>\nMessage-ID: <2@other.example>\nIn-Reply-To: <1@acme.example>\nDate: Mon, 2 Mar 2026 13:00:00 +0000\nSubject: Re: Parcel\n\nNo.\n",
		"From: Jo <jo@acme.example>\nMessage-ID: <3@acme.example>\nReferences: <1@acme.example>\nDate: Mon, 2 Mar 2026 14:00:00 +0000\nSubject: Re: Parcel\n\nYes.\n",
	}
	dir := t.TempDir()
	mbox, maildir, folder := filepath.Join(dir, "a.mbox"), filepath.Join(dir, "Maildir"), filepath.Join(dir, "eml")
	var all strings.Builder
	for i, m := range messages {
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
			if err := Write(t.Context(), path, byAccount, &out); err != nil {
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
			if byAccount { // Eve belongs to another account
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
