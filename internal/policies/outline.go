package policies

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// PolicyNode is a named part of a valid document.
type PolicyNode struct {
	Section string        `json:"section" doc:"Section of the document: inboxes, routing, slas..."`
	Name    string        `json:"name" doc:"With its parents: api/webhook"`
	Depth   int           `json:"depth" doc:"How many parents it has"`
	Line    int           `json:"line" doc:"Where it begins; 0: not known"`
	Fields  []PolicyValue `json:"fields" doc:"Its values, sorted by field"`
}

// PolicyValue is a value of a part.
type PolicyValue struct {
	Field string `json:"field" doc:"Such as assign.capacity"`
	Value string `json:"value"`
}

// Outline lists the parts of a valid document, by section, in their order.
func Outline(document []byte) []PolicyNode {
	nodes := []PolicyNode{}
	clean := []byte(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(document), "\ufeff")))
	var values map[string]any
	if err := yaml.Unmarshal(clean, &values); err != nil {
		return nodes
	}
	places := placesOf(clean)
	for _, s := range sections {
		lines := places[s]
		list := make([]PolicyNode, 0, len(lines.named))
		for i, p := range parts(s, values[s]) {
			n := PolicyNode{Section: s, Name: p.name, Fields: []PolicyValue{}, Line: lines.named[p.name]}
			if p.parent != "" {
				n.Depth = strings.Count(p.parent, "/")
			}
			if i < len(lines.listed) {
				n.Line = lines.listed[i]
			}
			for _, field := range slices.Sorted(maps.Keys(p.fields)) {
				n.Fields = append(n.Fields, PolicyValue{field, p.fields[field]})
			}
			list = append(list, n)
		}
		slices.SortStableFunc(list, func(a, b PolicyNode) int { return cmp.Compare(a.Line, b.Line) })
		nodes = append(nodes, list...)
	}
	return nodes
}

// places are the lines at which the parts of a section begin.
type places struct {
	named  map[string]int // of a mapping
	listed []int          // of a list, each item before what is below it
}

// placesOf finds the parts of each section.
func placesOf(document []byte) map[string]places {
	found := map[string]places{}
	file, err := parser.ParseBytes(document, 0)
	if err != nil || len(file.Docs) == 0 {
		return found
	}
	for _, section := range entries(file.Docs[0].Body) {
		p := places{named: map[string]int{}}
		name := section.Key.GetToken().Value
		for _, e := range entries(section.Value) {
			p.named[e.Key.GetToken().Value] = lineOf(e)
		}
		if slices.Contains(single, name) {
			p.named[""] = lineOf(section)
		}
		p.list(section.Value)
		found[name] = p
	}
	return found
}

// list adds the items of a list, and the rules below them.
func (p *places) list(n ast.Node) {
	items, ok := n.(*ast.SequenceNode)
	if !ok {
		return
	}
	for _, item := range items.Values {
		p.listed = append(p.listed, lineOf(item))
		for _, e := range entries(item) {
			if e.Key.GetToken().Value == "routes" {
				p.list(e.Value)
			}
		}
	}
}

// entries returns the entries of a mapping; of other nodes, nothing.
func entries(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// lineOf returns the line at which a node begins, 0 if it is not known.
func lineOf(n ast.Node) int {
	if list := entries(n); len(list) > 0 {
		n = list[0].Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}
