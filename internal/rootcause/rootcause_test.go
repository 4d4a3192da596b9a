package rootcause

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"switchboard/desk"
)

func TestApply(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	for name, c := range map[string]struct {
		change Change
		fields []string
		wrong  string
	}{
		"nothing":       {},
		"the same":      {change: Change{Title: text(" Printer ")}},
		"fixed":         {change: Change{State: text("fixed"), Note: text("Firmware 7\r\nhelps.\n")}, fields: []string{"note", "status"}},
		"a link":        {change: Change{URL: text("https://tracker.example/42?a=b#c")}, fields: []string{"url"}},
		"no title":      {change: Change{Title: text(" \n")}, wrong: "title"},
		"two lines":     {change: Change{Title: text("a\nb")}, wrong: "title"},
		"long":          {change: Change{Title: text(strings.Repeat("ü", 201))}, wrong: "title"},
		"a status":      {change: Change{State: text("closed")}, wrong: "status"},
		"a script":      {change: Change{URL: text("javascript:alert(1)")}, wrong: "url"},
		"a password":    {change: Change{URL: text("https://a:b@tracker.example")}, wrong: "url"},
		"not a link":    {change: Change{URL: text("tracker.example/42")}, wrong: "url"},
		"a long note":   {change: Change{Note: text(strings.Repeat("x", 50_001))}, wrong: "note"},
		"two are wrong": {change: Change{Title: text(""), URL: text("x")}, wrong: "title url"},
	} {
		r := RootCause{Title: "Printer", State: desk.RootCauseOpen}
		fields, err := c.change.Apply(&r)
		var wrong []string
		var invalid Invalid
		if errors.As(err, &invalid) {
			for _, p := range invalid {
				wrong = append(wrong, p.Field)
			}
		}
		if !slices.Equal(fields, c.fields) || strings.Join(wrong, " ") != c.wrong {
			t.Errorf("%s: changed %v, want %v; wrong %v, want %s", name, fields, c.fields, wrong, c.wrong)
		}
	}
}

func TestMayEdit(t *testing.T) {
	t.Parallel()
	by, other := desk.NewID[desk.AgentID](), desk.NewID[desk.AgentID]()
	for name, c := range map[string]struct {
		agent desk.Agent
		want  bool
	}{
		"an agent":          {desk.Agent{ID: other}, true},
		"limited":           {desk.Agent{ID: other, InboxesOnly: true}, false},
		"limited, author":   {desk.Agent{ID: by, InboxesOnly: true}, true},
		"an admin, limited": {desk.Agent{ID: other, InboxesOnly: true, Admin: true}, true},
	} {
		r := RootCause{CreatedBy: by}
		if err := r.MayEdit(&c.agent); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
