package lifecycle

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// decided are the fields that only this package may change.
var decided = map[string]bool{"Status": true, "AssigneeID": true, "WaitingOn": true, "WaitingSince": true, "SnoozedUntil": true, "ResolvedAt": true, "EndedAt": true}

// exempt are packages that may assign to fields with these names: store copies rows,
// and in the others Status belongs to a signature, an HTTP response, a delivery report, or facts that are made up.
var exempt = []string{"store/", "lifecycle/", "internal/mailsig/", "internal/webhook/", "normalize/report/", "internal/slareference/", "router/promise.go"}

// TestNoOtherPackageChangesConversations: no other package assigns to these fields.
func TestNoOtherPackageChangesConversations(t *testing.T) {
	t.Parallel()
	seen := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(filepath.ToSlash(path), "../")
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "web" || strings.HasPrefix(d.Name(), ".") && path != ".."):
			return filepath.SkipDir
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		for _, w := range exempt {
			if strings.HasPrefix(name, w) {
				return nil
			}
		}
		seen++
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			assignment, ok := n.(*ast.AssignStmt)
			if !ok {
				return true
			}
			for _, left := range assignment.Lhs {
				if s, ok := left.(*ast.SelectorExpr); ok && decided[s.Sel.Name] {
					t.Errorf("%s assigns to %s: let lifecycle decide", files.Position(s.Pos()), s.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || seen < 100 {
		t.Fatalf("looked at %d files: %v", seen, err)
	}
}

// TestOneWriter: in the SQL of store only write_changes writes conversations, stints,
// placements and messages.
func TestOneWriter(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../store/*.sql")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	writes := regexp.MustCompile(`(?i)(update|insert into|delete from)\s+(conversations|stints|placements|messages|tasks|helpers)\b`)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if found := writes.FindString(string(text)); found != "" {
			t.Errorf("%s: %q; only write_changes writes there", f, found)
		}
	}
}
