package router

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one problem of a policy document.
type Problem struct {
	Line   int    `json:"line"`   // from 1
	Column int    `json:"column"` // from 1, in characters
	Path   string `json:"path"`   // "routing[2].when"; empty for the document itself
	Reason string `json:"reason"`
}

// String returns "LINE:COLUMN: PATH: MESSAGE".
func (p Problem) String() string {
	if p.Path == "" {
		return fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Reason)
	}
	return fmt.Sprintf("%d:%d: %s: %s", p.Line, p.Column, p.Path, p.Reason)
}

// PolicyError lists all problems of a document that does not compile, in document
// order.
type PolicyError struct{ Problems []Problem }

// Error returns all problems, one per line.
func (e *PolicyError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sort orders the problems by their position and removes duplicates.
func (e *PolicyError) sort() {
	slices.SortStableFunc(e.Problems, func(a, b Problem) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column)
	})
	e.Problems = slices.Compact(e.Problems)
}
