package router

import (
	"slices"
	"strings"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// quick is a condition, or a part of one, as a function. Most conditions compare facts
// with literals; calling functions for that takes a tenth of the time of the expression
// language's machine. Conditions of any other shape have no quick form. Both forms always
// give the same result, and a quick one cannot fail.
type quick func(*evaluation) bool

// evaluation is a decision in progress.
type evaluation struct {
	*Facts
	joined map[string]string // texts that are joined from several, by their expression
}

// quickForm returns the quick form of a condition that compiles. If it has none, but
// begins with tests that have one and are joined with the rest by `and`, first is the quick
// form of those: if it is false, so is the condition. text is the condition in the
// expression language.
func quickForm(text string) (whole, first quick) {
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, nil
	}
	if whole = quickNode(tree.Node); whole != nil {
		return whole, nil
	}
	return nil, quickFirst(tree.Node)
}

// quickFirst returns the quick form of the tests with which a conjunction begins.
func quickFirst(n exprast.Node) quick {
	b, ok := n.(*exprast.BinaryNode)
	if !ok || b.Operator != "and" && b.Operator != "&&" {
		return nil
	}
	left := quickNode(b.Left)
	if left == nil {
		return quickFirst(b.Left)
	}
	return left
}

// quickNode returns the quick form of a boolean node.
func quickNode(n exprast.Node) quick {
	switch n := n.(type) {
	case *exprast.BoolNode:
		value := n.Value
		return func(*evaluation) bool { return value }
	case *exprast.UnaryNode:
		if inner := quickNode(n.Node); inner != nil && (n.Operator == "not" || n.Operator == "!") {
			return func(e *evaluation) bool { return !inner(e) }
		}
	case *exprast.IdentifierNode, *exprast.MemberNode:
		return quickBool(n)
	case *exprast.BuiltinNode:
		return quickAny(n)
	case *exprast.BinaryNode:
		switch n.Operator {
		case "and", "&&", "or", "||":
			return quickJunction(n)
		case "in":
			return quickIn(n)
		}
		if of := quickText(n.Left); of != nil {
			return quickTextTest(n, of)
		}
		return quickNumberTest(n)
	}
	return nil
}

// quickBool returns a fact that is true or false.
func quickBool(n exprast.Node) quick {
	name := plainName(n)
	if get := boolFacts[name]; get != nil {
		return func(e *evaluation) bool { return get(e.Facts) }
	}
	if calendar, ok := strings.CutPrefix(name, "calendar."); ok {
		return func(e *evaluation) bool { return e.Calendar[calendar] }
	}
	return nil
}

// plainName is factName without optional members, whose missing values differ.
func plainName(n exprast.Node) string {
	switch n := n.(type) {
	case *exprast.IdentifierNode:
		return n.Value
	case *exprast.MemberNode:
		name, ok := n.Property.(*exprast.StringNode)
		if of := plainName(n.Node); ok && of != "" && !n.Optional && !n.Method {
			return of + "." + name.Value
		}
	}
	return ""
}

// quickJunction returns `a and b` or `a or b`.
func quickJunction(n *exprast.BinaryNode) quick {
	left, right := quickNode(n.Left), quickNode(n.Right)
	switch {
	case left == nil || right == nil:
		return nil
	case n.Operator == "and" || n.Operator == "&&":
		return func(e *evaluation) bool { return left(e) && right(e) }
	}
	return func(e *evaluation) bool { return left(e) || right(e) }
}

// quickIn returns `fact in ["x", "y"]` or `"x" in fact`.
func quickIn(n *exprast.BinaryNode) quick {
	if list, ok := n.Right.(*exprast.ArrayNode); ok {
		of := quickText(n.Left)
		values, texts := literals(list)
		if of == nil || !texts || len(values) == 0 {
			return nil
		}
		return func(e *evaluation) bool { return slices.Contains(values, of(e)) }
	}
	literal, ok := n.Left.(*exprast.StringNode)
	get := listFacts[plainName(n.Right)]
	if !ok || get == nil {
		return nil
	}
	value := literal.Value
	return func(e *evaluation) bool { return slices.Contains(get(e.Facts), value) }
}

// quickAny returns `any(["x", "y"], {fact contains #})`.
func quickAny(n *exprast.BuiltinNode) quick {
	if n.Name != "any" || len(n.Arguments) != 2 {
		return nil
	}
	list, okList := n.Arguments[0].(*exprast.ArrayNode)
	predicate, okPredicate := n.Arguments[1].(*exprast.PredicateNode)
	if !okList || !okPredicate {
		return nil
	}
	b, ok := predicate.Node.(*exprast.BinaryNode)
	if !ok || b.Operator != "contains" {
		return nil
	}
	item, ok := b.Right.(*exprast.PointerNode)
	of := quickText(b.Left)
	words, texts := literals(list)
	if !ok || item.Name != "" || of == nil || !texts {
		return nil
	}
	return func(e *evaluation) bool {
		text := of(e)
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
}

// literals returns the items of a list of literal texts.
func literals(list *exprast.ArrayNode) (values []string, ok bool) {
	for _, item := range list.Nodes {
		s, ok := item.(*exprast.StringNode)
		if !ok {
			return nil, false
		}
		values = append(values, s.Value)
	}
	return values, true
}

// quickText returns a text: a literal, a fact, or several of them joined by +.
func quickText(n exprast.Node) func(*evaluation) string {
	if s, ok := n.(*exprast.StringNode); ok {
		value := s.Value
		return func(*evaluation) string { return value }
	}
	if get := textFacts[plainName(n)]; get != nil {
		return func(e *evaluation) string { return get(e.Facts) }
	}
	b, ok := n.(*exprast.BinaryNode)
	if !ok || b.Operator != "+" {
		return nil
	}
	left, right := quickText(b.Left), quickText(b.Right)
	if left == nil || right == nil {
		return nil
	}
	join := func(e *evaluation) string { return left(e) + right(e) }
	if !lasting(b) {
		return join
	}
	key := b.String()
	return func(e *evaluation) string {
		if text, ok := e.joined[key]; ok {
			return text
		}
		if e.joined == nil {
			e.joined = map[string]string{}
		}
		e.joined[key] = join(e)
		return e.joined[key]
	}
}

// lasting reports whether a joined text consists of facts that a decision does not
// change, and of literals.
func lasting(n exprast.Node) bool {
	switch n := n.(type) {
	case *exprast.StringNode:
		return true
	case *exprast.BinaryNode:
		return lasting(n.Left) && lasting(n.Right)
	}
	return strings.HasPrefix(plainName(n), "message.")
}

// quickTextTest returns a comparison of a text with a literal.
func quickTextTest(n *exprast.BinaryNode, of func(*evaluation) string) quick {
	literal, ok := n.Right.(*exprast.StringNode)
	if !ok {
		return nil
	}
	value := literal.Value
	switch n.Operator {
	case "==":
		return func(e *evaluation) bool { return of(e) == value }
	case "!=":
		return func(e *evaluation) bool { return of(e) != value }
	case "contains":
		return func(e *evaluation) bool { return strings.Contains(of(e), value) }
	case "startsWith":
		return func(e *evaluation) bool { return strings.HasPrefix(of(e), value) }
	case "endsWith":
		return func(e *evaluation) bool { return strings.HasSuffix(of(e), value) }
	case "matches":
		p, err := newPattern(value)
		if err != nil {
			return nil
		}
		return func(e *evaluation) bool { return p.matches(of(e)) }
	}
	return nil
}

// quickNumberTest returns a comparison of a whole number with a literal.
func quickNumberTest(n *exprast.BinaryNode) quick {
	get := numberFacts[plainName(n.Left)]
	literal, ok := n.Right.(*exprast.IntegerNode)
	if get == nil || !ok {
		return nil
	}
	value := int64(literal.Value)
	switch n.Operator {
	case "==":
		return func(e *evaluation) bool { return get(e.Facts) == value }
	case "!=":
		return func(e *evaluation) bool { return get(e.Facts) != value }
	case "<":
		return func(e *evaluation) bool { return get(e.Facts) < value }
	case "<=":
		return func(e *evaluation) bool { return get(e.Facts) <= value }
	case ">":
		return func(e *evaluation) bool { return get(e.Facts) > value }
	case ">=":
		return func(e *evaluation) bool { return get(e.Facts) >= value }
	}
	return nil
}
