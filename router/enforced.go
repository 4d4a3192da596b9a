package router

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// unenforced are the keys of a policy document that are validated, but have no effect
// yet. Remove a key when the product acts on it. "*" is the name of an inbox or calendar,
// and "[]" any item of a list.
var unenforced = []string{"calendars.*.holidays.ical", "calendars.*.holidays[].ical"}

var (
	indexes = regexp.MustCompile(`\[\d+\]`)
	named   = regexp.MustCompile(`^(inboxes|calendars)\.[^.\[]+`)
)

// withoutEffect warns once about each key in a mapping that has no effect yet.
func (c *compiler) withoutEffect(n ast.Node, path string, seen map[string]bool) {
	switch n := n.(type) {
	case *ast.SequenceNode:
		for i, v := range n.Values {
			c.withoutEffect(v, fmt.Sprintf("%s[%d]", path, i), seen)
		}
	case *ast.MappingNode, *ast.MappingValueNode:
		list, _ := c.fields(n, path)
		for _, f := range list {
			pattern := named.ReplaceAllString(indexes.ReplaceAllString(f.path, "[]"), "$1.*")
			if slices.Contains(unenforced, pattern) && !seen[pattern] {
				seen[pattern] = true
				c.warn(f.at, f.path, "has no effect yet")
			}
			c.withoutEffect(f.value, f.path, seen)
		}
	}
}
