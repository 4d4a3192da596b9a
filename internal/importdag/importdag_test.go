package importdag

import (
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "switchboard"
	// maxFile is the maximum length of a non-test file in lines.
	maxFile = 400
	// maxMedian is the maximum median size of a package in lines, without tests.
	maxMedian = 300
)

// testOnly are packages that no program may import.
var testOnly = []string{"internal/dbtest", "internal/mailtest", "internal/importdag", "internal/rfcindex", "internal/slareference", "channels/channeltest", "normalize/hostiletest"}

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
		t.Fatalf("found only %d packages below %s", len(packages), root)
	}
	return m, packages
}

// standard reports whether a package is in the standard library: its first element has
// no dot.
func standard(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return !strings.Contains(first, ".") && first != module
}

func TestImportsAreAllowed(t *testing.T) {
	m, packages := tree(t)
	for _, p := range packages {
		if _, listed := m[p.Folder]; !listed {
			t.Errorf("%s has no line in doc/imports.txt: list there what it may import", p.Folder)
			continue
		}
		for imp, file := range p.Imports {
			folder, local := strings.CutPrefix(imp, module+"/")
			if standard(imp) || m.Allows(p.Folder, folder, local) {
				continue
			}
			t.Errorf("%s: %s may not import %s (doc/imports.txt, doc/architecture.md)", file, p.Folder, imp)
		}
	}
}

func TestMapEntriesExist(t *testing.T) {
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

// TestMapRules checks the rules that the map itself must follow.
func TestMapRules(t *testing.T) {
	m, packages := tree(t)
	for pkg, entries := range m {
		isBench := strings.HasPrefix(pkg, "bench/") // not part of the product
		for _, entry := range entries {
			for _, p := range packages {
				if !covers(entry, p.Folder) {
					continue
				}
				// A sender imports outbound for the interface that it implements.
				sender := slices.Contains(m[p.Folder], "outbound")
				for _, parent := range []string{"channels", "outbound"} {
					if path.Dir(pkg) == parent && path.Dir(p.Folder) == parent && (parent == "channels" || sender) {
						t.Errorf("%s and %s are siblings under %s and must not import each other", pkg, p.Folder, parent)
					}
				}
				if slices.Contains(testOnly, p.Folder) && !slices.Contains(testOnly, pkg) && !isBench {
					t.Errorf("%s is for tests only, but the map lets %s import it", p.Folder, pkg)
				}
			}
			if (entry == "lib:github.com/jmoiron/sqlx" || entry == "lib:github.com/lib/pq") && pkg != "store" && pkg != "internal/localpg" && pkg != "internal/dbtest" && !isBench {
				t.Errorf("only store may use SQL, but the map lets %[2]s import %[1]s", entry, pkg)
			}
		}
	}
}

func TestNames(t *testing.T) {
	_, packages := tree(t)
	for _, p := range packages {
		for _, name := range []string{"util", "utils", "common", "models", "types", "helpers", "manager", "misc"} {
			if p.Name == name || path.Base(p.Folder) == name {
				t.Errorf("%s: name the package after its purpose, not %q", p.Folder, name)
			}
		}
	}
}

func TestFileLength(t *testing.T) {
	_, packages := tree(t)
	for _, p := range packages {
		for file, lines := range p.Lines {
			if lines > maxFile {
				t.Errorf("%s has %d lines, more than %d: split it", file, lines, maxFile)
			}
		}
	}
}

// TestPackageSize bounds the median size of packages; single ones may be larger.
func TestPackageSize(t *testing.T) {
	_, packages := tree(t)
	var sizes []int
	for _, p := range packages {
		if n := p.Size(); n > 0 {
			sizes = append(sizes, n)
		}
	}
	slices.Sort(sizes)
	median := sizes[len(sizes)/2]
	t.Logf("%d packages, median size %d lines, largest %d", len(sizes), median, sizes[len(sizes)-1])
	if median > maxMedian {
		t.Errorf("the median package has %d lines, more than %d: split packages", median, maxMedian)
	}
}

// TestStoreDependencies: store implements interfaces of packages that handle protocols
// and message formats, but must not depend on their libraries.
func TestStoreDependencies(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "./store")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, module+"/store") {
		t.Fatalf("go list -deps ./store printed %q", out)
	}
	for _, library := range []string{"github.com/emersion/go-imap", "github.com/gorilla/websocket", "github.com/jhillyerd/enmime", "github.com/emersion/go-message"} {
		if slices.ContainsFunc(deps, func(dep string) bool { return strings.HasPrefix(dep, library) }) {
			t.Errorf("store depends on %s; move the types that it needs to a package without that import", library)
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
		local    bool
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
		if got := m.Allows(tc.pkg, tc.imp, tc.local); got != tc.want {
			t.Errorf("Allows(%s, %s) = %v, want %v", tc.pkg, tc.imp, got, tc.want)
		}
	}
	for _, text := range []string{"a b", ": b", "a b: c", "a:\na:"} {
		if _, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) succeeded, want an error", text)
		}
	}
}
