package search

import (
	"strings"
	"unicode/utf8"
)

// Unknown is a name in a filter that nothing has.
type Unknown struct {
	Key    string // "inbox", "assignee", "tier"
	Value  string // as in the Filter
	Reason string // explanation for the user
}

// UnknownNames are all of them in a search.
type UnknownNames []Unknown

func (u UnknownNames) Error() string {
	reasons := make([]string, len(u))
	for i := range u {
		reasons[i] = u[i].Reason
	}
	return strings.Join(reasons, "; ")
}

// In returns the name as a problem of the query q, or nil if q does not contain it.
func (u *Unknown) In(q string) *Problem {
	for _, t := range split(q) {
		if t.key == u.Key && strings.EqualFold(strings.TrimLeft(t.value, "0"), strings.TrimLeft(u.Value, "0")) {
			return &Problem{Pos: t.pos, Term: t.text, Reason: u.Reason}
		}
	}
	return nil
}

// address reports whether v has the form of a whole mail address.
func address(v string) bool {
	local, domain, ok := strings.Cut(v, "@")
	return ok && local != "" && domain != "" && utf8.ValidString(v)
}
