package router

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	exprlang "github.com/expr-lang/expr"
	exprast "github.com/expr-lang/expr/ast"
)

// pattern is the regular expression of a "matches" operator. Most rules look for words,
// and most messages contain none of them. Looking for the words first is much cheaper
// than running the expression over a whole mail.
type pattern struct {
	expression *regexp.Regexp
	needles    []string // folded; every match contains one of them. Empty: not known
}

// The needles of an expression are used if they are few and specific.
const (
	maxNeedles = 32
	minNeedle  = 2 // octets
)

func newPattern(text string) (*pattern, error) {
	expression, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	p := &pattern{expression: expression}
	if tree, err := syntax.Parse(text, syntax.Perl); err == nil {
		p.needles = needles(tree.Simplify())
	}
	return p, nil
}

// matches reports whether the expression matches somewhere in text.
func (p *pattern) matches(text string) bool {
	if len(p.needles) > 0 {
		if !slices.ContainsFunc(p.needles, foldOnce(text).contains) {
			return false
		}
	}
	return p.expression.MatchString(text)
}

// needles returns folded strings of which every match of the expression contains one;
// nil if there are none that help.
func needles(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if s := fold(string(re.Rune)); len(s) >= minNeedle {
			return []string{s}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return needles(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needles(re.Sub[0])
		}
	case syntax.OpConcat: // any part will do: the one with the longest needles
		var best []string
		for _, sub := range re.Sub {
			if found := needles(sub); found != nil && (best == nil || shortest(found) > shortest(best)) {
				best = found
			}
		}
		return best
	case syntax.OpAlternate: // all parts are needed
		var all []string
		for _, sub := range re.Sub {
			found := needles(sub)
			if found == nil || len(all)+len(found) > maxNeedles {
				return nil
			}
			all = append(all, found...)
		}
		return all
	}
	return nil
}

func shortest(list []string) int {
	n := len(list[0])
	for _, s := range list {
		n = min(n, len(s))
	}
	return n
}

// fold replaces each character by the smallest one that (?i) treats as equal.
func fold(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			out = append(out, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		out = utf8.AppendRune(out, least)
	}
	return string(out)
}

// foldedText is a text in which many needles are looked for.
type foldedText struct {
	text, folded string
	pairs        [128]uint64 // a set of the pairs of neighbouring octets, by pairOf
}

// contains reports whether the text contains a needle. Most needles have a pair of octets
// that the text does not have, which is found in a few nanoseconds.
func (f *foldedText) contains(needle string) bool {
	for i := 1; i < len(needle); i++ {
		if n := pairOf(needle[i-1], needle[i]); f.pairs[n/64]&(1<<(n%64)) == 0 {
			return false
		}
	}
	return strings.Contains(f.folded, needle)
}

// pairOf returns the place of a pair in the set. Different pairs may share one.
func pairOf(a, b byte) uint { return (uint(a)*97 + uint(b)) % (128 * 64) }

// lastFolded is the last text that was folded: the rules of a policy look at the same one.
var lastFolded atomic.Pointer[foldedText]

func foldOnce(text string) *foldedText {
	if last := lastFolded.Load(); last != nil && last.text == text {
		return last
	}
	next := &foldedText{text: text, folded: fold(text)}
	for i := 1; i < len(next.folded); i++ {
		n := pairOf(next.folded[i-1], next.folded[i])
		next.pairs[n/64] |= 1 << (n % 64)
	}
	lastFolded.Store(next)
	return next
}

// matchPatch replaces the operator matches by a function that looks for words first. It
// leaves expressions that do not compile to the compiler, which reports their position.
type matchPatch struct{}

// Visit implements expr's ast.Visitor.
func (matchPatch) Visit(n *exprast.Node) {
	operation, ok := (*n).(*exprast.BinaryNode)
	if !ok || operation.Operator != "matches" {
		return
	}
	text, ok := operation.Right.(*exprast.StringNode)
	if !ok {
		return
	}
	p, err := newPattern(text.Value)
	if err != nil {
		return
	}
	exprast.Patch(n, &exprast.CallNode{
		Callee:    &exprast.IdentifierNode{Value: matchFunction},
		Arguments: []exprast.Node{operation.Left, &exprast.ConstantNode{Value: p}},
	})
}

const matchFunction = "matchesPattern"

func matchOption() exprlang.Option {
	return exprlang.Function(matchFunction, func(params ...any) (any, error) {
		return params[1].(*pattern).matches(params[0].(string)), nil
	}, new(func(string, *pattern) bool))
}
