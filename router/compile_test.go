package router

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// head is the minimal part of a policy before its routing.
const head = `version: 1
tiers:
  - {tier: 1, name: Frontline}
  - {tier: 2, name: Specialists}
inboxes:
  frontline: {tier: 1}
  billing: {tier: 2}
`

func problems(doc string) []string {
	_, err := Compile([]byte(doc))
	var wrong *PolicyError
	if !errors.As(err, &wrong) {
		return nil
	}
	var all []string
	for _, p := range wrong.Problems {
		all = append(all, p.String())
	}
	return all
}

// TestProblems checks how mistakes of a policy's author are reported.
func TestProblems(t *testing.T) {
	tests := []struct {
		name, doc string
		want      []string
	}{
		{"empty", "", []string{"1:1: the document is empty"}},
		{"not YAML", "version: 1\nrouting: [\n", []string{"2:10: sequence end token ']' not found"}},
		{"a list", "- version: 1\n", []string{"1:1: must be a mapping (key: value)"}},
		{"duplicate key", "version: 1\nversion: 1\n", []string{`2:1: mapping key "version" already defined at [1:1]`}},
		{"alias", head + "routing: &a\n  - {name: default, set: {inbox: frontline}}\n", []string{"8:10: routing: anchors, aliases and tags are not allowed here"}},
		{"required keys", "version: 1\n", []string{`1:1: "tiers" is missing`, `1:1: "inboxes" is missing`, `1:1: "routing" is missing`}},
		{"unknown version", strings.Replace(head, "1", "2", 1) + "routing:\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"1:10: version: unsupported version 2: must be 1"}},
		{"unknown keys, all at once", head + "ruoting: 1\nrouting:\n  - {name: d, sett: {inbox: frontline}, set: {inbox: frontline, colour: red}}\n", []string{
			`8:1: unknown key "ruoting": must be one of calendars, escalations, gaps, handoffs, inboxes, reviews, routing, segments, slas, tiers, version; did you mean "routing"?`,
			`10:15: routing[0]: unknown key "sett": must be one of continue, name, routes, set, when; did you mean "set"?`,
			`10:65: routing[0].set: unknown key "colour": must be one of answer, inbox, page, priority, restricted, sla, tags, tier`,
		}},

		{"unknown name", head + "routing:\n  - name: a\n    when: channel == \"chat\" and mesage.subject == \"\"\n    set: {inbox: billing}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"10:33: routing[0].when: unknown name mesage; did you mean \"message\"?"}},
		{"wrong name in quotes", head + "routing:\n  - name: a\n    when: \"channel == \\\"chat\\\" and mesage.subject == 1\"\n    set: {inbox: billing}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"10:36: routing[0].when: unknown name mesage; did you mean \"message\"?"}},
		{"wrong name in a block", head + "routing:\n  - name: a\n    when: |\n      channel == \"chat\"\n      and mesage.subject == 1\n    set: {inbox: billing}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"12:11: routing[0].when: unknown name mesage; did you mean \"message\"?"}},
		{"wrong name over two lines", head + "routing:\n  - name: a\n    when: channel == \"chat\"\n      and mesage.subject == 1\n    set: {inbox: billing}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"11:11: routing[0].when: unknown name mesage; did you mean \"message\"?"}},
		{"wrong field", head + "routing:\n  - {name: a, when: message.subjet == \"\", set: {inbox: billing}}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"9:29: routing[0].when: type router.MessageFacts has no field subjet; did you mean \"subject\"?"}},
		{"wrong type", head + "routing:\n  - {name: a, when: \"history.open == \\\"many\\\"\", set: {inbox: billing}}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{`9:35: routing[0].when: invalid operation: == (mismatched types int and string)`}},
		{"not a boolean", head + "routing:\n  - {name: a, when: message.subject, set: {inbox: billing}}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"9:21: routing[0].when: expected bool, but got string"}},
		{"a comment in a condition", head + "routing:\n  - name: a\n    when: any([\"a\"], {channel # x\n    set: {inbox: billing}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"10:11: routing[0].when: ` #` begins a comment in YAML: quote the condition", "10:29: routing[0].when: unexpected token EOF"}},
		{"no function for the current time", head + "routing:\n  - {name: a, when: now().Hour() > 8, set: {inbox: billing}}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"9:21: routing[0].when: unknown name now"}},
		{"not available yet", head + "segments:\n  - {name: a, when: segment == \"b\"}\nrouting:\n  - {name: a, when: tier == 1, set: {inbox: billing}}\n  - {name: d, set: {inbox: frontline}}\n", []string{
			"9:21: segments[0].when: segment is not available here: it is decided later",
			"11:21: routing[0].when: tier is not available here: it is decided later",
		}},
		{"unknown calendar", head + "routing:\n  - {name: a, when: not calendar.office, set: {inbox: billing}}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{`9:34: routing[0].when: calendar "office" does not exist`}},

		{"no default", head + "routing:\n  - {name: a, when: channel == \"chat\", set: {inbox: frontline}}\n",
			[]string{"8:1: routing: has no default: the last node must have no `when` and set an inbox"}},
		{"unreachable node", head + "routing:\n  - {name: d, set: {inbox: frontline}}\n  - {name: a, when: channel == \"chat\", set: {inbox: billing}}\n",
			[]string{`10:5: routing[1]: is never reached: node "d" before it matches everything`}},
		{"an answer that is not a slug", head + "routing:\n  - {name: d, set: {inbox: frontline, answer: Reset it}}\n",
			[]string{`9:47: routing[0].set.answer: "Reset it" is not the name of an article in URLs, such as reset-your-password`}},
		{"never true", head + "routing:\n  - {name: a, when: false, set: {inbox: billing}}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"9:5: routing[0]: is never reached: its condition is always false"}},
		{"no inbox", head + "routing:\n  - {name: a, when: channel == \"chat\", set: {priority: high}}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"9:5: routing[0]: a conversation would end here without an inbox: set one, or `continue: true`"}},
		{"a child without an inbox", head + "routing:\n  - name: a\n    when: channel == \"chat\"\n    routes:\n      - {name: b, when: contact.known, set: {priority: high}}\n      - {name: c, set: {inbox: billing}}\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"12:9: routing[0].routes[0]: a conversation would end here without an inbox: set one, or `continue: true`"}},
		{"duplicate names", head + "routing:\n  - {name: a, when: contact.known, set: {inbox: billing}}\n  - {name: a, set: {inbox: frontline}}\n",
			[]string{`10:5: routing[1]: another node at this level is already named "a"`}},
		{"unknown inbox and tier", head + "routing:\n  - {name: a, when: contact.known, set: {inbox: bills}}\n  - {name: b, when: not contact.known, set: {tier: 7}}\n  - {name: d, set: {inbox: frontline, tier: 2}}\n", []string{
			`9:49: routing[0].set.inbox: inbox "bills" does not exist`,
			`10:5: routing[1]: a conversation would end here without an inbox: set one, or ` + "`continue: true`",
			`10:52: routing[1].set.tier: tier 7 does not exist: the tiers are 1, 2`,
			`11:45: routing[2].set.tier: inbox "frontline" belongs to tier 1`,
		}},
		{"an inbox of an unknown tier", strings.Replace(head, "{tier: 2}", "{tier: 5}", 1) + "routing:\n  - {name: d, set: {inbox: frontline}}\n",
			[]string{"7:19: inboxes.billing.tier: tier 5 does not exist: the tiers are 1, 2"}},

		{"calendars", head + "routing:\n  - {name: d, set: {inbox: frontline}}\ncalendars:\n  a: {timezone: Mars/Base, hours: {mon: [\"09:00-25:00\"]}}\n  b: {timezone: UTC, hours: {mon-thu: [\"09:00-12:00\", \"11:00-14:00\"], wed: [\"09:00-10:00\"]}, holidays: [2026-02-30]}\n  c: {timezone: UTC, hours: {}}\n  d: {hours: {someday: [\"09:00-10:00\"]}}\n", []string{
			`11:17: calendars.a.timezone: "Mars/Base" is not a valid IANA time zone such as Europe/Berlin`,
			`11:42: calendars.a.hours.mon[0]: "09:00-25:00" is not a valid time range such as 09:00-17:30`,
			`12:39: calendars.b.hours.mon-thu: the opening hours overlap`,
			`12:71: calendars.b.hours: the hours of wed are already set`,
			`12:105: calendars.b.holidays[0]: "2026-02-30" is not a valid date such as 2026-12-25`,
			`13:29: calendars.c.hours: the calendar never opens`,
			`14:6: calendars.d: "timezone" is missing`,
			`14:15: calendars.d.hours: "someday" is not a valid day or range of days: use sun, mon, tue, wed, thu, fri, sat`,
		}},
		{"slas", head + "routing:\n  - {name: d, set: {inbox: frontline, sla: gold}}\nslas:\n  - {name: a, calendar: office}\n  - {name: b, calendar: office, first_response: soon, warn: [80]}\n", []string{
			`9:44: routing[0].set.sla: SLA policy "gold" does not exist`,
			`11:5: slas[0]: has no targets: set at least one of first_response, next_response, resolution, update_every`,
			`11:25: slas[0].calendar: calendar "office" does not exist`,
			`12:5: slas[1]: is never reached: "a" before it matches everything`,
			`12:25: slas[1].calendar: calendar "office" does not exist`,
			`12:49: slas[1].first_response: "soon" is not a valid duration such as 30m, 4h or 2d`,
			`12:62: slas[1].warn[0]: "80" is not a valid percentage such as 80%`,
		}},
		{"escalations in a loop", head + "routing:\n  - {name: d, set: {inbox: frontline}}\nescalations:\n  - {name: up, on: tier == 1 and stint.age > 2h, do: {move: tier+1}}\n  - {name: back, on: inbox == \"billing\" and stint.age > 1d, do: {move: frontline}}\n",
			[]string{`11:5: escalations[0]: creates a loop: conversations in inbox "frontline" can return to it`}},
		{"escalations", head + "routing:\n  - {name: d, set: {inbox: frontline}}\nescalations:\n  - {name: a, on: \"sla.first_response >= 80\", do: {notify: boss, priority: +9}}\n", []string{
			`11:39: escalations[0].on: invalid operation: >= (mismatched types router.ClockFacts and int)`,
			`11:60: escalations[0].do.notify: "boss" must be assignee, inbox-lead, admins or an agent's address`,
			`11:76: escalations[0].do.priority: "+9" is not a valid step from -3 to +3`,
		}},
		{"handoffs", head + "routing:\n  - {name: d, set: {inbox: frontline}}\nhandoffs:\n  - {from: 1, to: 1}\n  - {from: 1, to: 4, accept_within: 0h}\n", []string{
			`11:5: handoffs[0]: from and to are the same tier`,
			`12:19: handoffs[1].to: tier 4 does not exist: the tiers are 1, 2`,
			`12:37: handoffs[1].accept_within: "0h" is not a valid duration such as 30m, 4h or 2d`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, problems(tt.doc)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTree(t *testing.T) {
	p, err := Compile([]byte(head + `routing:
  - name: vip
    when: '"vip" in account.tags'
    continue: true
    set: {priority: high, tags: [vip]}
  - name: money
    when: message.subject contains "invoice"
    set: {inbox: billing, tags: [money]}
    routes:
      - name: dunning
        when: message.subject contains "overdue"
        set: {priority: urgent, tags: [dunning, money]}
      - name: credit
        when: account.attributes.credit > 3
        continue: true
        set: {tags: [credit]}
      - name: small
        when: account.attributes.credit < 10
        set: {inbox: frontline}
  - {name: default, set: {tier: 1}}
`))
	if err != nil {
		t.Fatal(err)
	}
	facts := func(subject string, credit any, tags ...string) Facts {
		return Facts{Message: MessageFacts{Subject: subject}, Account: AccountFacts{Tags: tags, Attributes: map[string]any{"credit": credit}}}
	}
	tests := []struct {
		name  string
		facts Facts
		want  string
	}{
		{"default, by its tier", facts("hello", nil), "frontline normal [] routing: default"},
		{"continue adds", facts("hello", nil, "vip"), "frontline high [vip] routing: vip, routing: default"},
		{"a parent alone", facts("invoice", "none"), "billing normal [money] routing: money"},
		{"a child inherits", facts("overdue invoice", 1), "billing urgent [money dunning] routing: money/dunning"},
		{"an earlier sibling takes precedence", facts("overdue invoice", 1, "vip"), "billing high [vip money dunning] routing: vip, routing: money/dunning"},
		{"children continue, and override", facts("invoice", 5), "frontline normal [money credit] routing: money/credit, routing: money/small"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := p.Route(tt.facts)
			if got := fmt.Sprint(a.Inbox, " ", a.Priority, " ", a.Tags, " ", strings.Join(a.Path, ", ")); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// A condition may contain "#", which YAML takes for the start of a comment.
func TestHashInCondition(t *testing.T) {
	p := compileFile(t, "full.yaml")
	if got := p.Route(Facts{Message: MessageFacts{NewText: "the webhook fails"}}).Inbox; got != "integrations" {
		t.Errorf("routed to %q", got)
	}
}

func TestExplain(t *testing.T) {
	p := compileFile(t, "full.yaml")
	want := []Step{
		{Section: "segment", Name: "enterprise", When: `account.attributes.arr >= 50000 or "strategic" in account.tags`,
			Why: "account.attributes.arr is missing"},
		{Section: "segment", Name: "business", When: `account.plan == "business"`},
		{Section: "segment", Name: "standard", Matched: true},
		{Section: "routing", Name: "outage", When: `message.new_text matches "(?i)\\b(outage|down|500 error)\\b" and segment == "enterprise"`},
		{Section: "routing", Name: "security", When: `message.to contains "security@"`},
		{Section: "routing", Name: "api", When: `any(["api", "webhook", "oauth"], {message.new_text contains #})`},
		{Section: "routing", Name: "chat", When: `channel == "chat"`, Matched: true},
		{Section: "sla", Name: "enterprise-t1", When: `segment == "enterprise" and tier == 1`},
		{Section: "sla", Name: "t1", When: "tier == 1", Matched: true},
	}
	if diff := cmp.Diff(want, p.Explain(Facts{Channel: "chat"})); diff != "" {
		t.Error(diff)
	}
}

func TestDueEscalations(t *testing.T) {
	p := compileFile(t, "full.yaml")
	facts, err := ParseFacts([]byte(`{"tier": 1, "messages": {"inbound": 3}, "stint": {"age": "2h1m", "unacknowledged": "59m"},
		"sla": {"first_response": {"used": 0.8, "breached": false}}}`))
	if err != nil {
		t.Fatal(err)
	}
	var due []string
	for _, e := range p.Escalations() {
		if ok, err := e.Due(&facts); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		} else if ok {
			due = append(due, e.Name)
		}
	}
	if diff := cmp.Diff([]string{"first-response-80", "stuck-in-t1"}, due); diff != "" {
		t.Error(diff)
	}
}

func TestParseFactsRefusesUnknownNames(t *testing.T) {
	for _, doc := range []string{`{"chanel": "chat"}`, `{"stint": {"aged": "2h"}}`, `{"stint": {"age": 2}}`, `{"stint": {"age": "2"}}`, `{} {}`, `[]`, ``} {
		if _, err := ParseFacts([]byte(doc)); err == nil {
			t.Errorf("%s was accepted", doc)
		}
	}
}

// Documents that would take minutes to parse are rejected immediately.
func TestHostileDocuments(t *testing.T) {
	for name, doc := range map[string]string{
		"brackets":        strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000),
		"braces":          strings.Repeat("{a: ", 20_000),
		"lists in lists":  strings.Repeat("- ", 50_000),
		"over many lines": strings.Repeat("a: {b: [{\n", 10_000),
		"parentheses":     head + "routing:\n  - name: a\n    when: " + strings.Repeat("(", 8000) + "\n",
		"too large":       strings.Repeat("# nothing\n", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			if len(problems(doc)) == 0 {
				t.Error("it compiled")
			}
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// FuzzPolicy checks that every document compiles or has problems with valid positions,
// and that a policy that compiles gives every conversation an inbox.
func FuzzPolicy(f *testing.F) {
	full, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(full))
	f.Add(string(Default))
	f.Add(sections)
	f.Add(head + "routing:\n  - {name: d, set: {inbox: frontline}}\n")
	f.Add(head + "routing: &x\n  - *x\n  - <<: {a: b}\n")
	f.Add("a: [{b: !!binary x}, ? c : d, |\n e]\n--- 2\n")
	f.Fuzz(func(t *testing.T, doc string) {
		p, err := Compile([]byte(doc))
		if err != nil {
			var wrong *PolicyError
			if !errors.As(err, &wrong) || len(wrong.Problems) == 0 {
				t.Fatalf("%T: %v", err, err)
			}
			for _, problem := range wrong.Problems {
				if problem.Line > strings.Count(lineEnds.Replace(doc), "\n")+2 || problem.Line < 1 || problem.Column < 1 {
					t.Errorf("the position is outside the document: %v", problem)
				}
			}
			return
		}
		for _, facts := range []Facts{{}, {Channel: "chat", Message: MessageFacts{Subject: "down", To: "security@x"}}} {
			if _, ok := p.Inbox(p.Route(facts).Inbox); !ok {
				t.Errorf("routed to %q", p.Route(facts).Inbox)
			}
		}
	})
}

// BenchmarkRoute routes a short mail, and one of 25 KB.
func BenchmarkRoute(b *testing.B) {
	p := compileFile(b, "default.yaml")
	for _, sentences := range []int{20, 520} {
		facts := Facts{Channel: "email", Message: MessageFacts{Subject: "Order has not arrived", To: "support@demo.example",
			NewText: strings.Repeat("The tracking page shows no update since Monday. ", sentences)}}
		b.Run(fmt.Sprint(len(facts.Message.NewText)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Route(facts)
			}
		})
	}
}
