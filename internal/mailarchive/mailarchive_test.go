package mailarchive

import (
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
		{"no separator", "A: b\n\nhello\n", []string{"A: b\n\nhello\n"}},
		{"two messages", from + "A: 1\n\nx\n\n" + from + "A: 2\n\ny\n", []string{"A: 1\n\nx\n\n", "A: 2\n\ny\n"}},
		{"CRLF", strings.ReplaceAll(from+"A: 1\n\nx\n\n"+from+"A: 2\n\ny\n", "\n", "\r\n"), []string{"A: 1\r\n\r\nx\r\n\r\n", "A: 2\r\n\r\ny\r\n"}},
		{"blank lines first", "\n\n" + from + "A: 1\n\nx\n", []string{"A: 1\n\nx\n"}},
		{"mboxo quoting", from + "A: 1\n\n>From here\n", []string{"A: 1\n\nFrom here\n"}},
		{"mboxrd quoting", from + "A: 1\n\n>From here\n>>From there\n> From me\n", []string{"A: 1\n\nFrom here\n>From there\n> From me\n"}},
		{"unquoted From in the body", from + "A: 1\n\nFrom here on it rains.\n\nFrom Jo\n", []string{"A: 1\n\nFrom here on it rains.\n\nFrom Jo\n"}},
		{"separator without a blank line before it", from + "A: 1\n\nx\n" + from, []string{"A: 1\n\nx\n" + from}},
		{"ISO date", "From jo at acme.example  2026-03-02 12:00\nA: 1\n\nx", []string{"A: 1\n\nx"}},
		{"no final newline", from + "A: 1\n\nx\n\n" + from + "A: 2\n\ny", []string{"A: 1\n\nx\n\n", "A: 2\n\ny"}},
		{"empty message", from + "\n" + from + "A: 2\n\ny\n", []string{"\n", "A: 2\n\ny\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			if err := readMbox(strings.NewReader(tt.mbox), func(_ int, message []byte) error {
				got = append(got, string(message))
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

// TestFolders: messages come in order of arrival from a Maildir, with or without info
// suffixes and even if a subfolder is missing, and from a plain folder; nothing is moved.
func TestFolders(t *testing.T) {
	t.Parallel()
	for name, files := range map[string][]string{
		"Maildir":            {"new/1.a", "cur/2.b:2,S", "cur/3.c", "new/4.d"},
		"Maildir, no cur":    {"new/1.a", "new/2.b"},
		"Maildir, no new":    {"cur/1.a:2,", "cur/2.b:2,RS"},
		"Maildir, dot files": {"new/1.a", "cur/.hidden", ".uidlist"},
		"folder":             {".index", "1.eml", "2.eml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var want, got []string
			for _, file := range files {
				path := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte("Subject: "+file+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				if !strings.HasPrefix(filepath.Base(file), ".") {
					want = append(want, path+": Subject: "+file+"\n")
				}
			}
			if err := Each(dir, func(name string, message []byte) error { got = append(got, name+": "+string(message)); return nil }); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			for _, file := range files {
				if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
