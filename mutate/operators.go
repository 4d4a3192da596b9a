package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// operators maps an operator to what replaces it.
var operators = map[token.Token]string{
	token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.EQL: "!=", token.NEQ: "==",
	token.LAND: "||", token.LOR: "&&",
	token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*", token.REM: "*",
	token.AND: "|", token.OR: "&", token.SHL: ">>", token.SHR: "<<",
	token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+=", token.MUL_ASSIGN: "/=", token.QUO_ASSIGN: "*=",
	token.AND_ASSIGN: "|=", token.OR_ASSIGN: "&=",
	token.INC: "--", token.DEC: "++",
}

// logging matches statements that only log, which tests need not check.
var logging = regexp.MustCompile(`\b(log|slog)\.(Debug|Info|Warn|Error|Log)`)

// finder collects the mutants of one file.
type finder struct {
	source
	results []*ast.FieldList // of the enclosing functions, innermost last
	found   []Mutant
}

// mutants returns every mutant of a file, in source order. String literals are not
// mutated: they are for people, and tests should not repeat them.
func (s source) mutants() []Mutant {
	f := &finder{source: s}
	ast.Walk(f, s.tree)
	return f.found
}

// Visit collects the mutants of a node. It implements ast.Visitor.
func (f *finder) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.Field:
		return nil // types and tags
	case *ast.FuncDecl:
		return f.within(n.Type, n.Body)
	case *ast.FuncLit:
		return f.within(n.Type, n.Body)
	case *ast.IfStmt:
		f.negate(n.Cond)
	case *ast.ForStmt:
		f.negate(n.Cond)
	case *ast.BinaryExpr:
		f.operator(n.OpPos, n.Op)
	case *ast.IncDecStmt:
		f.operator(n.TokPos, n.Tok)
		f.remove(n)
	case *ast.AssignStmt:
		f.operator(n.TokPos, n.Tok)
		if n.Tok != token.DEFINE {
			f.remove(n)
		}
	case *ast.ExprStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt, *ast.BranchStmt:
		f.remove(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.replace(n.OpPos, n.OpPos+1, "", "drop !")
		}
	case *ast.BasicLit:
		f.number(n)
	case *ast.Ident:
		if other := map[string]string{"true": "false", "false": "true"}[n.Name]; other != "" {
			f.replace(n.Pos(), n.End(), other, "constant")
		}
	case *ast.ReturnStmt:
		f.zero(n)
	}
	return f
}

// within walks a function's body with its result types.
func (f *finder) within(t *ast.FuncType, body *ast.BlockStmt) ast.Visitor {
	if body != nil {
		f.results = append(f.results, t.Results)
		ast.Walk(f, body)
		f.results = f.results[:len(f.results)-1]
	}
	return nil
}

// negate replaces a condition by its negation, unless another operator has the same
// effect.
func (f *finder) negate(cond ast.Expr) {
	if cond == nil {
		return
	}
	if b, ok := cond.(*ast.BinaryExpr); ok && (b.Op == token.EQL || b.Op == token.NEQ) {
		return
	}
	if u, ok := cond.(*ast.UnaryExpr); ok && u.Op == token.NOT {
		return
	}
	f.replace(cond.Pos(), cond.End(), "!("+f.textOf(cond)+")", "negate")
}

func (f *finder) operator(pos token.Pos, op token.Token) {
	if other := operators[op]; other != "" {
		f.replace(pos, pos+token.Pos(len(op.String())), other, op.String()+" becomes "+other)
	}
}

func (f *finder) remove(n ast.Node) {
	if !logging.MatchString(f.textOf(n)) {
		f.replace(n.Pos(), n.End(), "", "remove statement")
	}
}

// number changes an integer literal by one.
func (f *finder) number(n *ast.BasicLit) {
	if n.Kind != token.INT {
		return
	}
	if v, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
		f.replace(n.Pos(), n.End(), strconv.FormatInt(v+1, 10), "plus 1")
		if v > 0 {
			f.replace(n.Pos(), n.End(), strconv.FormatInt(v-1, 10), "minus 1")
		}
	}
}

// zero makes each result of a return statement the zero value of its type.
func (f *finder) zero(n *ast.ReturnStmt) {
	var types []ast.Expr
	if results := f.results[len(f.results)-1]; results != nil {
		for _, field := range results.List {
			for range max(1, len(field.Names)) {
				types = append(types, field.Type)
			}
		}
	}
	if len(types) != len(n.Results) {
		return // a single call returns all results
	}
	for i, r := range n.Results {
		switch f.textOf(r) {
		case "nil", "false", "true", "0", `""`:
			continue // already zero, or mutated as a constant
		}
		if lit, ok := r.(*ast.CompositeLit); ok && len(lit.Elts) == 0 {
			continue
		}
		f.replace(r.Pos(), r.End(), fmt.Sprintf("*new(%s)", f.textOf(types[i])), "return zero value")
	}
}

// replace adds a mutant, unless the replaced code spans several lines.
func (f *finder) replace(from, to token.Pos, with, operator string) {
	begin, end := f.fset.Position(from), f.fset.Position(to)
	if begin.Line != end.Line {
		return
	}
	lines := strings.Split(string(f.text), "\n")
	line := lines[begin.Line-1]
	mutated := line[:begin.Column-1] + with + line[end.Column-1:]
	f.found = append(f.found, Mutant{File: f.file, Line: begin.Line, Operator: operator,
		Before: strings.TrimSpace(line), After: strings.TrimSpace(mutated),
		text: string(f.text[:begin.Offset]) + with + string(f.text[end.Offset:])})
}

func (f *finder) textOf(n ast.Node) string {
	return string(f.text[f.fset.Position(n.Pos()).Offset:f.fset.Position(n.End()).Offset])
}
