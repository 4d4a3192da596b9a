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

var update = flag.Bool("update", false, "write doc/facts.md anew")

// doc/facts.md is made from the structs of facts.go, so that it cannot lag behind.
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
		t.Errorf("doc/facts.md is not what facts.go says (go test ./router -update):\n%s", diff)
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

What a condition in the policy document may look at. A fact that is not known is empty, zero or false; a condition that
cannot be told, such as one over an attribute that the account does not have, does not match.

Conditions are expressions (https://expr-lang.org/docs/language-definition) that are true or false. Besides the language's
own, there are durations (` + "`30m`, `2h`, `1h30m`, `3d`" + `) and percentages (` + "`80%`" + `). There is no clock: the same facts always
give the same decision. Upper and lower case differ in ` + "`contains`" + `; ` + "`matches \"(?i)...\"`" + ` ignores the difference.
In YAML a condition that holds ` + "`: `, ` #`" + ` or begins with a quote has to stand in quotes.

| Fact | Type | |
|---|---|---|
`)
	writeFacts(&b, structs, "Facts", "")
	return b.String()
}

func writeFacts(b *strings.Builder, structs map[string]*ast.StructType, name, prefix string) {
	for _, f := range structs[name].Fields.List {
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
