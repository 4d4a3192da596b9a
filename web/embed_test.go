package web

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// In a fresh clone, dist contains only .keep. The package must build, and report
// that it has no pages.
func TestBuildsWithoutPages(t *testing.T) {
	dir := t.TempDir()
	source, err := os.ReadFile("embed.go")
	if err != nil {
		t.Fatal(err)
	}
	keep, err := os.ReadFile("dist/.keep")
	if err != nil {
		t.Fatalf("git keeps this file so that dist exists; a build of the pages must leave it: %v", err)
	}
	for name, text := range map[string]string{
		"go.mod":         "module fresh\n\ngo 1.26\n",
		"web/embed.go":   string(source),
		"web/dist/.keep": string(keep),
		"main.go":        "package main\n\nimport \"fresh/web\"\n\nfunc main() {\n\t_, built := web.Files()\n\tprintln(built)\n}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "false" {
		t.Errorf("a program without pages says %q (%v), want false", out, err)
	}
}

// If the console was built, so were the widget and its panel.
func TestPagesAreWhole(t *testing.T) {
	files, built := Files()
	if !built {
		if _, err := os.Stat("dist/console/index.html"); err == nil {
			t.Fatal("the console was built and Files does not find it")
		}
		return
	}
	for _, page := range []string{"console/index.html", "v1/widget.js", "v1/widget/panel.html"} {
		if _, err := fs.Stat(files, page); err != nil {
			t.Error(err)
		}
	}
}
