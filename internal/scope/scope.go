// Package scope says what an API key may do, within the permissions of its agent: a key without scopes may do
// everything, one with scopes only what these name, such as conversations:read.
package scope

import (
	"fmt"
	"slices"
	"strings"
)

// Areas are what scopes are about.
var Areas = []string{"articles", "conversations", "customers", "events", "reports", "settings"}

// All returns every scope, in alphabetical order.
func All() []string {
	var all []string
	for _, area := range Areas {
		all = append(all, Of(area, false))
		if area != "events" { // which nobody writes
			all = append(all, Of(area, true))
		}
	}
	return all
}

// Of returns the scope for reading or changing an area.
func Of(area string, write bool) string {
	if write {
		return area + ":write"
	}
	return area + ":read"
}

// Parse returns scopes in alphabetical order, each once. An error names the first that does not exist, and
// the valid ones.
func Parse(scopes []string) ([]string, error) {
	out := []string{}
	for _, s := range scopes {
		if !slices.Contains(All(), s) {
			return nil, fmt.Errorf("%q is not a scope; valid scopes are %s", s, strings.Join(All(), ", "))
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Allow reports whether a key with scopes may do what needs a scope; what needs none, every
// key may do. A scope to change an area includes reading it.
func Allow(scopes []string, need string) bool {
	area, _, _ := strings.Cut(need, ":")
	return need == "" || len(scopes) == 0 || slices.Contains(scopes, need) || slices.Contains(scopes, Of(area, true))
}
