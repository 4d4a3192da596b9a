package macro

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/nearest"
)

// Change is what a person changes about a macro; nil: it stays.
type Change struct {
	Name, Text *string
	Inboxes    *[]string
	Actions    *[]desk.MacroAction
}

// Allowed is what a macro may name.
type Allowed struct {
	Inboxes []string             // keys
	Agent   func(id string) bool // reports whether there is such an agent
}

// Problem is why a field cannot have a value.
type Problem struct{ Field, Reason string }

// Invalid is the error of a change that is not valid.
type Invalid []Problem

func (e Invalid) Error() string {
	all := make([]string, len(e))
	for i, p := range e {
		all[i] = p.Field + ": " + p.Reason
	}
	return strings.Join(all, "; ")
}

const (
	maxName    = 80
	maxText    = 50_000
	maxActions = 20
)

// Apply changes a macro, and returns the names of the changed fields; an Invalid error if
// the result is not a valid macro.
func (c *Change) Apply(m *Macro, allowed Allowed) (fields []string, err error) {
	was := *m
	if c.Name != nil {
		m.Name = strings.TrimSpace(*c.Name)
	}
	if c.Text != nil {
		m.Text = strings.TrimSpace(strings.ReplaceAll(*c.Text, "\r\n", "\n"))
	}
	if c.Inboxes != nil {
		m.Inboxes = slices.Compact(slices.Sorted(slices.Values(*c.Inboxes)))
	}
	if c.Actions != nil {
		m.Actions = *c.Actions
	}
	if problems := m.check(allowed); len(problems) > 0 {
		return nil, problems
	}
	for name, same := range map[string]bool{"name": was.Name == m.Name, "text": was.Text == m.Text, "inboxes": slices.Equal(was.Inboxes, m.Inboxes),
		"actions": len(was.Actions)+len(m.Actions) == 0 || reflect.DeepEqual(was.Actions, m.Actions)} {
		if !same {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields, nil
}

func (m *Macro) check(allowed Allowed) (problems Invalid) {
	refuse := func(field, reason string) {
		if reason != "" {
			problems = append(problems, Problem{field, reason})
		}
	}
	switch {
	case m.Name == "":
		refuse("name", "is missing: set the name that agents choose it by")
	case utf8.RuneCountInString(m.Name) > maxName || strings.ContainsFunc(m.Name, unicode.IsControl):
		refuse("name", fmt.Sprintf("must be one line of at most %d characters", maxName))
	}
	for i, key := range m.Inboxes {
		refuse(fmt.Sprintf("inboxes[%d]", i), unknown(key, allowed.Inboxes, "an inbox"))
	}
	switch {
	case len(m.Text) > maxText:
		refuse("text", fmt.Sprintf("is longer than %d octets", maxText))
	case strings.ContainsRune(m.Text, 0):
		refuse("text", "contains a NUL character")
	case m.Text == "" && len(m.Actions) == 0:
		refuse("text", "a macro needs a text or an action")
	default:
		refuse("text", UnknownVariable(m.Text))
	}
	if len(m.Actions) > maxActions {
		refuse("actions", fmt.Sprintf("at most %d are possible", maxActions))
	}
	once := map[string]bool{}
	for i := range m.Actions {
		kind, reason := check(&m.Actions[i], allowed)
		if reason == "" && once[kind] && kind != "tag" && kind != "untag" {
			reason = fmt.Sprintf("there is an action with %s already", kind)
		}
		once[kind] = true
		refuse(fmt.Sprintf("actions[%d]", i), reason)
	}
	return problems
}

var statuses = []string{"open", "pending", "snoozed", "resolved", "closed"}
var priorities = []string{"low", "normal", "high", "urgent"}

// check returns the kind of an action, and why it is not possible.
func check(a *desk.MacroAction, allowed Allowed) (kind, reason string) {
	var kinds []string
	for name, value := range map[string]string{"tag": a.Tag, "untag": a.Untag, "status": string(a.Status), "move": a.Move, "assign": a.Assign, "priority": string(a.Priority)} {
		if value != "" {
			kinds = append(kinds, name)
		}
	}
	if len(kinds) != 1 {
		return "", "set exactly one of tag, untag, status, move, assign and priority"
	}
	kind = kinds[0]
	_, period := Period(a.Until)
	switch {
	case a.Until != "" && a.Status != desk.StatusSnoozed:
		return kind, "until: only possible with the status snoozed"
	case a.Note != "" && kind != "move":
		return kind, "note: only possible with move"
	case a.Status == desk.StatusSnoozed && !period:
		return kind, fmt.Sprintf("until: %.20q is not a period of at most a year; use for example 4h, 3d or 2w", a.Until)
	}
	switch kind {
	case "tag", "untag":
		reason = badTag(a.Tag + a.Untag)
	case "status":
		reason = unknown(string(a.Status), statuses, "a status")
	case "priority":
		reason = unknown(string(a.Priority), priorities, "a priority")
	case "move":
		reason = unknown(a.Move, allowed.Inboxes, "an inbox")
	case "assign":
		if a.Assign != "me" && a.Assign != "nobody" && !allowed.Agent(a.Assign) {
			reason = fmt.Sprintf("%.60q is not an agent's id; use me, nobody, or the id of an agent who can sign in", a.Assign)
		}
	}
	return kind, reason
}

func badTag(tag string) string {
	if strings.TrimSpace(tag) != tag || len(tag) > 100 || strings.ContainsFunc(tag, unicode.IsControl) {
		return "a tag is one line of at most 100 octets, without spaces around it"
	}
	return ""
}

// unknown says that a name is not known.
func unknown(name string, known []string, what string) string {
	if slices.Contains(known, name) {
		return ""
	}
	text := fmt.Sprintf("%.60q is not %s", name, what)
	if near := nearest.Name(name, known); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return text
}
