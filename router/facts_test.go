package router

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite doc/facts.md")

// doc/facts.md is generated from the structs in facts.go, so that it is always current.
func TestFactsDocument(t *testing.T) {
	want := factsDocument(t)
	const name = "../doc/facts.md"
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("doc/facts.md does not match facts.go (run go test ./router -update):\n%s", diff)
	}
}

func factsDocument(t *testing.T) string {
	file, err := parser.ParseFile(token.NewFileSet(), "facts.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	structs := map[string]*ast.StructType{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if s, ok := spec.Type.(*ast.StructType); ok {
				structs[spec.Name.Name] = s
			}
		}
		return true
	})
	var b strings.Builder
	b.WriteString(`# Facts

The values that conditions in the policy document can use. An unknown fact is empty, zero or false. A condition that cannot
be evaluated does not match.

Conditions are boolean expressions (https://expr-lang.org/docs/language-definition). In addition to the language's own
values, there are durations (` + "`30m`, `2h`, `1h30m`, `3d`" + `) and percentages (` + "`80%`" + `). There is no clock: the same facts always
give the same decision. ` + "`contains`" + ` is case-sensitive; use ` + "`matches \"(?i)...\"`" + ` to ignore case.
In YAML, quote a condition that contains ` + "`: `" + ` or ` + "` #`" + `, or that begins with a quote.

Custom attributes (` + "`account.attributes`" + `) may be missing, or of any type. A test of such a value is false by itself, and the rest of
the condition counts: ` + "`account.attributes.arr >= 50000 or account.plan == \"enterprise\"`" + ` is true for plan enterprise, with or
without ` + "`arr`" + `. ` + "`policy explain`" + ` says which attribute was missing or of another type.

| With ` + "`x`" + ` missing | |
|---|---|
| ` + "`x >= 5`, `x == 5`, `x in [5]`, `5 in x`, `x contains \"a\"`, `x matches \"a\"`" + ` | false |
| ` + "`not (x >= 5)`, `x != 5`, `x not in [5]`" + ` | true: each is the opposite of the test without ` + "`not`" + `, as "not in the EU" includes those whose region is not known |
| ` + "`x == y`" + ` | false, even if both are missing |
| ` + "`x == nil`, `(x ?? 0) < 5`" + ` | true: ask whether there is one, or give a value for those without |
| ` + "`x * 2`, `x.y`, `lower(x)`" + ` | missing, too |
| ` + "`x and ...`, `not x`" + ` | like false |
| ` + "`any(x, ...)`, `count(x, ...)`" + ` | like an empty list |

A value of another type than the test needs counts as missing: the text ` + "`\"50000\"`" + ` is neither at least 50000 nor equal to it.

| Fact | Type | |
|---|---|---|
`)
	writeFacts(&b, structs, "Facts", "")
	return b.String()
}

func writeFacts(b *strings.Builder, structs map[string]*ast.StructType, name, prefix string) {
	for _, f := range structs[name].Fields.List {
		if f.Tag == nil { // not a fact
			continue
		}
		_, tag, _ := strings.Cut(f.Tag.Value, `expr:"`)
		tag, _, _ = strings.Cut(tag, `"`)
		comment := strings.TrimSpace(f.Comment.Text())
		if id, ok := f.Type.(*ast.Ident); ok && structs[id.Name] != nil {
			if comment != "" {
				fmt.Fprintf(b, "| `%s%s.*` | | %s |\n", prefix, tag, comment)
			}
			writeFacts(b, structs, id.Name, prefix+tag+".")
			continue
		}
		fmt.Fprintf(b, "| `%s%s` | %s | %s |\n", prefix, tag, typeName(f.Type), comment)
	}
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.ArrayType:
		return "list of " + typeName(e.Elt)
	case *ast.MapType:
		return "map"
	case *ast.SelectorExpr:
		return "duration"
	case *ast.Ident:
		switch e.Name {
		case "string":
			return "text"
		case "bool":
			return "true or false"
		case "AttachmentFact":
			return "attachments"
		}
		return "number"
	}
	return ""
}
