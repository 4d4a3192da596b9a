package router

import (
	"slices"
	"time"

	exprast "github.com/expr-lang/expr/ast"

	"switchboard/router/sla"
)

// Threshold is a value at which a fact that depends on time may change what a
// condition evaluates to. Between thresholds a condition changes only with an event, so
// that conversations never have to be scanned.
type Threshold struct {
	// Fact is its name: "sla.first_response.used", "sla.first_response.remaining",
	// "sla.first_response.breached", "stint.age", "stint.unacknowledged",
	// "conversation.age", "handoff.age", "handoff.accept.used", "gap" or "calendar.office".
	Fact  string
	Share float64       // of used: 0.8 is 80 %
	After time.Duration // of ages and of remaining
}

// clockName is the fact of each metric's newest clock.
var clockName = map[sla.Metric]string{
	sla.FirstResponse: "sla.first_response", sla.NextResponse: "sla.next_response",
	sla.Resolution: "sla.resolution", sla.Update: "sla.update",
}

// ClockFact returns the name of the facts about a metric's clock, such as
// "sla.first_response".
func ClockFact(m sla.Metric) string { return clockName[m] }

// timeDependent reports whether a fact changes as time passes, and whether it is true
// or false: such a fact may be used alone.
func timeDependent(fact string) (depends, boolean bool) {
	switch fact {
	case "stint.age", "stint.unacknowledged", "conversation.age", "handoff.age":
		return true, false
	case "gap":
		return true, true
	}
	for _, clock := range clockFacts() {
		switch fact {
		case clock, clock + ".used", clock + ".remaining":
			return true, false
		case clock + ".breached":
			return true, true
		}
	}
	const calendar = "calendar."
	boolean = len(fact) > len(calendar) && fact[:len(calendar)] == calendar
	return boolean, boolean
}

// factName returns the dotted name of a fact, "" for other nodes.
func factName(n exprast.Node) string {
	switch n := n.(type) {
	case *exprast.ChainNode:
		return factName(n.Node)
	case *exprast.IdentifierNode:
		return n.Value
	case *exprast.MemberNode:
		name, ok := n.Property.(*exprast.StringNode)
		if of := factName(n.Node); ok && of != "" {
			if of == "sla" && name.Value == string(sla.Update) {
				return clockName[sla.Update]
			}
			return of + "." + name.Value
		}
	}
	return ""
}

// comparison returns the two sides of a comparison.
func comparison(n exprast.Node) (left, right exprast.Node, ok bool) {
	switch n := n.(type) {
	case *exprast.BinaryNode:
		return n.Left, n.Right, slices.Contains([]string{"<", "<=", ">", ">=", "==", "!="}, n.Operator)
	case *exprast.CallNode:
		callee, named := n.Callee.(*exprast.IdentifierNode)
		if named && len(n.Arguments) == 2 && slices.Contains([]string{"clockAtLeast", "clockOver", "clockAtMost", "clockUnder"}, callee.Value) {
			return n.Arguments[0], n.Arguments[1], true
		}
	}
	return nil, nil, false
}

// constant returns the value of a literal duration, percentage or number.
func constant(n exprast.Node) (share float64, after time.Duration, ok bool) {
	switch n := n.(type) {
	case *exprast.ConstantNode:
		switch v := n.Value.(type) {
		case time.Duration:
			return 0, v, true
		case Percent:
			return float64(v) / 100, 0, true
		}
	case *exprast.IntegerNode:
		return float64(n.Value), 0, true
	case *exprast.FloatNode:
		return n.Value, 0, true
	case *exprast.CallNode:
		callee, named := n.Callee.(*exprast.IdentifierNode)
		if !named || len(n.Arguments) != 1 {
			return 0, 0, false
		}
		switch arg := n.Arguments[0].(type) {
		case *exprast.StringNode:
			d, err := ParseDuration(arg.Value)
			return 0, d, err == nil && callee.Value == "duration"
		case *exprast.IntegerNode:
			return float64(arg.Value) / 100, 0, callee.Value == "percent"
		case *exprast.FloatNode:
			return arg.Value / 100, 0, callee.Value == "percent"
		}
	case *exprast.UnaryNode:
		share, after, ok = constant(n.Node)
		return -share, -after, ok && n.Operator == "-"
	}
	return 0, 0, false
}

// thresholds collects the thresholds of a condition.
type thresholds struct {
	list    []Threshold
	handled map[exprast.Node]bool // inside a comparison with a constant
	unclear string                // a fact that is used in another way
}

// thresholdsOf returns the thresholds in a condition, and a fact that depends on time
// but is not compared with a constant, "" if there is none.
func thresholdsOf(n exprast.Node) (list []Threshold, unclear string) {
	if n == nil {
		return nil, ""
	}
	t := &thresholds{handled: map[exprast.Node]bool{}}
	exprast.Walk(&n, visit(t.compare))
	exprast.Walk(&n, visit(t.rest))
	return t.list, t.unclear
}

// visit is an ast.Visitor that calls itself.
type visit func(exprast.Node)

// Visit implements expr's ast.Visitor.
func (v visit) Visit(n *exprast.Node) { v(*n) }

func (t *thresholds) compare(n exprast.Node) {
	left, right, ok := comparison(n)
	if !ok {
		return
	}
	for _, side := range [][2]exprast.Node{{left, right}, {right, left}} {
		fact := factName(side[0])
		depends, boolean := timeDependent(fact)
		share, after, fixed := constant(side[1])
		if !depends || boolean || !fixed {
			continue
		}
		t.handled[side[0]] = true
		if _, clock := side[0].(*exprast.MemberNode); clock && slices.Contains(clockFacts(), fact) {
			fact += ".used"
		}
		t.list = append(t.list, Threshold{Fact: fact, Share: share, After: after})
	}
}

// clockFacts lists the facts that are clocks.
func clockFacts() []string {
	all := []string{"handoff.accept"}
	for _, m := range sla.Metrics {
		all = append(all, clockName[m])
	}
	return all
}

// rest finds the facts outside of comparisons.
func (t *thresholds) rest(n exprast.Node) {
	switch n.(type) {
	case *exprast.MemberNode, *exprast.IdentifierNode:
	default:
		return
	}
	if t.handled[n] {
		return
	}
	fact := factName(n)
	switch depends, boolean := timeDependent(fact); {
	case boolean:
		t.list = append(t.list, Threshold{Fact: fact})
	case depends && !slices.Contains(clockFacts(), fact): // sla.first_response is part of sla.first_response.used
		t.unclear = fact
	}
}
