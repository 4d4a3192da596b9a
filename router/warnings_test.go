package router

import (
	"slices"
	"strings"
	"testing"
)

// plain is a policy without warnings, in which the conditions of two routes, an SLA policy and an
// escalation can be replaced.
const plain = `version: 1
calendars:
  office: {timezone: UTC, hours: {mon-fri: ["09:00-17:00"]}}
segments:
  - {name: enterprise, when: account.plan == "enterprise"}
  - {name: standard}
tiers:
  - {tier: 1, name: Frontline}
  - {tier: 2, name: Specialists}
inboxes:
  frontline: {tier: 1}
  billing: {tier: 2}
slas:
  - {name: first, when: 'SLA', calendar: office, resolution: 4h}
routing:
  - name: a
    when: 'ROUTE'
    set: {inbox: billing}
    routes:
      - {name: child, when: 'CHILD', set: {tags: [x]}}
  - {name: b, when: 'SECOND', set: {inbox: billing}}
  - {name: d, set: {inbox: frontline}}
escalations:
  - {name: e, on: 'ESCALATION', do: {notify: [admins]}}
`

// warningsOf returns the warnings of plain with some conditions replaced.
func warningsOf(t *testing.T, replace ...string) []string {
	t.Helper()
	doc := strings.NewReplacer(append(replace, "SLA", "tier == 1", "ROUTE", `channel == "chat"`, "CHILD", "contact.known", "SECOND", `channel == "form"`,
		"ESCALATION", "sla.resolution.breached")...).Replace(plain)
	p, err := Compile([]byte(doc))
	if err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	var all []string
	for _, w := range p.Warnings() {
		all = append(all, w.String())
	}
	return all
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	if got := warningsOf(t); len(got) > 0 {
		t.Fatalf("a policy without mistakes: %q", got)
	}
	for _, tt := range []struct{ place, condition, want string }{
		{"ROUTE", "1 == 2", "17:11: routing[0].when: is always false"},
		{"ROUTE", "contact.known and false", "17:11: routing[0].when: is always false"},
		{"ROUTE", "not (contact.known or true)", "17:11: routing[0].when: is always false"},
		{"ROUTE", `"a" in [] and contact.known`, "17:11: routing[0].when: is always false"},
		{"ROUTE", "contact.known or false", ""},
		{"ROUTE", `segment == "enterprize"`, `17:23: routing[0].when: segment is never "enterprize"; did you mean "enterprise"?`},
		{"ROUTE", `contact.known and segment in ["standard", "vip"]`, `17:54: routing[0].when: segment is never "vip"`},
		{"ROUTE", `segment == ""`, ""},
		{"ROUTE", `channel == "mail"`, `17:23: routing[0].when: channel is never "mail"; did you mean "email"?`},
		{"ROUTE", `"sms" != channel`, `17:12: routing[0].when: channel is never "sms"`},
		{"ROUTE", `message.trust == "forgd"`, `17:29: routing[0].when: message.trust is never "forgd"; did you mean "forged"?`},
		{"ROUTE", `history.reopened > 2`, ""},
		{"ROUTE", `channel == "chat" and channel == "email"`, "17:11: routing[0].when: is never true: channel cannot be both chat and email"},
		{"ROUTE", `channel == "chat" and (contact.known and channel in ["email", "form"])`, "17:11: routing[0].when: is never true: channel cannot be both chat and email or form"},
		{"ROUTE", `account.plan == "a" and account.plan != "a"`, "17:11: routing[0].when: is never true: account.plan cannot be and not be a"},
		{"ROUTE", `contact.known and not contact.known`, "17:11: routing[0].when: is never true: contact.known cannot be both true and false"},
		{"ROUTE", `history.open > 5 and history.open < 3`, "17:11: routing[0].when: is never true: no history.open is within both bounds"},
		{"ROUTE", `history.open >= 5 and 5 > history.open`, "17:11: routing[0].when: is never true: no history.open is within both bounds"},
		{"ROUTE", `history.open >= 5 and history.open <= 5`, ""},
		{"ROUTE", `channel == "chat" or channel == "email"`, ""},
		{"ROUTE", `account.plan == "a" and account.name == "b"`, ""},
		{"ROUTE", `message.subject contains "a" and message.subject contains "b"`, ""},
		{"CHILD", `channel == "email"`, "20:29: routing[0].routes[0].when: is never true: channel cannot be both chat and email"},
		{"CHILD", `channel != "email"`, ""},
		{"SECOND", `channel  ==  "chat"`, `21:21: routing[1].when: is never reached: "a" before it has the same condition`},
		{"SLA", "tier == 7", "14:34: slas[0].when: there is no tier 7: the tiers are 1, 2"},
		{"SLA", "tier in [1, 7]", "14:38: slas[0].when: there is no tier 7: the tiers are 1, 2"},
		{"SLA", `inbox == "biling"`, `14:35: slas[0].when: inbox is never "biling"; did you mean "billing"?`},
		{"SLA", `conversation.priority == "hi"`, `14:51: slas[0].when: conversation.priority is never "hi"`},
		{"ESCALATION", "sla.first_response >= 80%", "24:20: escalations[0].on: no SLA policy has a target for first_response"},
		{"ESCALATION", "sla.update.breached", "24:20: escalations[0].on: no SLA policy has a target for update_every"},
		{"ESCALATION", "sla.resolution >= 80% and sla.resolution.used < 0.5", ""},
		{"ESCALATION", "stint.age > 2h and stint.age < 1h", "24:19: escalations[0].on: is never true: no stint.age is within both bounds"},
		{"ESCALATION", `gap == "ownr"`, `24:27: escalations[0].on: gap is never "ownr"; did you mean "owner"?`},
		{"ESCALATION", `stint.waiting_on == "us" and gap == "owner"`, ""},
	} {
		got := warningsOf(t, tt.place, tt.condition)
		if strings.Join(got, "\n") != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.place, tt.condition, got, tt.want)
		}
	}
}

func TestWarningsOfTheDocument(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, old, new, want string }{
		{"an inbox that nothing leads to", "  billing: {tier: 2}\n", "  billing: {tier: 2}\n  lost: {tier: 2}\n", "13:3: inboxes.lost: no route, move, overflow or handoff leads to this inbox"},
		{"a handoff leads to it", "  billing: {tier: 2}\n", "  billing: {tier: 2}\n  lost: {tier: 2}\nhandoffs: [{from: 1, to: lost}]\n", ""},
		{"a move leads to it", "notify: [admins]", "move: tier+1", ""},
		{"an iCalendar file", "{mon-fri: [\"09:00-17:00\"]}}", "always, holidays: [2026-12-24, {ical: de.ics}]}", ""},
		{"a permission", "{tier: 1, name: Frontline}", `{tier: 1, name: Frontline, may: [reply, "*", task, merge, resolv]}`, `8:63: tiers[0].may[4]: "resolv" is not a known permission`},
		{"a permission for later", "{tier: 1, name: Frontline}", `{tier: 1, name: Frontline, may: [reply, "macro:*", "refund<=50"]}`, `8:56: tiers[0].may[2]: "refund<=50" has no effect: there is no such operation yet`},
		{"another permission for later", "{tier: 1, name: Frontline}", `{tier: 1, name: Frontline, may: [reply, "refund <= 2.50"]}`, `8:45: tiers[0].may[1]: "refund <= 2.50" has no effect`},
		{"macros", "{tier: 1, name: Frontline}", `{tier: 1, name: Frontline, may: [reply, tag, "macro:*", "macro:Refund approved"]}`, ""},
		{"a macro without a name", "{tier: 1, name: Frontline}", `{tier: 1, name: Frontline, may: ["macro:"]}`, `8:38: tiers[0].may[0]: "macro:" is not a known permission`},
		{"a skill", "{tier: 1, name: Frontline}", "{tier: 1, name: Frontline, skills: [biling]}", `8:41: tiers[0].skills[0]: no inbox needs the skill "biling"`},
		{"a skill that an inbox needs", "billing: {tier: 2}", "billing: {tier: 2, skills: [api]}", ""},
		{"a strategy", "billing: {tier: 2}", "billing: {tier: 2, assign: {strategy: skill, capacity: 5, sticky: true}, overflow: {to: frontline, when_load: 90%}}", ""},
		{"the same segment", "  - {name: standard}", "  - {name: again, when: 'account.plan==\"enterprise\"'}\n  - {name: standard}", `6:25: segments[1].when: is never reached: "enterprise" before it has the same condition`},
		{"the same route after one that continues", "    set: {inbox: billing}\n    routes:", "    continue: true\n    set: {inbox: billing}\n    routes:", ""},
	} {
		got := warningsOf(t, tt.old, tt.new)
		found := slices.ContainsFunc(got, func(w string) bool { return strings.HasPrefix(w, tt.want) })
		if tt.want == "" && len(got) > 0 || !found && tt.want != "" {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
