package macro

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

func TestRender(t *testing.T) {
	t.Parallel()
	values := map[string]string{"contact.first_name": "Jo {{company}}", "company": "Acme", "account.name": " "}
	for in, want := range map[string]struct{ text, missing string }{
		"Hello {{contact.first_name}}, {{ company }}":      {"Hello Jo {{company}}, Acme", ""},
		"{{account.name}} {{agent.name}} {{account.name}}": {"{{account.name}} {{agent.name}} {{account.name}}", "account.name agent.name"},
		"Hi {{account.name|there}}{{agent.name|}}!":        {"Hi there!", ""},
		"`{{company}}` {{company}}\n```\n{{company}}\n```": {"`{{company}}` Acme\n```\n{{company}}\n```", ""},
		"```\n{{company}}": {"```\n{{company}}", ""},
	} {
		got, missing := Render(in, values)
		if got != want.text || strings.Join(missing, " ") != want.missing {
			t.Errorf("%q: %q, missing %q", in, got, missing)
		}
	}
}

func TestUnresolved(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Hi":                      "",
		"Write `{{ name }}` here": "",
		"{ {a}} {{a\n}}":          "",
		"Dear Jö,\nhé {{ x }}":    "line 2, column 4: {{ x }} is not filled in",
	} {
		if got := Unresolved(in); !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{"4h": 4 * time.Hour, "3d": 72 * time.Hour, "52w": 364 * 24 * time.Hour, "30m": 30 * time.Minute} {
		if got, ok := Period(in); !ok || got != want {
			t.Errorf("%q: %v %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "0h", "3", "d", "-1d", "53w", "1y", "1h30m"} {
		if got, ok := Period(in); ok {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	allowed := Allowed{Inboxes: []string{"frontline", "billing"}, Agent: func(id string) bool { return id == "ag_1" }}
	for _, c := range []struct {
		name, text string
		inboxes    []string
		action     desk.MacroAction
		want       string // of the error; empty: valid
	}{
		{"Hello", "Hi {{contact.first_name|there}}", []string{"billing"}, desk.MacroAction{Tag: "vip"}, ""},
		{"Hello", "", nil, desk.MacroAction{Status: "snoozed", Until: "3d"}, ""},
		{"Hello", "", nil, desk.MacroAction{Move: "billing", Note: "Tried: all"}, ""},
		{"Hello", "", nil, desk.MacroAction{Assign: "ag_1"}, ""},
		{" ", "x", nil, desk.MacroAction{Untag: "vip"}, "name: is missing"},
		{"a\nb", "x", nil, desk.MacroAction{Untag: "vip"}, "name: must be one line"},
		{"Hello", "One\nHi {{contact.fist_name}}", nil, desk.MacroAction{Tag: "vip"}, `text: line 2, column 4: there is no variable "contact.fist_name"; did you mean "contact.first_name"?`},
		{"Hello", "{{zzzzzzzz}}", nil, desk.MacroAction{Tag: "vip"}, `there is no variable "zzzzzzzz"; use account.name`},
		{"Hello", "x", []string{"billing", "frontlin"}, desk.MacroAction{Tag: "vip"}, `inboxes[1]: "frontlin" is not an inbox; did you mean "frontline"?`},
		{"Hello", "x", nil, desk.MacroAction{}, "actions[0]: set exactly one of"},
		{"Hello", "x", nil, desk.MacroAction{Tag: "a", Untag: "b"}, "actions[0]: set exactly one of"},
		{"Hello", "x", nil, desk.MacroAction{Status: "resolve"}, `actions[0]: "resolve" is not a status; did you mean "resolved"?`},
		{"Hello", "x", nil, desk.MacroAction{Status: "snoozed"}, "actions[0]: until"},
		{"Hello", "x", nil, desk.MacroAction{Status: "open", Until: "3d"}, "actions[0]: until: only possible"},
		{"Hello", "x", nil, desk.MacroAction{Tag: "a", Note: "b"}, "actions[0]: note: only possible"},
		{"Hello", "x", nil, desk.MacroAction{Move: "biling"}, `actions[0]: "biling" is not an inbox; did you mean "billing"?`},
		{"Hello", "x", nil, desk.MacroAction{Priority: "hihg"}, `actions[0]: "hihg" is not a priority; did you mean "high"?`},
		{"Hello", "x", nil, desk.MacroAction{Assign: "ag_2"}, `actions[0]: "ag_2" is not an agent's id`},
		{"Hello", "x", nil, desk.MacroAction{Tag: " a"}, "actions[0]: a tag is one line"},
	} {
		var m Macro
		fields, err := (&Change{Name: &c.name, Text: &c.text, Inboxes: &c.inboxes, Actions: &[]desk.MacroAction{c.action}}).Apply(&m, allowed)
		var invalid Invalid
		if c.want == "" && (err != nil || !slices.Contains(fields, "actions") || m.Name != c.name) {
			t.Errorf("%+v: %v %v", c, fields, err)
		}
		if c.want != "" && (!errors.As(err, &invalid) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	m := Macro{Name: "Hello", Actions: []desk.MacroAction{{Status: "open"}}}
	twice := []desk.MacroAction{{Tag: "a"}, {Tag: "b"}, {Status: "open"}, {Status: "closed"}}
	if _, err := (&Change{Actions: &twice}).Apply(&m, allowed); err == nil || err.Error() != "actions[3]: there is an action with status already" {
		t.Error(err)
	}
	if fields, err := (&Change{Actions: &[]desk.MacroAction{}}).Apply(&m, allowed); err == nil {
		t.Errorf("a macro that does nothing: %v", fields)
	}
}

func TestEditable(t *testing.T) {
	t.Parallel()
	me, other := desk.NewID[desk.AgentID](), desk.NewID[desk.AgentID]()
	for _, c := range []struct {
		owner   desk.AgentID
		inboxes []string
		by      desk.Agent
		want    desk.Kind
		ok      bool
	}{
		{me, nil, desk.Agent{ID: me}, 0, true},
		{other, nil, desk.Agent{ID: me, Admin: true}, desk.KindNotFound, false},
		{desk.AgentID{}, nil, desk.Agent{ID: me, Admin: true}, 0, true},
		{desk.AgentID{}, nil, desk.Agent{ID: me}, desk.KindDenied, false},
		{desk.AgentID{}, nil, desk.Agent{ID: me, Leads: []string{"a"}}, desk.KindDenied, false},
		{desk.AgentID{}, []string{"a"}, desk.Agent{ID: me, Leads: []string{"a", "b"}}, 0, true},
		{desk.AgentID{}, []string{"a", "c"}, desk.Agent{ID: me, Leads: []string{"a", "b"}}, desk.KindDenied, false},
	} {
		m := Macro{Owner: c.owner, Inboxes: c.inboxes}
		if err := m.Editable(&c.by); (err == nil) != c.ok || err != nil && desk.KindOf(err) != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	m := Macro{Actions: []desk.MacroAction{{Tag: "a"}, {Tag: "b"}, {Tag: "c"}}}
	if left, err := m.Without([]int{1}); err != nil || len(left) != 2 || left[1].Tag != "c" {
		t.Errorf("%v %v", left, err)
	}
	if _, err := m.Without([]int{3}); desk.KindOf(err) != desk.KindInvalid {
		t.Error(err)
	}
}
