package router

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/builtin"

	"switchboard/internal/nearest"
	"switchboard/router/sla"
)

// keysOf returns a mapping's keys in alphabetical order.
func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (c *compiler) inboxKeys() []string {
	var all []string
	for _, in := range c.policy.inboxes {
		all = append(all, in.Key)
	}
	return all
}

func (c *compiler) slaNames() []string {
	var all []string
	for _, r := range c.policy.slas {
		all = append(all, r.policy.Name)
	}
	return all
}

// existing continues the message about a tier that does not exist.
func (c *compiler) existing() string {
	var all []string
	for _, t := range c.policy.tiers {
		all = append(all, fmt.Sprint(t.Tier))
	}
	if len(all) == 0 {
		return ""
	}
	return ": the tiers are " + strings.Join(all, ", ")
}

// dayHint continues the message about a day, or a range of days, that is not valid.
func dayHint(first, last string) string {
	for _, day := range []string{first, last} {
		if hint := nearest.Hint(day, sla.Weekdays); hint != "" {
			return hint
		}
	}
	return ""
}

// condition compiles the expression in f, and adds to its problems the names that were
// probably meant.
func (c *compiler) condition(f field, calendars []string, absent ...string) condition {
	if slices.Contains(absent, "stint") { // what exists only once a conversation is assigned
		absent = append(slices.Clone(absent), "gap", "handoff")
	}
	before := len(c.problems)
	cond := c.document.condition(f, calendars, absent...)
	for i := before; i < len(c.problems); i++ {
		c.problems[i].Reason += conditionHint(c.problems[i].Reason, calendars)
	}
	c.conditions = append(c.conditions, locatedCondition{f, cond})
	c.policy.reads = noted(c.policy.reads, cond)
	return cond
}

var (
	unknownName     = regexp.MustCompile(`^unknown name (\S+)$`)
	unknownField    = regexp.MustCompile(`^type router\.(\w+) has no (?:field|method) (\S+)$`)
	unknownCalendar = regexp.MustCompile(`^calendar "(.*)" does not exist$`)
)

// conditionHint continues the expression compiler's message about an unknown name.
func conditionHint(reason string, calendars []string) string {
	if m := unknownName.FindStringSubmatch(reason); m != nil {
		for _, name := range qualifiedFacts { // `subject` for `message.subject`
			if strings.HasSuffix(name, "."+m[1]) {
				return `; did you mean "` + name + `"?`
			}
		}
		return nearest.Hint(m[1], append(slices.Clone(factNames["Facts"]), builtin.Names...))
	}
	if m := unknownField.FindStringSubmatch(reason); m != nil {
		return nearest.Hint(m[2], factNames[m[1]])
	}
	if m := unknownCalendar.FindStringSubmatch(reason); m != nil {
		return nearest.Hint(m[1], calendars)
	}
	return ""
}

// factNames are the names of the facts in each struct of Facts, by the struct's name.
var factNames = map[string][]string{}

// qualifiedFacts are the facts with the names that conditions use, in the order of Facts.
var qualifiedFacts = collectFacts(reflect.TypeFor[Facts](), "")

// collectFacts fills factNames and returns the facts of a struct.
func collectFacts(t reflect.Type, prefix string) (all []string) {
	_, known := factNames[t.Name()]
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("expr")
		if name == "" { // not a fact
			continue
		}
		if !known {
			factNames[t.Name()] = append(factNames[t.Name()], name)
		}
		all = append(all, prefix+name)
		switch {
		case f.Type.Kind() == reflect.Struct:
			all = append(all, collectFacts(f.Type, prefix+name+".")...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			collectFacts(f.Type.Elem(), "") // of an element: no fact of its own
		}
	}
	return all
}

// FactNames returns the facts that conditions can use: "channel", "message.subject".
func FactNames() []string { return slices.Clone(qualifiedFacts) }

var unknownJSON = regexp.MustCompile(`unknown field "([^"]*)"`)

// jsonHint continues the message about facts in JSON with an unknown name. It does not
// say in which object the name is, so all of them are considered.
func jsonHint(err error) string {
	m := unknownJSON.FindStringSubmatch(err.Error())
	if m == nil {
		return ""
	}
	var all []string
	for _, name := range qualifiedFacts {
		all = append(all, name[strings.LastIndex(name, ".")+1:])
	}
	return nearest.Hint(m[1], all)
}
