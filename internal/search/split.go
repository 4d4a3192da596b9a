package search

import (
	"strings"
	"unicode"
)

type kind int

const (
	isEnd kind = iota
	isTerm
	isOpen  // (
	isClose // )
	isNot   // - or not
	isAnd
	isOr
)

// token is a part of a query.
type token struct {
	kind   kind
	pos    int    // position of its first character, from 1
	text   string // as written
	key    string // lower case, without the colon; empty for a word
	value  string // without quotes
	quoted bool   // part of the value was in quotes
	open   bool   // the closing quote is missing
}

func (t token) problem(reason string) *Problem {
	return &Problem{Pos: t.pos, Term: t.text, Reason: reason}
}

// split splits a query at white space and parentheses outside quotes. A parenthesis inside
// a word is a part of it, as in f(x) and :).
func split(q string) []token {
	s := splitter{runes: []rune(q)}
	for s.at < len(s.runes) {
		s.next()
	}
	return s.tokens
}

type splitter struct {
	runes  []rune
	at     int
	depth  int // of parentheses
	tokens []token
}

// next reads a token, or skips a space.
func (s *splitter) next() {
	r := s.runes[s.at]
	one := func(k kind) {
		s.tokens = append(s.tokens, token{kind: k, pos: s.at + 1, text: string(r)})
		s.at++
	}
	switch {
	case unicode.IsSpace(r):
		s.at++
	case r == '(':
		s.depth++
		one(isOpen)
	case r == ')' && s.depth > 0:
		s.depth--
		one(isClose)
	case r == '-' && s.at+1 < len(s.runes) && !unicode.IsSpace(s.runes[s.at+1]) && s.runes[s.at+1] != '-' && s.runes[s.at+1] != ')':
		one(isNot)
	default:
		s.word()
	}
}

// word reads a term or an operator.
func (s *splitter) word() {
	t := token{kind: isTerm, pos: s.at + 1}
	var value strings.Builder
	inQuote, depth, begin := false, 0, s.at
	for ; s.at < len(s.runes); s.at++ {
		r := s.runes[s.at]
		if !inQuote && (unicode.IsSpace(r) || r == ')' && depth == 0 && s.depth > 0) {
			break
		}
		switch {
		case r == '"':
			inQuote, t.quoted = !inQuote, true
			continue
		case r == ':' && !inQuote && !t.quoted && t.key == "" && value.Len() > 0:
			t.key = strings.ToLower(value.String())
			value.Reset()
			continue
		case r == '(' && !inQuote:
			depth++
		case r == ')' && !inQuote && depth > 0:
			depth--
		}
		value.WriteRune(r)
	}
	t.text, t.value, t.open = string(s.runes[begin:s.at]), value.String(), inQuote
	if !t.quoted && t.key == "" {
		switch strings.ToLower(t.value) {
		case "and":
			t.kind = isAnd
		case "or":
			t.kind = isOr
		case "not":
			t.kind = isNot
		}
	}
	s.tokens = append(s.tokens, t)
}
