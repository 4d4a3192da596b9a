package markdown_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/htmlview"
	"switchboard/internal/markdown"
)

var update = flag.Bool("update", false, "write the golden files")

// TestHTML compares texts of testdata with their HTML, as it is sent.
func TestHTML(t *testing.T) {
	files, err := filepath.Glob("testdata/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal("no texts", err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := htmlview.Sanitize(markdown.HTML(string(source)))
		golden := strings.TrimSuffix(file, ".md") + ".html"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("%s: %v\n%s", file, err, got)
		}
	}
}

func TestImages(t *testing.T) {
	got := markdown.Images("Look ![a](cid:one) and `![b](cid:two)`\n\n![c](https://example.com/x.png) [d](cid:three)\n\n> ![e](cid:four \"title\")\n")
	if strings.Join(got, " ") != "one four" {
		t.Error(got)
	}
}

// FuzzHTML: nothing that an agent writes or pastes runs anything.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<b>x</b>", "```\n<i>\n", "<script>\nalert\n</script>\n", "a | b\n--|--\n1 | 2\n", "[x](javascript:alert)", "<!--", "&amp;", "    code\n\n<div"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		out := htmlview.Sanitize(markdown.HTML(source))
		for _, bad := range []string{"<script", "<iframe", "<form", `href="javascript:`, `src="javascript:`} {
			if strings.Contains(strings.ToLower(out), bad) {
				t.Errorf("%q is in %s", bad, out)
			}
		}
		if again := htmlview.Sanitize(out); again != out {
			t.Errorf("sanitizing %q twice: %q", out, again)
		}
	})
}

func BenchmarkHTML(b *testing.B) {
	source, err := os.ReadFile("testdata/formatted.md")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		markdown.HTML(string(source))
	}
}
