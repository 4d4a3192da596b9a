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
	// sources are the files in which a citation counts; tests may cite what they like.
	sources = []string{".go", ".ts", ".tsx", ".sql"}
)

// cited maps each RFC that the program's sources cite to one file that does.
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

// listed maps each RFC of doc/rfc.md to its status.
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

func TestListAndCitationsAgree(t *testing.T) {
	cited, listed := cited(t), listed(t)
	for rfc, file := range cited {
		if listed[rfc] == "" {
			t.Errorf("%s cites RFC %s: give it a row in doc/rfc.md, with its status", file, rfc)
		}
	}
	for rfc, status := range listed {
		if cited[rfc] == "" {
			t.Errorf("doc/rfc.md lists RFC %s, which no source cites", rfc)
		}
		if !slices.Contains([]string{"Yes", "Partly", "Terms"}, status) {
			t.Errorf("doc/rfc.md: RFC %s has status %q", rfc, status)
		}
	}
}
