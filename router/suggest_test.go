package router

import (
	"slices"
	"strings"
	"testing"
)

// rest completes head to a valid policy.
const rest = "routing:\n  - {name: d, set: {inbox: frontline}}\n"

// TestSuggestions: a wrong name is reported with the one that was probably meant, and
// another word without one.
func TestSuggestions(t *testing.T) {
	t.Parallel()
	calendars := "calendars:\n  office: {timezone: UTC, hours: {mon: [\"09:00-17:00\"]}}\n"
	sla := calendars + "slas:\n  - {name: gold, calendar: office, resolution: 4h}\n"
	route := func(set string) string {
		return head + sla + "routing:\n  - {name: a, when: contact.known, set: {" + set + "}}\n  - {name: d, set: {inbox: frontline}}\n"
	}
	when := func(condition string) string {
		return head + calendars + "routing:\n  - name: a\n    when: '" + condition + "'\n    set: {inbox: billing}\n  - {name: d, set: {inbox: frontline}}\n"
	}
	for _, tt := range []struct{ name, doc, want string }{
		{"section", head + rest + "segmnts: []\n", `"segments"`},
		{"key of an inbox", strings.Replace(head, "{tier: 2}", "{tier: 2, calender: office}", 1) + calendars + rest, `"calendar"`},
		{"key of a calendar", head + "calendars:\n  office: {timezone: UTC, hours: always, holiday: []}\n" + rest, `"holidays"`},
		{"key of an escalation", head + rest + "escalations:\n  - {name: a, on: conversation.assigned, do: {notfy: admins}}\n", `"notify"`},
		{"inbox", route("inbox: biling"), `"billing"`},
		{"another inbox", route("inbox: accounting"), ""},
		{"SLA policy", route("inbox: billing, sla: glod"), `"gold"`},
		{"priority", route("inbox: billing, priority: hihg"), `"high"`},
		{"another priority", route("inbox: billing, priority: critical"), ""},
		{"calendar of an inbox", strings.Replace(head, "{tier: 2}", "{tier: 2, calendar: ofice}", 1) + calendars + rest, `"office"`},
		{"calendar in a condition", when("not calendar.offfice"), `"office"`},
		{"strategy", strings.Replace(head, "{tier: 2}", "{tier: 2, assign: {strategy: least_loaded}}", 1) + rest, `"least-loaded"`},
		{"day", head + "calendars:\n  office: {timezone: UTC, hours: {monday: [\"09:00-17:00\"]}}\n" + rest, `"mon"`},
		{"range of days", head + "calendars:\n  office: {timezone: UTC, hours: {mon-friday: [\"09:00-17:00\"]}}\n" + rest, `"fri"`},
		{"person to notify", head + rest + "escalations:\n  - {name: a, on: conversation.assigned, do: {notify: asignee}}\n", `"assignee"`},
		{"fact", when(`acount.plan == "business"`), `"account"`},
		{"field of a fact", when(`message.subjct contains "x"`), `"subject"`},
		{"field of a clock", head + rest + "escalations:\n  - {name: a, on: sla.first_response.breeched, do: {notify: admins}}\n", `"breached"`},
		{"clock", head + rest + "escalations:\n  - {name: a, on: sla.first_respones.breached, do: {notify: admins}}\n", `"first_response"`},
		{"field of an attachment", when(`any(message.attachments, {.nmae contains ".exe"})`), `"name"`},
		{"fact without its group", when(`subject contains "x"`), `"message.subject"`},
		{"function", when(`lenn(account.tags) > 2`), `"len"`},
		{"another fact", when(`weather == "rain"`), ""},
	} {
		list := problems(tt.doc)
		if len(list) == 0 {
			t.Errorf("%s: it compiled:\n%s", tt.name, tt.doc)
			continue
		}
		hinted := slices.ContainsFunc(list, func(p string) bool { return strings.HasSuffix(p, "; did you mean "+tt.want+"?") })
		if tt.want == "" {
			hinted = !slices.ContainsFunc(list, func(p string) bool { return strings.Contains(p, "did you mean") })
		}
		if !hinted {
			t.Errorf("%s: want %s in\n%s", tt.name, tt.want, strings.Join(list, "\n"))
		}
	}
}

func TestSuggestionsForFacts(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		`{"chanel": "chat"}`:                          `; did you mean "channel"?`,
		`{"message": {"subjct": "x"}}`:                `; did you mean "subject"?`,
		`{"sla": {"resolution": {"remainig": "2h"}}}`: `; did you mean "remaining"?`,
		`{"weather": 1}`:                              `unknown field "weather"`,
	} {
		if _, err := ParseFacts([]byte(doc)); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", doc, err, want)
		}
	}
}
