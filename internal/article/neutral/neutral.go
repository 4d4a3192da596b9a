// Package neutral makes the text of an article out of an answer to one customer: without
// names, addresses, numbers, links that give access, greeting and signature. It rather removes
// too much: whoever edits the article sees what was removed. It is pure.
package neutral

import (
	"slices"
	"strings"
	"unicode/utf8"

	"switchboard/internal/addressmask"
)

// Kind is what was removed.
type Kind string

const (
	Greeting  Kind = "greeting"
	Signature Kind = "signature"
	Name      Kind = "name"
	Company   Kind = "company"
	Address   Kind = "address"
	Phone     Kind = "phone"
	Number    Kind = "number" // of an order, an invoice, a customer, a bank account
	Link      Kind = "link"
)

// Placeholder is what stands in the place of something; empty: nothing.
func (k Kind) Placeholder() string {
	if k == Greeting || k == Signature {
		return ""
	}
	return "[" + string(k) + "]"
}

// Removed is something that was removed.
type Removed struct {
	Kind Kind   `json:"kind" enum:"greeting,signature,name,company,address,phone,number,link"`
	Text string `json:"text" doc:"What was there"`
	With string `json:"with" doc:"The placeholder in its place; empty: nothing"`
}

// People are those whose names are removed.
type People struct {
	Names     []string // full names, whose parts are removed as well; capitalized, if their script has capitals
	Full      []string // names that are removed only as a whole
	Companies []string // names and domains of companies
}

const (
	// maxText is how many octets of a text are kept.
	maxText = 100_000
	// maxRemoved is how many entries the list of what was removed has.
	maxRemoved = 200
)

// Text returns a text in CommonMark without what is personal, and what was removed, in its order.
func Text(text string, who People) (string, []Removed) {
	text = strings.TrimSpace(strings.ReplaceAll(clip(text), "\r\n", "\n"))
	m := newMatcher(who)
	text, greeting := m.greeting(text)
	text, signature := m.signature(text)
	text, removed := m.clean(text)
	if greeting != "" {
		removed = append([]Removed{{Greeting, greeting, ""}}, removed...)
	}
	if signature != "" {
		removed = append(removed, Removed{Signature, signature, ""})
	}
	return text, removed
}

// Line is Text for a title, which has no greeting.
func Line(text string, who People) string {
	text, _ = newMatcher(who).clean(strings.Join(strings.Fields(clip(text)), " "))
	return text
}

func clip(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= maxText {
		return text
	}
	n := maxText
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// span is a part of a text that is removed.
type span struct {
	from, to int
	kind     Kind
}

// clean replaces what is personal by placeholders.
func (m *matcher) clean(text string) (string, []Removed) {
	var found []span
	add := func(list []span) {
		for _, s := range list {
			if s.from < s.to && !slices.ContainsFunc(found, func(f span) bool { return s.from < f.to && f.from < s.to }) {
				found = append(found, s)
			}
		}
	}
	add(m.links(text))
	add(addresses(text))
	add(m.people(text))
	add(phones(text))
	add(numbers(text))
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	removed := []Removed{}
	var out strings.Builder
	at := 0
	for _, s := range found {
		out.WriteString(text[at:s.from])
		out.WriteString(plain(s.kind.Placeholder(), out.String(), text[s.to:]))
		at = s.to
		if r := (Removed{s.kind, text[s.from:s.to], s.kind.Placeholder()}); len(removed) < maxRemoved && !slices.Contains(removed, r) {
			removed = append(removed, r)
		}
	}
	out.WriteString(text[at:])
	// What was removed may have hidden an address around it.
	return addressmask.Replace(out.String(), func(string) string { return Address.Placeholder() }), removed
}

// plain keeps a placeholder from becoming a link with what stands beside it, or a definition
// of one (CommonMark 0.31 sections 4.7 and 6.3).
func plain(placeholder, before, after string) string {
	link := strings.HasPrefix(after, "(") || strings.HasPrefix(after, "[")
	begins := strings.TrimLeft(before[strings.LastIndexByte(before, '\n')+1:], " >") == ""
	if link || begins && strings.HasPrefix(after, ":") {
		return `\` + placeholder
	}
	return placeholder
}

// addresses finds mail addresses.
func addresses(text string) (found []span) {
	for _, at := range addressmask.Find(text) {
		found = append(found, span{at[0], at[1], Address})
	}
	return found
}
