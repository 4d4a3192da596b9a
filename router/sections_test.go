package router

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const sections = `version: 1
calendars:
  office: {timezone: UTC, hours: {mon-fri: ["09:00-17:00"]}}
tiers:
  - {tier: 1, name: Frontline}
  - {tier: 2, name: Specialists}
inboxes:
  frontline: {tier: 1, assign: {strategy: least-loaded, capacity: 20, sticky: true}, overflow: {to: [backup, billing], when_waiting: 30m, when_load: 90%, back_below: 50%}}
  backup: {tier: 1, overflow: {to: billing, when_load: 80%}}
  billing: {tier: 2}
  api: {tier: 2}
routing:
  - {name: default, set: {inbox: frontline}}
escalations:
  - {name: page, on: sla.first_response.breached, do: {page: on-call, repeat: 5m}}
  - {name: orphan, on: gap == "owner" or gap == "next_action", do: {notify: [inbox-lead]}}
  - {name: unaccepted, on: "handoff.pending and (handoff.age > 2h or handoff.accept >= 80%)", do: {notify: [admins]}}
handoffs:
  - {from: 1, to: 2, require: [problem], accept_within: 2h}
  - {from: frontline, to: 2, require: [tried]}
  - from: 1
    to: billing
    guard: account.plan == "business" or "invoice" in conversation.tags
    else: refuse
    message: Billing needs an invoice number.
  - {from: backup, to: billing, guard: messages.outbound > 0, message: Answer first.}
  - {from: billing, to: api, require: [impact]}
gaps: {no_owner: 1h, no_clock: 0m, calendar: office}
`

func TestNewSections(t *testing.T) {
	t.Parallel()
	p, err := Compile([]byte(sections))
	if err != nil {
		t.Fatal(err)
	}
	in, _ := p.Inbox("frontline")
	if diff := cmp.Diff(Overflow{To: []string{"backup", "billing"}, WhenWaiting: 30 * time.Minute, WhenLoad: 90, BackBelow: 50}, in.Overflow); diff != "" || !in.Assign.Sticky {
		t.Error(diff)
	}
	in, _ = p.Inbox("backup")
	if diff := cmp.Diff(Overflow{To: []string{"billing"}, WhenLoad: 80, BackBelow: 80}, in.Overflow); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(GapRules{After: map[Gap]time.Duration{GapOwner: time.Hour, GapClock: 0}, Calendar: "office"}, p.Gaps()); diff != "" {
		t.Error(diff)
	}
	if e := p.Escalations()[0]; e.Do.Page != "on-call" || e.Do.Repeat != 5*time.Minute {
		t.Errorf("%+v", e.Do)
	}
	for doc, want := range map[string]string{
		`{"gap": "owner"}`: "orphan", `{"gap": "clock"}`: "", `{}`: "",
		`{"handoff": {"pending": true, "age": "2h1m"}}`:                        "unaccepted",
		`{"handoff": {"pending": true, "age": "1h", "accept": {"used": 0.9}}}`: "unaccepted",
		`{"handoff": {"age": "3h"}}`:                                           "",
	} {
		f, err := ParseFacts([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, e := range p.Escalations() {
			if ok, _ := e.Due(&f); ok {
				got += e.Name
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", doc, got, want)
		}
	}
}

// TestHandoffBetween: the most specific contract applies.
func TestHandoffBetween(t *testing.T) {
	t.Parallel()
	p, err := Compile([]byte(sections))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ from, to, want string }{
		{"frontline", "api", "frontline>2"},
		{"backup", "api", "1>2"},
		{"frontline", "billing", "1>billing"},
		{"backup", "billing", "backup>billing"},
		{"billing", "api", "billing>api"},
		{"api", "billing", ""},
		{"frontline", "backup", ""},
		{"billing", "billing", ""},
		{"nowhere", "billing", ""},
	} {
		h, ok := p.HandoffBetween(tt.from, tt.to)
		got := ""
		if ok {
			got = placeName(h.From, h.FromInbox) + ">" + placeName(h.To, h.ToInbox)
		}
		if got != tt.want {
			t.Errorf("%s to %s: %q, want %q", tt.from, tt.to, got, tt.want)
		}
	}
	if h, ok := p.Handoff(1, 2); !ok || h.AcceptWithin != 2*time.Hour {
		t.Errorf("between tiers: %+v", h)
	}
	h, _ := p.HandoffBetween("frontline", "billing")
	if h.Else != GuardRefuse || h.Message == "" || h.Guard == "" {
		t.Errorf("%+v", h)
	}
	for plan, want := range map[string]bool{"business": true, "free": false} {
		if ok, err := h.Allows(Facts{Account: AccountFacts{Plan: plan}}); ok != want || err != nil {
			t.Errorf("%s: %t, %v", plan, ok, err)
		}
	}
	if h, _ := p.HandoffBetween("backup", "billing"); h.Else != GuardWarn {
		t.Errorf("the default is %q", h.Else)
	}
	if ok, err := p.Handoffs()[0].Allows(Facts{}); !ok || err != nil {
		t.Error("a handoff without a guard is not allowed")
	}
}

func TestProblemsOfNewSections(t *testing.T) {
	t.Parallel()
	inbox := func(keys string) string {
		return strings.Replace(head, "frontline: {tier: 1}", "frontline: {tier: 1, "+keys+"}", 1) + rest
	}
	rotation := func(keys string) string { return inbox("assign: {strategy: on-call, rotation: [{" + keys + "}]}") }
	for _, tt := range []struct{ name, doc, want string }{
		{"overflow without a reason", inbox("overflow: {to: [billing]}"), `6:34: inboxes.frontline.overflow: never begins: set when_waiting, when_load or both`},
		{"overflow to itself", inbox("overflow: {to: [frontline], when_load: 90%}"), `6:40: inboxes.frontline.overflow.to[0]: an inbox cannot overflow to itself`},
		{"overflow twice", inbox("overflow: {to: [billing, billing], when_load: 90%}"), `6:49: inboxes.frontline.overflow.to[1]: inbox "billing" is listed twice`},
		{"overflow to nowhere", inbox("overflow: {to: [biling], when_load: 90%}"), `6:40: inboxes.frontline.overflow.to[0]: inbox "biling" does not exist; did you mean "billing"?`},
		{"overflow to nothing", inbox("overflow: {to: [], when_load: 90%}"), `6:39: inboxes.frontline.overflow.to: at least one inbox is required`},
		{"overflow that ends at once", inbox("overflow: {to: [billing], when_load: 50%, back_below: 90%}"), `6:78: inboxes.frontline.overflow.back_below: must not be above when_load: the overflow would end as soon as it begins`},
		{"sticky", inbox("assign: {strategy: manual, sticky: often}"), `6:59: inboxes.frontline.assign.sticky: must be true or false`},
		{"rotation without on-call", inbox("assign: {strategy: skill, rotation: {agents: [a@x.example], handover: mon 09:00, timezone: UTC}}"), `6:50: inboxes.frontline.assign.rotation: is used by the strategy on-call only, but the strategy is skill`},
		{"rotation without agents", rotation("agents: [], handover: mon 09:00, timezone: UTC"), `6:72: inboxes.frontline.assign.rotation[0].agents: at least one agent is required`},
		{"rotation with a name", rotation("agents: [ana], handover: mon 09:00, timezone: UTC"), `6:73: inboxes.frontline.assign.rotation[0].agents[0]: "ana" is not an agent's address`},
		{"rotation without a day", rotation("agents: [a@x.example], handover: \"09:00\", timezone: UTC, every: 2w"), `6:97: inboxes.frontline.assign.rotation[0].handover: needs a day, as in "mon 09:00", because the rotation takes whole weeks`},
		{"rotation with a day too many", rotation("agents: [a@x.example], handover: mon 09:00, timezone: UTC, every: 3d"), `6:97: inboxes.frontline.assign.rotation[0].handover: must not have a day, as in "09:00", because the rotation does not take whole weeks`},
		{"rotation with a wrong day", rotation("agents: [a@x.example], handover: monday 09:00, timezone: UTC"), `6:97: inboxes.frontline.assign.rotation[0].handover: "monday" is not a valid day: use sun, mon, tue, wed, thu, fri, sat; did you mean "mon"?`},
		{"rotation at a wrong time", rotation("agents: [a@x.example], handover: mon 24:00, timezone: UTC"), `6:97: inboxes.frontline.assign.rotation[0].handover: "mon 24:00" is not a valid time such as "mon 09:00" or "09:00"`},
		{"rotation of hours", rotation("agents: [a@x.example], handover: mon 09:00, timezone: UTC, every: 12h"), `6:130: inboxes.frontline.assign.rotation[0].every: "12h" is not a valid number of days or weeks such as 1w or 3d`},
		{"override that ends before", rotation("agents: [a@x.example], handover: mon 09:00, timezone: UTC, overrides: [{from: 2026-04-02, to: 2026-04-01, agent: b@x.example}]"), `6:135: inboxes.frontline.assign.rotation[0].overrides[0]: must end after it begins`},
		{"override at no time", rotation("agents: [a@x.example], handover: mon 09:00, timezone: UTC, overrides: [{from: soon, to: 2026-04-01, agent: b@x.example}]"), `6:142: inboxes.frontline.assign.rotation[0].overrides[0].from: "soon" is not a valid local time such as 2026-12-24T12:00, or a date`},

		{"page", head + rest + "escalations:\n  - {name: a, on: conversation.assigned, do: {page: oncall}}\n", `11:53: escalations[0].do.page: "oncall" must be on-call or an agent's address; did you mean "on-call"?`},
		{"repeat without a page", head + rest + "escalations:\n  - {name: a, on: conversation.assigned, do: {notify: admins, repeat: 5m}}\n", `11:63: escalations[0].do.repeat: repeats a page, but the action has no ` + "`page`"},

		{"guard without a message", head + rest + "handoffs:\n  - {from: 1, to: 2, guard: contact.known}\n", "11:22: handoffs[0]: a guard needs a `message` that tells the agent what is missing"},
		{"message without a guard", head + rest + "handoffs:\n  - {from: 1, to: 2, message: no}\n", "11:22: handoffs[0].message: belongs to a guard, but the handoff has no `guard`"},
		{"else without a guard", head + rest + "handoffs:\n  - {from: 1, to: 2, else: warn}\n", "11:22: handoffs[0].else: belongs to a guard, but the handoff has no `guard`"},
		{"else what", head + rest + "handoffs:\n  - {from: 1, to: 2, guard: contact.known, message: m, else: refues}\n", `11:62: handoffs[0].else: "refues" must be one of warn, refuse; did you mean "refuse"?`},
		{"a guard that does not compile", head + rest + "handoffs:\n  - {from: 1, to: 2, guard: contact.knwon, message: m}\n", `11:37: handoffs[0].guard: type router.ContactFacts has no field knwon; did you mean "known"?`},
		{"handoff to no inbox", head + rest + "handoffs:\n  - {from: 1, to: biling}\n", `11:19: handoffs[0].to: inbox "biling" does not exist; did you mean "billing"?`},
		{"handoff in an inbox", head + rest + "handoffs:\n  - {from: billing, to: billing}\n", `11:5: handoffs[0]: from and to are the same inbox`},
		{"handoff twice", head + rest + "handoffs:\n  - {from: 1, to: billing}\n  - {from: 1, to: billing}\n", `12:5: handoffs[1]: the handoff from 1 to billing already exists`},

		{"no sample", head + rest + "reviews: {criteria: [Tone]}\n", `10:10: reviews: "sample" is missing`},
		{"sample of a tier that is not there", head + rest + "reviews: {sample: {9: 3}}\n", `10:20: reviews.sample: unknown key "9": must be one of 1, 2`},
		{"no whole sample", head + rest + "reviews: {sample: 0}\n", `10:19: reviews.sample: must be a whole number, 1 or more`},
		{"criterion twice", head + rest + "reviews: {sample: 3, criteria: [Tone, Tone]}\n", `10:39: reviews.criteria[1]: criterion "Tone" already exists`},
		{"no gap", head + rest + "gaps: {}\n", `10:7: gaps: watches no gap: set at least one of no_owner, no_clock, no_next_action`},
		{"wrong gap", head + rest + "gaps: {no_onwer: 1h}\n", `10:8: gaps: unknown key "no_onwer": must be one of calendar, no_clock, no_next_action, no_owner; did you mean "no_owner"?`},
		{"negative gap", head + rest + "gaps: {no_owner: -1h}\n", `10:18: gaps.no_owner: "-1h" is not a valid duration such as 0m, 30m or 4h`},
		{"gap in no calendar", head + rest + "gaps: {no_owner: 1h, calendar: office}\n", `10:32: gaps.calendar: calendar "office" does not exist`},
		{"gap in routing", head + "routing:\n  - {name: a, when: gap == \"owner\", set: {inbox: billing}}\n  - {name: d, set: {inbox: frontline}}\n", `9:21: routing[0].when: gap is not available here: it is decided later`},
		{"handoff in routing", head + "routing:\n  - {name: a, when: handoff.pending, set: {inbox: billing}}\n  - {name: d, set: {inbox: frontline}}\n", `9:21: routing[0].when: handoff is not available here: it is decided later`},
	} {
		if diff := cmp.Diff([]string{tt.want}, problems(tt.doc)); diff != "" {
			t.Errorf("%s:\n%s", tt.name, diff)
		}
	}
}
