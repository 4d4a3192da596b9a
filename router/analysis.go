package router

import (
	"fmt"
	"slices"
	"strings"

	exprast "github.com/expr-lang/expr/ast"

	"switchboard/internal/nearest"
	"switchboard/router/sla"
)

// analysis looks for mistakes in the syntax tree of a condition, as it was parsed.
type analysis struct {
	values     map[string][]string // of facts with few values
	metrics    []sla.Metric        // for which an SLA policy has a target
	escalation bool
	findings   []finding
}

// finding is a mistake at a character of the condition.
type finding struct {
	at     int
	reason string
}

func (a *analysis) add(n exprast.Node, format string, args ...any) {
	for {
		member, ok := n.(*exprast.MemberNode) // it is located at its last name
		if !ok {
			break
		}
		n = member.Node
	}
	f := finding{n.Location().From, fmt.Sprintf(format, args...)}
	if !slices.Contains(a.findings, f) {
		a.findings = append(a.findings, f)
	}
}

// look collects the findings in a tree.
func (a *analysis) look(root exprast.Node) {
	exprast.Walk(&root, visit(func(n exprast.Node) {
		if b, ok := n.(*exprast.BinaryNode); ok {
			a.compared(b)
		}
		name := factName(n)
		for _, m := range sla.Metrics {
			if a.escalation && name == clockName[m] && !slices.Contains(a.metrics, m) {
				a.add(n, "no SLA policy has a target for %s", m)
			}
		}
	}))
}

// compared checks the values with which a fact is compared.
func (a *analysis) compared(b *exprast.BinaryNode) {
	fact, literals := equality(b)
	known, limited := a.values[fact]
	if !limited {
		return
	}
	for _, l := range literals {
		value, ok := literalText(l)
		if !ok || slices.Contains(known, value) {
			continue
		}
		if fact == "tier" {
			a.add(l, "there is no tier %s: the tiers are %s", value, strings.Join(known, ", "))
			continue
		}
		a.add(l, "%s is never %q%s", fact, value, nearest.Hint(value, known))
	}
}

// equality returns the fact and the literals of `fact == "x"`, `fact != "x"` or `fact in
// ["x", "y"]`, "" for other nodes.
func equality(b *exprast.BinaryNode) (fact string, literals []exprast.Node) {
	switch b.Operator {
	case "==", "!=":
		if fact = factName(b.Left); fact != "" {
			return fact, []exprast.Node{b.Right}
		}
		return factName(b.Right), []exprast.Node{b.Left}
	case "in":
		if list, ok := b.Right.(*exprast.ArrayNode); ok {
			return factName(b.Left), list.Nodes
		}
	}
	return "", nil
}

// literalText returns the value of a text or a whole number.
func literalText(n exprast.Node) (string, bool) {
	switch n := n.(type) {
	case *exprast.StringNode:
		return n.Value, true
	case *exprast.IntegerNode:
		return fmt.Sprint(n.Value), true
	}
	return "", false
}

// truth returns the value of a condition that is the same for all facts.
func (a *analysis) truth(n exprast.Node) (value, known bool) {
	switch n := n.(type) {
	case *exprast.BoolNode:
		return n.Value, true
	case *exprast.UnaryNode:
		value, known = a.truth(n.Node)
		return !value, known && (n.Operator == "not" || n.Operator == "!")
	case *exprast.BinaryNode:
		left, okLeft := a.truth(n.Left)
		right, okRight := a.truth(n.Right)
		switch n.Operator {
		case "and", "&&":
			return left && right, okLeft && okRight || okLeft && !left || okRight && !right
		case "or", "||":
			return left || right, okLeft && okRight || okLeft && left || okRight && right
		case "==", "!=":
			l, okL := literalText(n.Left)
			r, okR := literalText(n.Right)
			return (l == r) == (n.Operator == "=="), okL && okR
		case "in":
			list, ok := n.Right.(*exprast.ArrayNode)
			return false, ok && len(list.Nodes) == 0
		}
	}
	return false, false
}

// test is one part of a conjunction.
type test struct {
	fact   string
	is     []string // the values of which it must be one; nil: any
	not    []string // the values that it must not be
	low    float64  // bounds, if bounded
	high   float64
	strict [2]bool // the bound itself is excluded
	bound  [2]bool
}

// conjunction adds the parts of a tree that all have to be true.
func (a *analysis) conjunction(n exprast.Node, all []test) []test {
	switch n := n.(type) {
	case *exprast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			if fact := factName(n.Node); fact != "" {
				return append(all, test{fact: fact, is: []string{"false"}})
			}
			if b, ok := n.Node.(*exprast.BinaryNode); ok && (b.Operator == "in" || b.Operator == "==") {
				if fact, list := equality(b); fact != "" {
					return append(all, test{fact: fact, not: texts(list)})
				}
			}
		}
	case *exprast.IdentifierNode, *exprast.MemberNode:
		if fact := factName(n); fact != "" {
			return append(all, test{fact: fact, is: []string{"true"}})
		}
	case *exprast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			return a.conjunction(n.Right, a.conjunction(n.Left, all))
		case "==", "in":
			if fact, list := equality(n); fact != "" {
				if values := texts(list); values != nil {
					return append(all, test{fact: fact, is: values})
				}
			}
		case "!=":
			if fact, list := equality(n); fact != "" {
				return append(all, test{fact: fact, not: texts(list)})
			}
		case "<", "<=", ">", ">=":
			return bounds(n, all)
		}
	}
	return all
}

// texts returns the values of literals, nil if one of them is something else.
func texts(list []exprast.Node) []string {
	all := []string{}
	for _, n := range list {
		value, ok := literalText(n)
		if !ok {
			return nil
		}
		all = append(all, value)
	}
	return all
}

// bounds adds the comparison of a fact with a number, a duration or a percentage.
func bounds(b *exprast.BinaryNode, all []test) []test {
	fact, value, above := factName(b.Left), b.Right, b.Operator[0] == '>'
	if fact == "" {
		fact, value, above = factName(b.Right), b.Left, !above
	}
	if call, ok := value.(*exprast.BuiltinNode); ok && call.Name == "duration" { // before it is resolved
		value = &exprast.CallNode{Callee: &exprast.IdentifierNode{Value: call.Name}, Arguments: call.Arguments}
	}
	share, after, ok := constant(value)
	if fact == "" || !ok {
		return all
	}
	t, side := test{fact: fact, low: share + float64(after), high: share + float64(after)}, 1
	if above {
		side = 0
	}
	t.bound[side], t.strict[side] = true, len(b.Operator) == 1
	return append(all, t)
}

// contradiction returns why tests cannot all be true, "" if they can as far as is known.
func contradiction(all []test) string {
	for i, t := range all {
		for _, o := range all[:i] {
			if o.fact != t.fact {
				continue
			}
			switch {
			case t.is != nil && o.is != nil && !slices.ContainsFunc(t.is, func(v string) bool { return slices.Contains(o.is, v) }):
				return fmt.Sprintf("%s cannot be both %s and %s", t.fact, strings.Join(o.is, " or "), strings.Join(t.is, " or "))
			case excluded(t, o), excluded(o, t):
				return fmt.Sprintf("%s cannot be and not be %s", t.fact, strings.Join(slices.Concat(t.not, o.not), " or "))
			case apart(t, o), apart(o, t):
				return fmt.Sprintf("no %s is within both bounds", t.fact)
			}
		}
	}
	return ""
}

// excluded reports whether all values that one test allows are excluded by the other.
func excluded(is, not test) bool {
	return len(is.is) > 0 && len(not.not) > 0 && !slices.ContainsFunc(is.is, func(v string) bool { return !slices.Contains(not.not, v) })
}

// apart reports whether the lower bound of one test is above the upper one of the other.
func apart(low, high test) bool {
	return low.bound[0] && high.bound[1] && (low.low > high.high || low.low == high.high && (low.strict[0] || high.strict[1]))
}
