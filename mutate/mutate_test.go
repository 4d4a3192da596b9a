package main

import (
	"bytes"
	"context"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// of returns a function's mutants as "line => mutated line".
func of(t *testing.T, body string) []string {
	t.Helper()
	text := "package p\n\n" + body + "\n"
	s := source{file: "p.go", text: []byte(text), fset: token.NewFileSet()}
	var err error
	if s.tree, err = parser.ParseFile(s.fset, s.file, text, parser.SkipObjectResolution); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range s.mutants() {
		got = append(got, m.Before+" => "+m.After)
	}
	slices.Sort(got)
	return got
}

func TestOperators(t *testing.T) {
	for _, tc := range []struct {
		name, code string
		want       []string
	}{
		{"comparison in a condition", "func f(n int) bool {\n\tif n < m {\n\t\tpanic(n)\n\t}\n\treturn ok\n}", []string{
			"if n < m { => if !(n < m) {", "if n < m { => if n <= m {", "panic(n) => ", "return ok => return *new(bool)"}},
		{"equality is not also negated", "func f() {\n\tfor a == b && c {\n\t\tcontinue\n\t}\n\tif a != b {\n\t}\n}", []string{
			"continue => ", "for a == b && c { => for !(a == b && c) {", "for a == b && c { => for a != b && c {", "for a == b && c { => for a == b || c {",
			"if a != b { => if a == b {"}},
		{"not", "var x = f(!b)", []string{"var x = f(!b) => var x = f(b)"}},
		{"numbers", "const a, b = 0, 0x10", []string{"const a, b = 0, 0x10 => const a, b = 0, 15", "const a, b = 0, 0x10 => const a, b = 0, 17", "const a, b = 0, 0x10 => const a, b = 1, 0x10"}},
		{"booleans", "var a = f(true)", []string{"var a = f(true) => var a = f(false)"}},
		{"assignments", "func f() {\n\ta := b\n\ta = c\n\ta += d\n\ta++\n}", []string{"a += d => ", "a += d => a -= d", "a = c => ", "a++ => ", "a++ => a--"}},
		{"each result that is not zero", "func f() (a, b *T, err error) {\n\treturn g, nil, h()\n}", []string{
			"return g, nil, h() => return *new(*T), nil, h()", "return g, nil, h() => return g, nil, *new(error)"}},
		{"an inner function's results", "func f() int {\n\treturn g(func() string { return s })\n}", []string{
			"return g(func() string { return s }) => return *new(int)", "return g(func() string { return s }) => return g(func() string { return *new(string) })"}},
		{"a call that returns everything", "func f() (int, error) {\n\treturn g()\n}", nil},
		{"string literals and log statements", "func f() {\n\ts.log.Info(\"Accepted\")\n\t_ = \"text\"\n}", []string{"_ = \"text\" => "}},
		{"several lines", "func f() {\n\tg(a,\n\t\tb)\n}", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			slices.Sort(tc.want)
			if diff := cmp.Diff(tc.want, of(t, tc.code)); diff != "" {
				t.Errorf("mutants (-want +got):\n%s", diff)
			}
		})
	}
}

// module writes a module with one package and changes the working directory to it.
func module(t *testing.T, code, tests string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example\n\ngo 1.26.0\n", "sign/sign.go": "package sign\n\n" + code,
		"sign/sign_test.go": "package sign\n\nimport \"testing\"\n\n" + tests, "equivalent.txt": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func try(t *testing.T, n int, ignored equivalent) []result {
	t.Helper()
	o := options{n: n, seed: 7, parallel: 2, packages: []string{"sign"}}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	all, err := find(root, o.packages, o.seed)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trier{root: root, dir: t.TempDir(), baseline: map[string]func() (time.Duration, error){}}
	results, err := o.tryAll(t.Context(), tr, ignored, all)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

const sign = `func Positive(n int) bool {
	return n > 0
}

func Label(s string) string {
	return s + "!"
}
`

func TestTries(t *testing.T) {
	module(t, sign, `func Test(t *testing.T) {
	if !Positive(5) || Positive(-5) || Label("a") != "a!" {
		t.Error("wrong")
	}
}
`)
	got := map[string]verdict{}
	for _, r := range try(t, 100, nil) {
		got[r.After] = r.verdict
	}
	want := map[string]verdict{
		"return n >= 0": survived, "return n > 1": survived, "return *new(bool)": killed, "return *new(string)": killed,
	} // s - "!" does not compile
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	var out bytes.Buffer
	o := options{packages: []string{"sign"}, least: 90}
	results := try(t, 100, equivalent{"sign/sign.go\n- return n > 0\n+ return n > 1": true})
	if len(results) != 3 {
		t.Errorf("%d mutants were tried, want 3 without the equivalent one", len(results))
	}
	if report(&out, o, results) || !strings.Contains(out.String(), "sign/sign.go:4 survived: > becomes >=\n- return n > 0\n+ return n >= 0\n") {
		t.Errorf("2 of 3 killed passes the limit, or the report is wrong:\n%s", &out)
	}
	if o.least = 60; !report(&out, o, results) {
		t.Error("2 of 3 killed does not pass a limit of 60 %")
	}
}

func TestEndlessLoopIsKilled(t *testing.T) {
	module(t, "func Count(n int) (i int) {\n\tfor i != n {\n\t\ti++\n\t}\n\treturn i\n}\n", "func Test(t *testing.T) {\n\tif Count(3) != 3 {\n\t\tt.Error(\"wrong\")\n\t}\n}\n")
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	all, err := find(root, []string{"sign"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trier{root: root, dir: t.TempDir()}
	for i, m := range all {
		if m.Operator != "remove statement" {
			continue
		}
		overlay, err := tr.write(i, m)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := tr.test(t.Context(), "./sign", overlay, time.Second); v != timedOut || err != nil {
			t.Errorf("a loop without i++ is %s, %v", v, err)
		}
	}
}

func TestRefusesFailingTests(t *testing.T) {
	module(t, sign, "func Test(t *testing.T) { t.Error(\"red\") }\n")
	tr := &trier{root: ".", baseline: map[string]func() (time.Duration, error){}}
	if _, err := tr.unchanged(t.Context(), "./sign"); err == nil || !strings.Contains(err.Error(), "fail without a mutant") {
		t.Errorf("tests that fail without a mutant give %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tr.test(ctx, "./sign", "", time.Minute); err == nil {
		t.Error("an interrupted run returned a verdict")
	}
}

func TestChoiceDependsOnTheSeed(t *testing.T) {
	module(t, sign, "")
	order := func(seed uint64) (after []string) {
		all, err := find(".", []string{"sign"}, seed)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			after = append(after, m.After)
		}
		return after
	}
	if !slices.Equal(order(1), order(1)) || slices.Equal(order(1), order(2)) && slices.Equal(order(1), order(3)) {
		t.Error("the order does not depend on the seed alone")
	}
	if _, err := find(".", []string{"missing"}, 1); err == nil {
		t.Error("no error for a package that does not exist")
	}
}

func TestReadEquivalent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list")
	for _, tc := range []struct {
		text string
		n    int
	}{
		{"# only a comment\n", 0},
		{"# about the file\n\n# why\na.go\n- x\n+ y\n\n# why\nb.go\n- x\n+ y\n", 2},
		{"a.go\n- x\n+ y\n", -1},
		{"# why\na.go\n+ y\n", -1},
	} {
		if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := readEquivalent(file)
		if (err != nil) != (tc.n < 0) || err == nil && len(list) != tc.n {
			t.Errorf("%q holds %d, %v; want %d", tc.text, len(list), err, tc.n)
		}
	}
	if _, err := readEquivalent(file + "missing"); err == nil {
		t.Error("no error for a missing file")
	}
}
