package policies

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/goccy/go-yaml"
)

// PolicyChange is one difference between two documents.
type PolicyChange struct {
	Section string        `json:"section" doc:"Section of the document: inboxes, routing, slas..."`
	Name    string        `json:"name" doc:"Of what is different, with its parents: api/webhook"`
	Kind    string        `json:"kind" enum:"added,removed,changed,moved" doc:"moved: to another place in its list, which decides what is tested first"`
	Fields  []PolicyField `json:"fields" doc:"What has changed"`
}

// PolicyField is a value that has changed.
type PolicyField struct {
	Field  string `json:"field" doc:"Such as assign.capacity"`
	Before string `json:"before" doc:"Empty: it had none"`
	After  string `json:"after" doc:"Empty: it has none"`
}

// String returns the change in one line.
func (c *PolicyChange) String() string {
	line := c.Kind + " " + strings.TrimSpace(c.Section+" "+c.Name)
	var fields []string
	for _, f := range c.Fields {
		fields = append(fields, fmt.Sprintf("%s: %s -> %s", f.Field, cmp.Or(f.Before, "(none)"), cmp.Or(f.After, "(none)")))
	}
	if len(fields) > 0 {
		line += ": " + strings.Join(fields, ", ")
	}
	return line
}

// Unified returns the unified diff of two documents, empty if they are equal.
func Unified(oldName, newName, before, after string) string {
	return udiff.Unified(oldName, newName, before, after)
}

// sections in the order of a document.
var sections = []string{"calendars", "segments", "tiers", "inboxes", "slas", "routing", "escalations", "handoffs", "gaps", "reviews"}

// Compare lists what is different in a valid document, by its sections.
func Compare(before, after []byte) ([]PolicyChange, error) {
	var old, now map[string]any
	for _, d := range []struct {
		text []byte
		into *map[string]any
	}{{before, &old}, {after, &now}} {
		if err := yaml.Unmarshal(d.text, d.into); err != nil {
			return nil, err
		}
	}
	changes := []PolicyChange{}
	for _, s := range sections {
		changes = append(changes, compared(s, parts(s, old[s]), parts(s, now[s]))...)
	}
	return changes, nil
}

// part is a named thing of a section.
type part struct {
	name   string
	parent string // of nested rules; the order counts among those with the same one
	fields map[string]string
}

// single are the sections that are one thing.
var single = []string{"gaps", "reviews"}

// ordered are the sections in which the first match counts.
var ordered = []string{"segments", "slas", "routing"}

// parts returns the named things of a section in their order.
func parts(section string, value any) (list []part) {
	switch v := value.(type) {
	case []any:
		return items(section, v, "")
	case map[string]any:
		if slices.Contains(single, section) {
			return []part{{fields: fieldsOf(v)}}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			list = append(list, part{name: key, fields: fieldsOf(v[key])})
		}
	}
	return list
}

// items returns the items of a list, and the rules below them.
func items(section string, values []any, parent string) (list []part) {
	for i, value := range values {
		v, _ := value.(map[string]any)
		name := fmt.Sprint(i + 1)
		switch {
		case section == "tiers":
			name = fmt.Sprint(v["tier"])
		case section == "handoffs":
			name = fmt.Sprintf("%v to %v", v["from"], v["to"])
		case v["name"] != nil:
			name = fmt.Sprint(v["name"])
		}
		below, _ := v["routes"].([]any)
		own := maps.Clone(v)
		if section == "routing" {
			delete(own, "routes")
		}
		if section != "tiers" {
			delete(own, "name")
		}
		list = append(list, part{name: parent + name, parent: parent, fields: fieldsOf(own)})
		if section == "routing" {
			list = append(list, items(section, below, parent+name+"/")...)
		}
	}
	return list
}

// fieldsOf returns the values below a value by their paths; lists are single values.
func fieldsOf(value any) map[string]string {
	fields := map[string]string{}
	var add func(path string, v any)
	add = func(path string, v any) {
		if m, ok := v.(map[string]any); ok && len(m) > 0 {
			for key, below := range m {
				add(strings.TrimPrefix(path+"."+key, "."), below)
			}
			return
		}
		fields[path] = text(v)
	}
	add("", value)
	return fields
}

// text shows a value as the document could have it.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(b.String())
}

// compared returns the differences between the parts of a section.
func compared(section string, before, after []part) (changes []PolicyChange) {
	find := func(list []part, name string) *part {
		for i := range list {
			if list[i].name == name {
				return &list[i]
			}
		}
		return nil
	}
	for _, p := range before {
		if find(after, p.name) == nil {
			changes = append(changes, PolicyChange{Section: section, Name: p.name, Kind: "removed", Fields: []PolicyField{}})
		}
	}
	moved := map[string]bool{}
	if slices.Contains(ordered, section) {
		moved = displaced(before, after)
	}
	for _, p := range after {
		old := find(before, p.name)
		switch fields := different(old, &p); {
		case old == nil:
			changes = append(changes, PolicyChange{Section: section, Name: p.name, Kind: "added", Fields: fields})
		case len(fields) > 0:
			changes = append(changes, PolicyChange{Section: section, Name: p.name, Kind: "changed", Fields: fields})
		}
		if moved[p.name] {
			changes = append(changes, PolicyChange{Section: section, Name: p.name, Kind: "moved", Fields: []PolicyField{}})
		}
	}
	return changes
}

// different returns the fields that have changed; before is nil for a new part.
func different(before, after *part) []PolicyField {
	fields := []PolicyField{}
	old := map[string]string{}
	if before != nil {
		old = before.fields
	}
	names := maps.Clone(after.fields)
	maps.Copy(names, old)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if a, b := old[name], after.fields[name]; a != b {
			fields = append(fields, PolicyField{name, a, b})
		}
	}
	return fields
}

// displaced returns the parts whose place among their siblings has changed: as few as
// explain the new order.
func displaced(before, after []part) map[string]bool {
	place := map[string]int{}
	for i, p := range before {
		place[p.name] = i
	}
	siblings := map[string][]string{}
	for _, p := range after {
		if _, ok := place[p.name]; ok {
			siblings[p.parent] = append(siblings[p.parent], p.name)
		}
	}
	moved := map[string]bool{}
	for _, names := range siblings {
		stayed := longestRise(names, func(name string) int { return place[name] })
		for _, name := range names {
			moved[name] = !slices.Contains(stayed, name)
		}
	}
	return moved
}

// longestRise returns the longest subsequence whose places rise. Lists are short.
func longestRise(names []string, place func(string) int) []string {
	best := make([][]string, len(names)) // that ends with each name
	var longest []string
	for i, name := range names {
		for j := range i {
			if place(names[j]) < place(name) && len(best[j]) > len(best[i]) {
				best[i] = best[j]
			}
		}
		best[i] = append(slices.Clone(best[i]), name)
		if len(best[i]) > len(longest) {
			longest = best[i]
		}
	}
	return longest
}
