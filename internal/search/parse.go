package search

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse parses a query. It returns all problems in order; the filter is valid only
// if there are none.
func Parse(q string) (Filter, []*Problem) {
	if !utf8.ValidString(q) {
		return Filter{}, []*Problem{{Pos: 1, Reason: "the query is not valid UTF-8"}}
	}
	if n := utf8.RuneCountInString(q); n > MaxLength {
		return Filter{}, []*Problem{{Pos: MaxLength + 1, Reason: fmt.Sprintf("a query can have at most %d characters", MaxLength)}}
	}
	p := parser{tokens: split(q)}
	n := 0
	for _, t := range p.tokens {
		if t.kind == isTerm {
			n++
		}
		if n > MaxTerms {
			return Filter{}, []*Problem{t.problem(fmt.Sprintf("a query can have at most %d terms", MaxTerms))}
		}
	}
	f := p.query(0)
	f.Sort = p.sort
	slices.SortStableFunc(p.problems, func(a, b *Problem) int { return cmp.Compare(a.Pos, b.Pos) })
	return f, slices.CompactFunc(p.problems, func(a, b *Problem) bool { return a.Pos == b.Pos })
}

// parser reads a query by recursive descent.
type parser struct {
	tokens   []token
	at       int
	sort     string
	problems []*Problem
}

func (p *parser) fail(t token, reason string) { p.problems = append(p.problems, t.problem(reason)) }

// next returns the next token; of the kind isEnd if there is none.
func (p *parser) next() token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return token{kind: isEnd}
}

// query reads alternatives, up to the end or a closing parenthesis.
func (p *parser) query(depth int) Filter {
	list := []Filter{p.all(depth)}
	for p.next().kind == isOr {
		p.operator()
		list = append(list, p.all(depth))
	}
	if len(list) == 1 {
		return list[0].alone()
	}
	return Filter{Any: [][]Filter{list}}
}

// operator skips "and" or "or" and checks that it is between two items.
func (p *parser) operator() {
	t := p.next()
	before := p.at > 0 && slices.Contains([]kind{isTerm, isClose}, p.tokens[p.at-1].kind)
	p.at++
	if after := p.next().kind; !before || !slices.Contains([]kind{isTerm, isOpen, isNot}, after) {
		p.fail(t, fmt.Sprintf("%q needs a term on both sides; put it in quotes to search for the word", t.text))
	}
}

// all reads items that must all match.
func (p *parser) all(depth int) (f Filter) {
	for {
		switch p.next().kind {
		case isEnd, isOr, isClose:
			return f
		case isAnd:
			p.operator()
		default:
			p.item(&f, depth)
		}
	}
}

// item reads one item and adds it to the filter.
func (p *parser) item(f *Filter, depth int) {
	t := p.next()
	p.at++
	switch {
	case t.kind == isTerm:
		if reason := p.term(f, t, depth); reason != "" {
			p.fail(t, reason)
		}
	case depth == MaxDepth:
		p.fail(t, fmt.Sprintf("parentheses and negations can be nested at most %d deep", MaxDepth))
	case t.kind == isOpen:
		f.group(p.group(t, depth))
	case !slices.Contains([]kind{isTerm, isOpen, isNot}, p.next().kind):
		p.fail(t, fmt.Sprintf("%q needs a term after it; put it in quotes to search for the word", t.text))
	default:
		var not Filter
		if p.item(&not, depth+1); !not.Empty() {
			f.Not = append(f.Not, not.alone())
		}
	}
}

// group reads what is in parentheses.
func (p *parser) group(open token, depth int) Filter {
	if p.next().kind == isClose {
		p.fail(open, "there is nothing in the parentheses")
	}
	f := p.query(depth + 1)
	if p.next().kind == isClose {
		p.at++
	} else {
		p.fail(open, "the closing parenthesis is missing")
	}
	return f
}

// group adds what must match as a whole.
func (f *Filter) group(g Filter) {
	only := g
	only.Any = nil
	switch {
	case g.Empty():
	case only.Empty():
		f.Any = append(f.Any, g.Any...)
	default:
		f.Any = append(f.Any, []Filter{g})
	}
}

// alone returns what is in the parentheses of a filter that has nothing else.
func (f Filter) alone() Filter {
	only := f
	if only.Any = nil; only.Empty() && len(f.Any) == 1 && len(f.Any[0]) == 1 {
		return f.Any[0][0]
	}
	return f
}

// term adds a term to the filter. It returns the reason if it cannot, or "".
func (p *parser) term(f *Filter, t token, depth int) string {
	switch {
	case strings.ContainsFunc(t.text, unicode.IsControl):
		return "control characters are not allowed"
	case t.open:
		return "the closing quote is missing"
	case t.key == "sort":
		return p.order(t.value, depth)
	case t.key != "":
		return f.Set(t.key, t.value)
	case !t.quoted && strings.HasPrefix(t.value, "#") && len(t.value) > 1:
		n, err := strconv.ParseInt(t.value[1:], 10, 64)
		if err != nil || n <= 0 {
			return fmt.Sprintf("%s is not a conversation number; put it in quotes to search for the text", t.value)
		}
		f.Numbers = append(f.Numbers, n)
	case t.value != "":
		f.Words = append(f.Words, t.value)
	}
	return ""
}

// orders are the orders that sort: can ask for (view.Sort).
var orders = []string{"due", "waiting", "newest", "oldest", "priority"}

func (p *parser) order(v string, depth int) string {
	switch {
	case depth > 0:
		return "sort: concerns the whole list, so it cannot be in parentheses or negated"
	case !slices.Contains(orders, v):
		return fmt.Sprintf("sort: must be due, waiting, newest, oldest or priority, not %q", v)
	case p.sort != "" && p.sort != v:
		return fmt.Sprintf("sort: there can be only one order; the query already asks for sort:%s", p.sort)
	}
	p.sort = v
	return ""
}
