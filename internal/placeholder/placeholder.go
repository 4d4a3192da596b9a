// Package placeholder fills in the names in texts that admins write, as in
// "{{agent.name}} at Acme". Pure.
package placeholder

import (
	"regexp"
	"slices"
)

var name = regexp.MustCompile(`\{\{ *([^{}\n]*?) *\}\}`)

// Unknown returns the names in a text that are not among the known ones.
func Unknown(text string, known []string) (out []string) {
	for _, m := range name.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(known, m[1]) && !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

// Expand replaces the names in a text. What is filled in is not expanded again, and a name
// without a value is left as it is.
func Expand(text string, values map[string]string) string {
	return name.ReplaceAllStringFunc(text, func(s string) string {
		if value, ok := values[name.FindStringSubmatch(s)[1]]; ok {
			return value
		}
		return s
	})
}
