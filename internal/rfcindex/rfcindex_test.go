package rfcindex

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

var (
	citation = regexp.MustCompile(`\bRFC ?([0-9]{3,5})\b`)
	number   = regexp.MustCompile(`\b[0-9]{3,5}\b`)
	// sources are the extensions of files whose citations count; tests do not count.
	sources = []string{".go", ".ts", ".tsx", ".sql"}
)

// cited maps each RFC that is cited in the sources to one file that cites it.
// "RFC822.SIZE" is an IMAP data item, not a citation.
func cited(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{"node_modules", "dist", "testdata", ".git", ".deps", "rfcindex"}, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		name := d.Name()
		if !slices.Contains(sources, filepath.Ext(name)) || strings.HasSuffix(name, "_test.go") || strings.Contains(name, ".test.") {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, m := range citation.FindAllStringSubmatch(strings.ReplaceAll(string(text), "RFC822.", ""), -1) {
			found[m[1]] = file
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// listed maps each RFC in doc/rfc.md to its status.
func listed(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(root + "/doc/rfc.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 6 {
			continue
		}
		for _, rfc := range number.FindAllString(cells[1], -1) {
			if _, twice := rows[rfc]; twice {
				t.Errorf("doc/rfc.md lists RFC %s twice", rfc)
			}
			rows[rfc] = strings.TrimSpace(cells[3])
		}
	}
	return rows
}

func TestCitationsAreListed(t *testing.T) {
	cited, listed := cited(t), listed(t)
	for rfc, file := range cited {
		if listed[rfc] == "" {
			t.Errorf("%s cites RFC %s: add a row with its status to doc/rfc.md", file, rfc)
		}
	}
	for rfc, status := range listed {
		if cited[rfc] == "" {
			t.Errorf("doc/rfc.md lists RFC %s, which no source file cites", rfc)
		}
		if !slices.Contains([]string{"Yes", "Partly", "Terms"}, status) {
			t.Errorf("doc/rfc.md: RFC %s has the unknown status %q", rfc, status)
		}
	}
}
