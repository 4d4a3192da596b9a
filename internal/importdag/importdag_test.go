package importdag

import (
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "switchboard"
	// limit is the length in lines from which on a file wants to be two.
	limit = 400
)

// onlyForTests are packages that no program may carry.
var onlyForTests = []string{"internal/dbtest", "internal/mailtest", "internal/importdag", "internal/rfcindex", "channels/channeltest", "normalize/hostiletest"}

func tree(t *testing.T) (Map, []Package) {
	t.Helper()
	text, err := os.ReadFile(root + "/doc/imports.txt")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(string(text))
	if err != nil {
		t.Fatalf("doc/imports.txt: %v", err)
	}
	packages, err := Read(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 5 {
		t.Fatalf("found %d packages below %s, which cannot be all", len(packages), root)
	}
	return m, packages
}

// standard tells the standard library's packages: their first element has no dot.
func standard(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return !strings.Contains(first, ".") && first != module
}

func TestImportsAreAllowed(t *testing.T) {
	m, packages := tree(t)
	for _, p := range packages {
		if _, listed := m[p.Folder]; !listed {
			t.Errorf("%s has no line in doc/imports.txt: say there what it may import", p.Folder)
			continue
		}
		for imp, file := range p.Imports {
			folder, ours := strings.CutPrefix(imp, module+"/")
			if standard(imp) || m.Allows(p.Folder, folder, ours) {
				continue
			}
			t.Errorf("%s: %s may not import %s (doc/imports.txt, doc/architecture.md)", file, p.Folder, imp)
		}
	}
}

func TestMapHasNoGhosts(t *testing.T) {
	m, packages := tree(t)
	exists := func(entry string) bool {
		return slices.ContainsFunc(packages, func(p Package) bool { return covers(entry, p.Folder) })
	}
	for pkg, entries := range m {
		if pkg != Everywhere && !exists(pkg) {
			t.Errorf("doc/imports.txt has a line for %s, which does not exist", pkg)
		}
		for _, entry := range entries {
			if !strings.HasPrefix(entry, "lib:") && !exists(entry) {
				t.Errorf("doc/imports.txt lets %s import %s, which does not exist", pkg, entry)
			}
		}
	}
}

// What the map itself must never come to allow.
func TestMapKeepsTheRules(t *testing.T) {
	m, packages := tree(t)
	for pkg, entries := range m {
		measures := strings.HasPrefix(pkg, "bench/") // the product beside its limits: no part of it
		for _, entry := range entries {
			for _, p := range packages {
				if !covers(entry, p.Folder) {
					continue
				}
				// A sender imports outbound, for the interface that it implements.
				sender := slices.Contains(m[p.Folder], "outbound")
				for _, parent := range []string{"channels", "outbound"} {
					if path.Dir(pkg) == parent && path.Dir(p.Folder) == parent && (parent == "channels" || sender) {
						t.Errorf("%s and %s are siblings under %s and must not import each other", pkg, p.Folder, parent)
					}
				}
				if slices.Contains(onlyForTests, p.Folder) && !slices.Contains(onlyForTests, pkg) && !measures {
					t.Errorf("%s is for tests alone, the map lets %s import it", p.Folder, pkg)
				}
			}
			if (entry == "lib:github.com/jmoiron/sqlx" || entry == "lib:github.com/lib/pq") && pkg != "store" && pkg != "internal/localpg" && pkg != "internal/dbtest" && !measures {
				t.Errorf("only store knows SQL: the map gives %s to %s", entry, pkg)
			}
		}
	}
}

func TestNames(t *testing.T) {
	_, packages := tree(t)
	for _, p := range packages {
		for _, name := range []string{"util", "utils", "common", "models", "types", "helpers", "manager", "misc"} {
			if p.Name == name || path.Base(p.Folder) == name {
				t.Errorf("%s: a package is named after what it is for, not %q", p.Folder, name)
			}
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	_, packages := tree(t)
	for _, p := range packages {
		for file, lines := range p.Lines {
			if lines > limit {
				t.Errorf("%s has %d lines: over %d a file wants to be two", file, lines, limit)
			}
		}
	}
}

func TestParse(t *testing.T) {
	m, err := Parse("# comment\neverywhere: lib:x.org/id\n\na: b sub/... lib:x.org/big # why\nb:\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		pkg, imp string
		ours     bool
		want     bool
	}{
		{"a", "b", true, true},
		{"a", "b/child", true, false},
		{"a", "sub", true, true},
		{"a", "sub/child", true, true},
		{"a", "subway", true, false},
		{"a", "x.org/big/part", false, true},
		{"a", "x.org/bigger", false, false},
		{"b", "a", true, false},
		{"b", "x.org/id", false, true},
		{"b", "x.org/big", false, false},
		{"c", "b", true, false},
	} {
		if got := m.Allows(tc.pkg, tc.imp, tc.ours); got != tc.want {
			t.Errorf("Allows(%s, %s) = %v, want %v", tc.pkg, tc.imp, got, tc.want)
		}
	}
	for _, text := range []string{"a b", ": b", "a b: c", "a:\na:"} {
		if _, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) found nothing wrong", text)
		}
	}
}
