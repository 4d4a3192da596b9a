package search

import (
	"strings"
	"unicode"
)

// term is a part of a query between spaces.
type term struct {
	pos    int    // position of its first character, from 1
	text   string // as written
	key    string // lower case, without the colon; empty for a word
	value  string // without quotes
	quoted bool   // part of the value was in quotes
	open   bool   // the closing quote is missing
}

// split splits a query at white space outside quotes.
func split(q string) []term {
	var terms []term
	var text, value strings.Builder
	var t term
	inQuote, started := false, false
	flush := func() {
		if started {
			t.text, t.value, t.open = text.String(), value.String(), inQuote
			terms = append(terms, t)
		}
		text.Reset()
		value.Reset()
		t, started = term{}, false
	}
	pos := 0
	for _, r := range q {
		pos++
		if !inQuote && unicode.IsSpace(r) {
			flush()
			continue
		}
		if !started {
			started, t.pos = true, pos
		}
		text.WriteRune(r)
		switch {
		case r == '"':
			inQuote, t.quoted = !inQuote, true
		case r == ':' && !inQuote && !t.quoted && t.key == "" && value.Len() > 0:
			t.key = strings.ToLower(value.String())
			value.Reset()
		default:
			value.WriteRune(r)
		}
	}
	flush()
	return terms
}
