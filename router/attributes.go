package router

import (
	"fmt"
	"slices"

	exprlang "github.com/expr-lang/expr"
	exprast "github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker/nature"
	"github.com/expr-lang/expr/vm"
)

// attributePatch makes conditions tolerant of custom attributes, whose presence and type
// are known only when a condition is evaluated. The expression language ends the whole
// evaluation with an error when it compares a missing value, or text with a number. Here,
// only the test is false: `account.attributes.arr >= 50000 or account.plan == "enterprise"`
// is true for plan enterprise without arr. The operators with an operand whose type is not
// known become calls of functions that explain themselves in Explain; operators whose
// types are known stay as they are.
type attributePatch struct {
	names map[exprast.Node]string // of nodes that were replaced, as the author wrote them
	typed map[exprast.Node]bool   // nodes that were replaced by one whose type is known
}

func newAttributePatch() attributePatch {
	return attributePatch{names: map[exprast.Node]string{}, typed: map[exprast.Node]bool{}}
}

// attributeUse finds out whether a condition has values whose type is not known.
type attributeUse struct {
	used bool
	root bool // the last node that is visited: the whole condition is such a value
}

// Visit implements expr's ast.Visitor.
func (v *attributeUse) Visit(n *exprast.Node) {
	_, name := (*n).(*exprast.IdentifierNode)
	v.root = !name && dynamic(*n)
	v.used = v.used || v.root
}

// tolerant compiles a condition that was found to be valid so that it tolerates missing
// attributes. It is compiled again because the expression language does not check the
// arguments of functions that a patch inserts.
func (v *attributeUse) tolerant(text string) (*vm.Program, error) {
	if v.root {
		text = "(" + text + ") or false"
	}
	return compileExpression(text, newAttributePatch())
}

// Visit implements expr's ast.Visitor. Operands are visited before their operators.
func (v attributePatch) Visit(n *exprast.Node) {
	switch node := (*n).(type) {
	case *exprast.BinaryNode:
		v.binary(n, node)
	case *exprast.UnaryNode:
		switch {
		case !v.dynamic(node.Node):
		case node.Operator == "not" || node.Operator == "!":
			v.truth(&node.Node)
		case node.Operator == "-":
			name := "-" + v.name(node.Node)
			v.value(n, name, calculation("-", "0", v.name(node.Node)), &exprast.IntegerNode{}, node.Node)
		}
	case *exprast.ConditionalNode:
		v.truth(&node.Cond)
	case *exprast.MemberNode:
		if node.Optional && factName(node.Node) != "" {
			node.Optional = false // no group of facts is ever missing
		}
		if v.dynamic(node.Node) && !node.Method {
			v.value(n, v.memberName(node), member, node.Node, node.Property)
		}
	case *exprast.SliceNode:
		v.slice(n, node)
	case *exprast.BuiltinNode:
		v.builtin(n, node)
	case *exprast.CallNode:
		if callee, ok := node.Callee.(*exprast.IdentifierNode); ok && ownFunctions[callee.Value] != nil {
			v.call(n, callee.Value, ownFunctions[callee.Value], node.Arguments)
		}
	}
}

// dynamic reports whether the type of a node is not known before it is evaluated.
func dynamic(n exprast.Node) bool { return n.Nature().IsUnknown(new(nature.Cache)) }

// dynamic takes the nodes into account that have just been replaced.
func (v attributePatch) dynamic(n exprast.Node) bool { return !v.typed[n] && dynamic(n) }

func (v attributePatch) binary(n *exprast.Node, node *exprast.BinaryNode) {
	if !v.dynamic(node.Left) && !v.dynamic(node.Right) {
		return
	}
	left, right := v.name(node.Left), v.name(node.Right)
	switch node.Operator {
	case "and", "&&", "or", "||":
		v.truth(&node.Left)
		v.truth(&node.Right)
	case "==", "!=":
		if isNil(node.Left) || isNil(node.Right) { // asks whether there is one
			return
		}
		equal := sameness(left, right, node.Operator == "!=")
		v.replace(n, left+" "+node.Operator+" "+right, testFunction, equal, node.Left, node.Right)
	case "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith":
		test := comparisons[node.Operator](left, right)
		v.replace(n, left+" "+node.Operator+" "+right, testFunction, test, node.Left, node.Right)
	case "matches":
		v.matches(n, node, left, right)
	case "+", "-", "*", "/", "%", "**", "^":
		v.value(n, left+" "+node.Operator+" "+right, calculation(node.Operator, left, right), node.Left, node.Right)
	}
}

func isNil(n exprast.Node) bool { _, ok := n.(*exprast.NilNode); return ok }

// matches leaves an expression that does not compile to the compiler, as matchPatch does.
func (v attributePatch) matches(n *exprast.Node, node *exprast.BinaryNode, left, right string) {
	var fixed *pattern
	if text, ok := node.Right.(*exprast.StringNode); ok {
		p, err := newPattern(text.Value)
		if err != nil {
			return
		}
		fixed = p
	}
	v.replace(n, left+" matches "+right, testFunction, matching(left, right, fixed), node.Left, node.Right)
}

func (v attributePatch) slice(n *exprast.Node, node *exprast.SliceNode) {
	if !v.dynamic(node.Node) {
		return
	}
	from, to := node.From, node.To
	if from == nil {
		from = &exprast.NilNode{}
	}
	if to == nil {
		to = &exprast.NilNode{}
	}
	v.value(n, "part of "+v.name(node.Node), part, node.Node, from, to)
}

// predicates are the functions whose second argument is a condition.
var predicates = []string{"all", "none", "any", "one", "filter", "count", "find", "findIndex", "findLast", "findLastIndex"}

func (v attributePatch) builtin(n *exprast.Node, node *exprast.BuiltinNode) {
	if len(node.Arguments) > 1 && slices.Contains(predicates, node.Name) {
		if p, ok := node.Arguments[1].(*exprast.PredicateNode); ok {
			v.truth(&p.Node)
		}
	}
	if function := languageFunction(node.Name); function != nil {
		v.call(n, node.Name, function, node.Arguments)
		return
	}
	if len(node.Arguments) > 0 && v.dynamic(node.Arguments[0]) { // any(account.attributes.products, ...)
		list := v.name(node.Arguments[0])
		v.replace(&node.Arguments[0], list, listFunction, items(list), node.Arguments[0])
	}
}

// call replaces a call with arguments of unknown type.
func (v attributePatch) call(n *exprast.Node, function string, run func(...any) (any, error), args []exprast.Node) {
	var names []string
	for _, a := range args {
		name := ""
		if v.dynamic(a) {
			name = v.name(a)
		}
		names = append(names, name)
	}
	if slices.ContainsFunc(names, func(s string) bool { return s != "" }) {
		v.value(n, function+"(...)", guarded(function, names, run), args...)
	}
}

// truth makes a value true or false if its type is not known.
func (v attributePatch) truth(n *exprast.Node) {
	if !v.dynamic(*n) {
		return
	}
	name := v.name(*n)
	v.replace(n, name, testFunction, truth(name), *n)
}

// value replaces a node by an operation whose result may be missing.
func (v attributePatch) value(n *exprast.Node, name string, op operation, args ...exprast.Node) {
	v.replace(n, name, valueFunction, op, args...)
}

func (v attributePatch) replace(n *exprast.Node, name, function string, op operation, args ...exprast.Node) {
	call := &exprast.CallNode{
		Callee:    &exprast.IdentifierNode{Value: function},
		Arguments: append([]exprast.Node{&exprast.IdentifierNode{Value: "$env"}, &exprast.ConstantNode{Value: &op}}, args...),
	}
	exprast.Patch(n, call)
	v.names[call], v.typed[call] = name, function != valueFunction
}

// name returns an operand as its author wrote it.
func (v attributePatch) name(n exprast.Node) string {
	if name := v.names[n]; name != "" {
		return name
	}
	switch node := n.(type) {
	case *exprast.ChainNode:
		return v.name(node.Node)
	case *exprast.MemberNode:
		return v.memberName(node)
	}
	return n.String()
}

func (v attributePatch) memberName(n *exprast.MemberNode) string {
	if name, ok := n.Property.(*exprast.StringNode); ok {
		return v.name(n.Node) + "." + name.Value
	}
	return v.name(n.Node) + "[" + v.name(n.Property) + "]"
}

// The functions that replace operators. They differ in the type of their result.
const (
	testFunction  = "attributeTest"
	valueFunction = "attributeValue"
	listFunction  = "attributeList"
)

func attributeOptions() []exprlang.Option {
	run := func(params ...any) (any, error) {
		result, why := params[1].(*operation).safely(params[2:])
		if f, ok := params[0].(*Facts); ok && why != "" {
			f.remark(why)
		}
		return result, nil
	}
	return []exprlang.Option{
		exprlang.Function(testFunction, run, new(func(any, *operation, ...any) bool)),
		exprlang.Function(valueFunction, run, new(func(any, *operation, ...any) any)),
		exprlang.Function(listFunction, run, new(func(any, *operation, ...any) []any)),
	}
}

// remark records why a test was false, if somebody wants to know.
func (f *Facts) remark(why string) {
	if f.remarks != nil && !slices.Contains(*f.remarks, why) {
		*f.remarks = append(*f.remarks, why)
	}
}

// unfit says that a value is missing or of another type than it should be.
func unfit(name string, value any, want string) string {
	if value == nil {
		return name + " is missing"
	}
	return fmt.Sprintf("%s is %s, not %s", name, kindOf(value), want)
}
