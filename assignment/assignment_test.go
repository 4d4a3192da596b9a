package assignment

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/router"
	"switchboard/router/sla"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// person returns an available agent of tier 1. Each edit changes something.
func person(name string, edits ...func(*desk.Member)) desk.Member {
	m := desk.Member{Agent: desk.Agent{ID: desk.AgentID{15: name[0]}, Name: name, Email: strings.ToLower(name) + "@desk.example", Tiers: []desk.Tier{1}},
		Availability: desk.Available, Load: map[string]int{}}
	for _, edit := range edits {
		edit(&m)
	}
	return m
}

func open(n int) func(*desk.Member)      { return func(m *desk.Member) { m.Load["frontline"] = n } }
func elsewhere(n int) func(*desk.Member) { return func(m *desk.Member) { m.Load["billing"] = n } }
func capacity(n int) func(*desk.Member)  { return func(m *desk.Member) { m.Capacity = n } }
func skills(s ...string) func(*desk.Member) {
	return func(m *desk.Member) { m.Skills = s }
}
func tiers(t ...desk.Tier) func(*desk.Member) { return func(m *desk.Member) { m.Tiers = t } }
func only(keys ...string) func(*desk.Member)  { return func(m *desk.Member) { m.Inboxes = keys } }
func is(a desk.Availability, reason string) func(*desk.Member) {
	return func(m *desk.Member) { m.Availability, m.Reason = a, reason }
}

var (
	gone    = is(desk.Away, desk.ReasonChosen)
	asleep  = is(desk.Away, desk.ReasonHours)
	offline = is(desk.Offline, desk.ReasonDisconnected)
)

func inbox(strategy string, capacity int) router.Inbox {
	return router.Inbox{Key: "frontline", Tier: 1, Assign: router.Assign{Strategy: strategy, Capacity: capacity}}
}

// letter returns conversation number n, which has been waiting for n minutes.
func letter(n int, edits ...func(*Waiting)) Waiting {
	w := Waiting{ID: desk.ConversationID{15: byte(n)}, Priority: desk.PriorityNormal, Tier: 1, WaitingSince: noon.Add(-time.Duration(n) * time.Minute), Since: noon.Add(-time.Duration(n) * time.Minute)}
	for _, edit := range edits {
		edit(&w)
	}
	return w
}

// told writes choices as "2>Ana 1>Ben".
func told(choices []Choice) string {
	var out []string
	for _, c := range choices {
		text := fmt.Sprintf("%d>%s", c.Conversation[15], c.Agent.Name)
		if c.Helping != "" {
			text += "(" + c.Helping + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func rotation(names ...string) router.Rotation {
	r := router.Rotation{Location: time.UTC, Days: 7, Minute: 9 * 60, Start: sla.Date{Year: 2026, Month: 3, Day: 2}}
	for _, name := range names {
		r.Agents = append(r.Agents, strings.ToLower(name)+"@desk.example")
	}
	return r
}

func TestDecide(t *testing.T) {
	t.Parallel()
	three := []Waiting{letter(3), letter(2), letter(1)}
	due := func(at time.Time) func(*Waiting) { return func(w *Waiting) { w.DueAt = at } }
	skilled := inbox(Skill, 0)
	skilled.Skills = []string{"api"}
	sticky := inbox(LeastLoaded, 0)
	sticky.Assign.Sticky = true
	call := inbox(OnCall, 2)
	call.Assign.Rotations = []router.Rotation{rotation("Ana", "Ben"), rotation("Cy")}
	callSticky := call
	callSticky.Assign.Sticky = true
	billing, backup := router.Inbox{Key: "billing", Tier: 2, Assign: router.Assign{Capacity: 2}}, router.Inbox{Key: "backup", Tier: 3}
	helped := State{At: noon, Helping: []router.Inbox{billing, backup}}
	tests := []struct {
		name    string
		inbox   router.Inbox
		waiting []Waiting
		members []desk.Member
		state   State
		want    string
	}{
		{"manual assigns nothing", inbox(Manual, 0), three, []desk.Member{person("Ana")}, State{}, ""},
		{"the fewest open conversations", inbox(LeastLoaded, 0), three, []desk.Member{person("Ana", open(2)), person("Ben", open(1))}, State{}, "3>Ben 2>Ana 1>Ben"},
		{"conversations of other inboxes count", inbox(LeastLoaded, 0), three[:1], []desk.Member{person("Ana", elsewhere(2)), person("Ben", open(1))}, State{}, "3>Ben"},
		{"up to the capacity of the inbox", inbox(LeastLoaded, 2), three, []desk.Member{person("Ana", open(1)), person("Ben", elsewhere(1))}, State{}, "3>Ana 2>Ben"},
		{"an agent's own capacity comes first", inbox(LeastLoaded, 1), three, []desk.Member{person("Ana", capacity(3))}, State{}, "3>Ana 2>Ana 1>Ana"},
		{"an agent's own capacity may be smaller", inbox(LeastLoaded, 9), three, []desk.Member{person("Ana", capacity(1)), person("Ben", capacity(1))}, State{}, "3>Ana 2>Ben"},
		{"over capacity already", inbox(LeastLoaded, 2), three, []desk.Member{person("Ana", open(5))}, State{}, ""},
		{"who is not available gets nothing", inbox(LeastLoaded, 0), three[:1], []desk.Member{person("Ana", gone), person("Ben", offline), person("Cy", asleep), person("Dee", open(9))}, State{}, "3>Dee"},
		{"who is disabled gets nothing", inbox(LeastLoaded, 0), three[:1], []desk.Member{person("Ana", func(m *desk.Member) { m.Disabled = true })}, State{}, ""},
		{"who works elsewhere gets nothing", inbox(LeastLoaded, 0), three[:1], []desk.Member{person("Ana", tiers(2)), person("Ben", only("billing")), person("Cy", only("frontline", "billing"), open(4))}, State{}, "3>Cy"},
		{"an admin who works in no tier gets nothing", inbox(LeastLoaded, 0), three[:1], []desk.Member{person("Ana", tiers(), func(m *desk.Member) { m.Admin = true })}, State{}, ""},
		{"restricted to those who may read it", inbox(LeastLoaded, 0), []Waiting{letter(1, func(w *Waiting) { w.Restricted, w.Tier = true, 2 })},
			[]desk.Member{person("Ana"), person("Ben", tiers(1, 2), open(3))}, State{}, "1>Ben"},

		{"the earliest deadline first", inbox(LeastLoaded, 1), []Waiting{letter(9), letter(1, due(noon.Add(time.Hour))), letter(2, due(noon.Add(-time.Hour)))}, []desk.Member{person("Ana"), person("Ben")}, State{}, "2>Ana 1>Ben"},
		{"then the highest priority", inbox(LeastLoaded, 1), []Waiting{letter(9), letter(2, func(w *Waiting) { w.Priority = desk.PriorityUrgent })}, []desk.Member{person("Ana")}, State{}, "2>Ana"},
		{"then the longest wait", inbox(LeastLoaded, 1), []Waiting{letter(2), letter(9)}, []desk.Member{person("Ana")}, State{}, "9>Ana"},

		{"turns", inbox(RoundRobin, 0), three, []desk.Member{person("Ana"), person("Ben", open(7))}, State{}, "3>Ana 2>Ben 1>Ana"},
		{"turns continue", inbox(RoundRobin, 0), three, []desk.Member{person("Ana"), person("Ben"), person("Cy")},
			State{Turns: map[desk.AgentID]time.Time{person("Ana").ID: noon.Add(-time.Hour), person("Ben").ID: noon.Add(-3 * time.Hour)}}, "3>Cy 2>Ben 1>Ana"},
		{"a turn is skipped by who is full", inbox(RoundRobin, 1), three, []desk.Member{person("Ana", open(1)), person("Ben")}, State{}, "3>Ben"},

		{"the skill of the inbox", skilled, three[:1], []desk.Member{person("Ana"), person("Ben", skills("api"), open(3))}, State{}, "3>Ben"},
		{"nobody has the skill", skilled, three[:1], []desk.Member{person("Ana", skills("invoices"))}, State{}, ""},
		{"a tag that is a skill", skilled, []Waiting{letter(1, func(w *Waiting) { w.Tags = []string{"vip", "oauth"} })},
			[]desk.Member{person("Ana", skills("api")), person("Ben", skills("api", "oauth"), open(3)), person("Cy", skills("vip", "api"))}, State{Skills: []string{"api", "oauth"}}, "1>Ben"},
		{"the least loaded of equal skills", skilled, three[:1], []desk.Member{person("Ana", skills("api"), open(2)), person("Ben", skills("api"), open(1))}, State{}, "3>Ben"},
		{"no skill is asked for", inbox(Skill, 0), three[:1], []desk.Member{person("Ana", open(1)), person("Ben")}, State{}, "3>Ben"},

		{"whoever is on call", call, three[:1], []desk.Member{person("Ana"), person("Ben"), person("Cy")}, State{At: noon}, "3>Ana"},
		{"at night, too", call, three[:1], []desk.Member{person("Ana", asleep), person("Cy")}, State{At: noon}, "3>Ana"},
		{"who is on call need not be connected", call, three[:1], []desk.Member{person("Ana", offline), person("Cy")}, State{At: noon}, "3>Ana"},
		{"the backup of who is away", call, three[:1], []desk.Member{person("Ana", gone), person("Ben"), person("Cy")}, State{At: noon}, "3>Cy"},
		{"the backup of who is full", call, three, []desk.Member{person("Ana", open(1)), person("Ben"), person("Cy")}, State{At: noon}, "3>Ana 2>Cy 1>Cy"},
		{"the next week", call, three[:1], []desk.Member{person("Ana"), person("Ben"), person("Cy")}, State{At: noon.AddDate(0, 0, 7)}, "3>Ben"},
		{"nobody on call", call, three[:1], []desk.Member{person("Ben")}, State{At: noon}, ""},

		{"the contact's last agent", sticky, []Waiting{letter(1, func(w *Waiting) { w.Last = person("Ben").ID })}, []desk.Member{person("Ana"), person("Ben", open(8))}, State{}, "1>Ben"},
		{"the contact's last agent is away", sticky, []Waiting{letter(1, func(w *Waiting) { w.Last = person("Ben").ID })}, []desk.Member{person("Ana", open(8)), person("Ben", gone)}, State{}, "1>Ana"},
		{"a rule took it from the contact's last agent", sticky, []Waiting{letter(1, func(w *Waiting) { w.Last, w.Avoid = person("Ben").ID, person("Ben").ID })}, []desk.Member{person("Ana", open(8)), person("Ben")}, State{}, "1>Ana"},
		{"the contact's last agent is not on call", callSticky, []Waiting{letter(1, func(w *Waiting) { w.Last = person("Ben").ID })}, []desk.Member{person("Ana", gone), person("Ben")}, State{At: noon}, "1>Ben"},

		{"not to the agent from whom a rule took it", inbox(LeastLoaded, 0), []Waiting{letter(1, func(w *Waiting) { w.Avoid = person("Ana").ID })}, []desk.Member{person("Ana"), person("Ben", open(5))}, State{}, "1>Ben"},
		{"unless there is nobody else", inbox(LeastLoaded, 5), []Waiting{letter(1, func(w *Waiting) { w.Avoid = person("Ana").ID })}, []desk.Member{person("Ana"), person("Ben", open(5)), person("Cy", gone)}, State{}, "1>Ana"},

		{"helpers share the load", inbox(LeastLoaded, 5), three, []desk.Member{person("Ana", open(1)), person("Ben", tiers(2))}, helped, "3>Ben(billing) 2>Ana 1>Ben(billing)"},
		{"helpers need the skills of the inbox", skilled, three[:1], []desk.Member{person("Ben", tiers(2)), person("Cy", tiers(2), skills("api"), elsewhere(1))}, helped, "3>Cy(billing)"},
		{"the first helping inbox with somebody", inbox(LeastLoaded, 5), three[:2], []desk.Member{person("Ben", tiers(2), elsewhere(1)), person("Cy", tiers(3))}, helped, "3>Ben(billing) 2>Cy(backup)"},
		{"helpers only while it overflows", inbox(LeastLoaded, 5), three[:1], []desk.Member{person("Ben", tiers(2))}, State{}, ""},
		{"helpers must be allowed to read it", inbox(LeastLoaded, 5), []Waiting{letter(1, func(w *Waiting) { w.Restricted = true })}, []desk.Member{person("Ben", tiers(2))}, helped, ""},
		{"on call comes before helpers", call, three, []desk.Member{person("Ana", open(1)), person("Ben", tiers(2))}, helped, "3>Ana 2>Ben(billing) 1>Ben(billing)"},
	}
	for _, test := range tests {
		if got := told(Decide(test.inbox, test.waiting, test.members, test.state)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestConsidered: everybody in the inbox has a reason, the chosen agent first.
func TestConsidered(t *testing.T) {
	t.Parallel()
	members := []desk.Member{person("Ana", gone), person("Ben", open(2)), person("Cy", open(1)), person("Dee", open(5)), person("Eve", tiers(2)), person("Fay", offline), person("Gus", asleep), person("Hal", open(1))}
	choices := Decide(inbox(LeastLoaded, 5), []Waiting{letter(1, func(w *Waiting) { w.Avoid = person("Hal").ID })}, members, State{})
	if len(choices) != 1 {
		t.Fatal(choices)
	}
	var got []string
	for _, c := range choices[0].Considered {
		got = append(got, c.Name+": "+c.WhyNot)
	}
	want := "Cy: |Hal: had it before, and a rule took it from them|Ben: has 2 open conversations|Ana: is away|Dee: has 5 of 5 open conversations|Fay: is not connected|Gus: is outside their working hours"
	if strings.Join(got, "|") != want || choices[0].Reason != "has 1 open conversation" || choices[0].Strategy != LeastLoaded {
		t.Errorf("%s\n%q %s", strings.Join(got, "|"), choices[0].Reason, choices[0].Strategy)
	}
}

func TestOverflows(t *testing.T) {
	t.Parallel()
	office := &sla.Calendar{Location: time.UTC}
	office.Hours, _ = sla.ParseHours(map[string][]string{"mon-fri": {"09:00-17:00"}})
	in := inbox(LeastLoaded, 4)
	in.Overflow = router.Overflow{To: []string{"billing"}, WhenWaiting: 30 * time.Minute, WhenLoad: 75, BackBelow: 50}
	waitingOnly := in
	waitingOnly.Overflow.WhenLoad, waitingOnly.Overflow.BackBelow = 0, 0
	tests := []struct {
		name   string
		inbox  router.Inbox
		before bool
		oldest time.Time
		load   int
		at     time.Time
		want   bool
	}{
		{"nothing waits", in, false, time.Time{}, 4, noon, false},
		{"not long enough", in, false, noon.Add(-29 * time.Minute), 0, noon, false},
		{"long enough", in, false, noon.Add(-30 * time.Minute), 0, noon, true},
		{"not in business time", in, false, noon.Add(-4 * time.Hour), 0, noon.Add(-3*time.Hour + 29*time.Minute), false},
		{"in business time", in, false, noon.Add(-4 * time.Hour), 0, noon.Add(-3*time.Hour + 30*time.Minute), true},
		{"loaded", in, false, noon, 3, noon, true},
		{"not loaded", in, false, noon, 2, noon, false},
		{"it goes on above back_below", in, true, time.Time{}, 2, noon, true},
		{"it ends below back_below", in, true, time.Time{}, 1, noon, false},
		{"it goes on while one has waited", in, true, noon.Add(-time.Hour), 1, noon, true},
		{"without a load it ends with the wait", waitingOnly, true, noon, 4, noon, false},
		{"no overflow in the policy", inbox(LeastLoaded, 4), true, noon.Add(-time.Hour), 4, noon, false},
	}
	for _, test := range tests {
		members := []desk.Member{person("Ana", open(test.load)), person("Ben", gone)}
		if got, why := Overflows(test.inbox, test.before, test.oldest, members, office, test.at); got != test.want {
			t.Errorf("%s: %v (%s)", test.name, got, why)
		}
	}
	if got := Load(in, []desk.Member{person("Ana", gone)}); got != 100 {
		t.Errorf("nobody present: %v", got)
	}
	if got := Load(in, []desk.Member{person("Ana", open(3), capacity(6)), person("Ben", open(1), elsewhere(1))}); got != 50 {
		t.Errorf("load %v", got)
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	in := inbox(OnCall, 0)
	in.Assign.Rotations = []router.Rotation{rotation("Ana", "Ben")}
	in.Overflow = router.Overflow{To: []string{"billing"}, WhenWaiting: 30 * time.Minute}
	if got := Next(in, time.Time{}, nil, noon); !got.IsZero() {
		t.Error(got)
	}
	if got := Next(in, noon, nil, noon); !got.Equal(noon.Add(30 * time.Minute)) {
		t.Error(got)
	}
	handover := time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)
	if got := Next(in, noon, nil, noon.Add(30*time.Minute)); !got.Equal(handover) {
		t.Error(got)
	}
	in.Assign.Rotations[0].Overrides = []router.Override{{From: sla.WallTimeOf(noon), To: sla.WallTimeOf(noon.Add(2 * time.Hour)), Agent: "cy@desk.example"}}
	if got := Next(in, noon, nil, noon.Add(time.Hour)); !got.Equal(noon.Add(2 * time.Hour)) {
		t.Error(got)
	}
}
