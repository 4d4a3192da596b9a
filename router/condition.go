package router

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	exprlang "github.com/expr-lang/expr"
	exprast "github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// condition is a compiled expression. The zero condition is always true.
type condition struct {
	source  string
	program *vm.Program
	node    exprast.Node
	quick   quick // the same as a function; nil: only the program
	first   quick // the beginning of a conjunction without a quick form, as a function; nil: none
}

// always reports whether the condition is true for all facts.
func (c condition) always() bool { return c.source == "" || strings.TrimSpace(c.source) == "true" }

// never reports whether the condition is plainly false for all facts.
func (c condition) never() bool { return strings.TrimSpace(c.source) == "false" }

// holds evaluates the condition. It returns an error if that is impossible, for example
// because a list has fewer items than the condition asks for. A test of an attribute that
// is missing or of another type is false by itself, without an error.
func (c condition) holds(f *Facts) (bool, error) { return c.test(&evaluation{Facts: f}) }

// test is holds for a decision that evaluates many conditions.
func (c condition) test(e *evaluation) (bool, error) {
	if c.quick != nil {
		return c.quick(e), nil
	}
	if c.program == nil {
		return true, nil
	}
	if c.first != nil && !c.first(e) {
		return false, nil // the rest of the conjunction is not evaluated
	}
	out, err := exprlang.Run(c.program, e.Facts)
	if err != nil {
		return false, errors.New(firstLine(err.Error()))
	}
	v, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("the condition returned %v instead of true or false", out)
	}
	return v, nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// Facts that are not available in a section, because they are decided later.
var (
	notInSegments = []string{"segment", "tier", "inbox", "sla", "stint"}
	notInRouting  = []string{"tier", "inbox", "sla", "stint"}
)

// Limits of a condition, in nodes of its syntax tree and in octets.
const (
	maxNodes     = 2000
	maxCondition = 8 << 10
)

// condition compiles the expression in f.
func (d *document) condition(f field, calendars []string, absent ...string) condition {
	source, ok := scalar(f.value)
	switch {
	case !ok || strings.TrimSpace(source) == "":
		d.fail(orKey(f), f.path, "must be a condition")
		return condition{source: "false"}
	case len(source) > maxCondition:
		d.fail(f.value, f.path, "the condition is longer than %d octets", maxCondition)
		return condition{source: source}
	}
	c, problems := compileCondition(source, calendars, absent)
	if len(problems) > 0 {
		if whole, ok := d.withHash(f.value, source); ok {
			if c, problems := compileCondition(whole, calendars, absent); len(problems) == 0 {
				return c
			}
			d.fail(f.value, f.path, "` #` begins a comment in YAML: quote the condition")
		}
	}
	for _, p := range problems {
		line, column := d.locate(f.value, source[:p.at])
		d.at(line, column, f.path, "%s", p.reason)
	}
	return c
}

// withHash returns an unquoted condition together with the rest of the line that YAML
// took for a comment: `any(tags, {# == "x"})` is an expression, but YAML ends it at " #".
func (d *document) withHash(n ast.Node, source string) (string, bool) {
	s, ok := n.(*ast.StringNode)
	if !ok || s.GetToken().Type != token.StringType || strings.Contains(source, "\n") {
		return "", false
	}
	line := d.lines[min(position(n).Line, len(d.lines))-1]
	_, rest, ok := strings.Cut(line, source)
	if rest = strings.TrimRight(rest, " \t\r"); !ok || !strings.HasPrefix(strings.TrimLeft(rest, " \t"), "#") {
		return "", false
	}
	return source + rest, true
}

// conditionProblem is a problem at an octet offset of a condition.
type conditionProblem struct {
	at     int
	reason string
}

// compileCondition compiles an expression against Facts.
func compileCondition(source string, calendars, absent []string) (condition, []conditionProblem) {
	text, origin := expandLiterals(source)
	at := func(character int) int {
		octet := 0
		for range character {
			_, n := utf8.DecodeRuneInString(text[octet:])
			octet += n
		}
		return min(origin[octet], len(source))
	}
	check := &nameCheck{calendars: calendars, absent: absent}
	var attributes attributeUse
	program, err := compileExpression(text, check, &attributes)
	if err == nil && attributes.used {
		program, err = attributes.tolerant(text)
	}
	if err != nil {
		var located *file.Error
		if errors.As(err, &located) {
			return condition{source: source}, []conditionProblem{{at(located.From), located.Message}}
		}
		return condition{source: source}, []conditionProblem{{0, firstLine(err.Error())}}
	}
	var problems []conditionProblem
	for _, p := range check.problems {
		problems = append(problems, conditionProblem{at(p.from), p.reason})
	}
	c := condition{source: source, program: program, node: program.Node()}
	c.quick, c.first = quickForm(text)
	return c, problems
}

func compileExpression(text string, patches ...exprast.Visitor) (*vm.Program, error) {
	options := conditionOptions()
	for _, p := range patches {
		options = append(options, exprlang.Patch(p))
	}
	if strings.Contains(text, "matches") { // matchPatch would hide mistakes on the left of it
		if _, err := exprlang.Compile(text, options...); err != nil {
			return nil, err
		}
	}
	return exprlang.Compile(text, append(options, exprlang.Patch(matchPatch{}))...)
}

// conditionOptions configures the expression language. There is no clock in it, since
// a decision must depend on the facts alone.
func conditionOptions() []exprlang.Option {
	clock := func(compare func(used float64, p float64) bool) func(params ...any) (any, error) {
		return func(params ...any) (any, error) {
			return compare(params[0].(ClockFacts).Used, float64(params[1].(Percent))/100), nil
		}
	}
	kind := new(func(ClockFacts, Percent) bool)
	return append(attributeOptions(),
		exprlang.Env(&Facts{}), exprlang.AsBool(), exprlang.MaxNodes(maxNodes),
		exprlang.DisableBuiltin("now"),
		exprlang.DisableBuiltin("repeat"),
		matchOption(),
		exprlang.Function("duration", ownFunctions["duration"], new(func(string) time.Duration)),
		exprlang.Function("percent", ownFunctions["percent"], new(func(float64) Percent)),
		exprlang.Function("clockAtLeast", clock(func(u, p float64) bool { return u >= p }), kind),
		exprlang.Function("clockOver", clock(func(u, p float64) bool { return u > p }), kind),
		exprlang.Function("clockAtMost", clock(func(u, p float64) bool { return u <= p }), kind),
		exprlang.Function("clockUnder", clock(func(u, p float64) bool { return u < p }), kind),
		exprlang.Operator(">=", "clockAtLeast"), exprlang.Operator(">", "clockOver"),
		exprlang.Operator("<=", "clockAtMost"), exprlang.Operator("<", "clockUnder"),
	)
}

// nameCheck finds invalid names that type checking against Facts does not.
type nameCheck struct {
	calendars []string
	absent    []string
	problems  []nameProblem
}

// nameProblem is an invalid name at a character offset of the expression.
type nameProblem struct {
	from   int
	reason string
}

// Visit implements expr's ast.Visitor.
func (v *nameCheck) Visit(n *exprast.Node) {
	switch n := (*n).(type) {
	case *exprast.IdentifierNode:
		if slices.Contains(v.absent, n.Value) {
			v.add(n, fmt.Sprintf("%s is not available here: it is decided later", n.Value))
		}
	case *exprast.MemberNode:
		of, ok := n.Node.(*exprast.IdentifierNode)
		name, named := n.Property.(*exprast.StringNode)
		if ok && named && of.Value == "calendar" && !slices.Contains(v.calendars, name.Value) {
			v.add(n.Property, fmt.Sprintf("calendar %q does not exist", name.Value))
		}
	}
}

func (v *nameCheck) add(n exprast.Node, reason string) {
	p := nameProblem{n.Location().From, reason}
	if !slices.Contains(v.problems, p) { // expr may visit a tree more than once
		v.problems = append(v.problems, p)
	}
}

// literal is a duration (2h, 1h30m, 3d) or a percentage (80%).
var literal = regexp.MustCompile(`\b\d+(?:ms|d|h|m|s)(?:\d+(?:ms|h|m|s))*\b|\b\d+(?:\.\d+)?%(?:\s*(?:$|[)\]},&|?:]|(?:and|or)\b))`)

// expandLiterals replaces durations and percentages by function calls of the
// expression language. origin maps each octet of the result to one of the source.
func expandLiterals(source string) (text string, origin []int) {
	var b strings.Builder
	copyTo := func(from, to int) {
		for i := from; i < to; i++ {
			origin = append(origin, i)
		}
		b.WriteString(source[from:to])
	}
	insert := func(s string, at int) {
		for range len(s) {
			origin = append(origin, at)
		}
		b.WriteString(s)
	}
	last := 0
	for _, m := range literal.FindAllStringIndex(source, -1) {
		if insideString(source, m[0]) {
			continue
		}
		copyTo(last, m[0])
		word := source[m[0]:m[1]]
		if digits, rest, ok := strings.Cut(word, "%"); ok {
			insert("percent(", m[0])
			copyTo(m[0], m[0]+len(digits))
			insert(")", m[0]+len(digits))
			copyTo(m[1]-len(rest), m[1])
		} else {
			insert(`duration("`, m[0])
			copyTo(m[0], m[1])
			insert(`")`, m[1]-1)
		}
		last = m[1]
	}
	copyTo(last, len(source))
	return b.String(), append(origin, len(source))
}

// insideString reports whether the octet at i is inside a quoted string.
func insideString(s string, i int) bool {
	var quote byte
	for j := 0; j < i; j++ {
		switch c := s[j]; {
		case quote == 0 && (c == '"' || c == '\'' || c == '`'):
			quote = c
		case quote != 0 && c == '\\' && quote != '`':
			j++
		case c == quote:
			quote = 0
		}
	}
	return quote != 0
}

// locate returns the position in the document at which a scalar's text continues
// after prefix. It walks the document from the start of the scalar, allowing for
// quotes, escapes and folding.
func (d *document) locate(n ast.Node, prefix string) (line, column int) {
	p := position(n)
	line, column = p.Line, p.Column
	if _, block := n.(*ast.LiteralNode); block {
		line, column = line+1, 1
	}
	cur := cursor{lines: d.lines, line: line - 1, column: column - 1}
	cur.skipSpace()
	if t := n.GetToken().Type; t == token.SingleQuoteType || t == token.DoubleQuoteType {
		cur.next()
	}
	for _, r := range prefix {
		if r == ' ' || r == '\n' || r == '\t' {
			cur.skipSpace()
			continue
		}
		cur.find(r)
	}
	cur.skipSpace()
	return cur.line + 1, cur.column + 1
}
