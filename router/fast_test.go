package router

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestQuickFacts: the functions read the facts that they are named after, and none is
// missing.
func TestQuickFacts(t *testing.T) {
	t.Parallel()
	var f Facts
	n := 0
	var fill func(v reflect.Value, prefix string)
	check := func(name string, got any, want any, ok bool) {
		if n++; !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	fill = func(v reflect.Value, prefix string) {
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() { // not a fact
				continue
			}
			name, field := prefix+v.Type().Field(i).Tag.Get("expr"), v.Field(i)
			switch p := field.Addr().Interface().(type) {
			case *string:
				*p = name
				get, ok := textFacts[name]
				check(name, ok && get(&f) == name, true, ok)
			case *bool:
				get, ok := boolFacts[name]
				before := ok && get(&f)
				*p = true
				check(name, ok && get(&f) && !before, true, ok)
			case *int:
				*p = 1000 + n
				get, ok := numberFacts[name]
				check(name, ok && get(&f) == int64(1000+n), true, ok)
			case *[]string:
				*p = []string{name}
				get, ok := listFacts[name]
				check(name, ok && len(get(&f)) == 1 && get(&f)[0] == name, true, ok)
			default:
				if field.Kind() == reflect.Struct {
					fill(field, name+".")
				}
			}
		}
	}
	fill(reflect.ValueOf(&f).Elem(), "")
	f.Conversation.Number = 7
	if numberFacts["conversation.number"](&f) != 7 {
		t.Error("conversation.number")
	}
	if all := len(textFacts) + len(numberFacts) + len(boolFacts) + len(listFacts); n+1 != all {
		t.Errorf("%d facts, %d functions", n+1, all)
	}
}

// quickSeeds are conditions with a quick form.
var quickSeeds = []string{
	`channel == "email"`, `channel != "chat" and contact.known`, `not (segment in ["enterprise", "business"])`, `message.subject contains "invoice" or message.to startsWith "billing@"`,
	`(message.subject + "\n" + message.new_text) matches "(?i)\\b(refund|down)\\b"`, `"vip" in account.tags`, `history.open >= 3 && tier < 2`, `calendar.office or !conversation.follow_up`,
	`message.from endsWith "@acme.example"`, `true`, `any(["api", "Refund"], {message.subject contains #}) and any(["x"], message.new_text contains #)`, `account.domains != nil and "x" not in account.domains`, `message.subject + segment == "Refundenterprise"`,
	`segment == "enterprise" and (channel == "email" or (not calendar.office and messages.inbound != 0))`,
}

// firstSeeds are conditions of which only the first part has a quick form.
var firstSeeds = []string{
	`channel == "email" and account.attributes.arr > 5`, `channel == "email" and contact.known and account.attributes.arr > 5 and segment == "x"`,
	`not contact.known and (account.attributes.arr > 5 or segment == "x")`, `(channel == "email" and account.attributes.arr > 5) and contact.known`,
}

// quickFacts are facts to compare both forms with.
func quickFacts(text string) []Facts {
	return []Facts{
		{}, {Channel: "email", Segment: "enterprise", Message: MessageFacts{Subject: text, NewText: "everything is DOWN", From: "jo@acme.example"}, Contact: ContactFacts{Known: true}},
		{Channel: text, Segment: text, Inbox: text, Tier: 2, Account: AccountFacts{Plan: text, Tags: []string{"vip", text}, Domains: []string{text}}, Calendar: map[string]bool{"office": true, text: true}},
		{Message: MessageFacts{Subject: "Refund", To: "billing@x.example, " + text, Trust: text}, Segment: "enterprise", History: HistoryFacts{Open: len(text), LastTier: -1}, Messages: CountFacts{Inbound: 3},
			Conversation: ConversationFacts{FollowUp: true, Tags: []string{text}, Status: "open"}},
	}
}

// FuzzQuick: a condition and its quick form always give the same result.
func FuzzQuick(f *testing.F) {
	for _, seed := range slices.Concat(quickSeeds, firstSeeds) {
		f.Add(seed, "Refund")
	}
	f.Fuzz(func(t *testing.T, source, text string) {
		if len(source) > 500 {
			return
		}
		c, problems := compileCondition(source, []string{"office"}, nil)
		if len(problems) > 0 || c.quick == nil && c.first == nil {
			return
		}
		slow := c
		slow.quick, slow.first = nil, nil
		for i, facts := range quickFacts(text) {
			want, err := slow.holds(&facts)
			if err != nil && c.quick != nil {
				t.Fatalf("%s has a quick form, but fails: %v", source, err)
			}
			if got, wrong := c.holds(&facts); got != want || (wrong == nil) != (err == nil) {
				t.Errorf("%s on facts %d: %t, %v, want %t, %v", source, i, got, wrong, want, err)
			}
		}
	})
}

func TestQuickForms(t *testing.T) {
	t.Parallel()
	for _, seed := range quickSeeds {
		c, problems := compileCondition(seed, []string{"office"}, nil)
		if wants := !strings.Contains(seed, "nil"); len(problems) > 0 || (c.quick != nil) != wants {
			t.Errorf("%s: %v, quick form %t, want %t", seed, problems, c.quick != nil, wants)
		}
	}
	for _, seed := range firstSeeds {
		if c, problems := compileCondition(seed, nil, nil); len(problems) > 0 || c.quick != nil || c.first == nil {
			t.Errorf("%s: %v, quick form %t, first part %t", seed, problems, c.quick != nil, c.first != nil)
		}
	}
	for _, other := range []string{`account.attributes.arr > 5 and channel == "email"`, `channel == "email" or account.attributes.arr > 5`, `account.attributes.arr > 5`, `any(account.tags, {# == "x"})`, `any(["a", "b"], {message.subject contains channel})`, `len(message.subject) > 5`, `sla.resolution >= 80%`, `message.subject matches channel`, `stint.age > 2h`,
		`let x = channel; x == "x"`, `message.subject in account.tags`, `history.open > 1.5`, `account?.plan == "x"`} {
		if c, problems := compileCondition(other, nil, nil); len(problems) > 0 || c.quick != nil || c.first != nil {
			t.Errorf("%s: %v, quick form %t", other, problems, c.quick != nil)
		}
	}
}

// rules returns a policy with so many routes, of which none matches but the last.
func rules(t testing.TB, n int) *Policy {
	var b strings.Builder
	b.WriteString(head + "routing:\n")
	shapes := []string{`message.subject contains "invoice %d"`, `contact.domain == "customer%d.example"`, `channel == "chat" and message.new_text contains "order %d"`, `segment == "x" or "tag%d" in account.tags`,
		`(message.subject + "\n" + message.new_text) matches "(?i)\\b(product%[1]d|device%[1]d)\\b"`, `not (account.plan != "plan%d")`, `account.name == "%d" and account.attributes.arr > 5`, `any(["a%[1]d", "b%[1]d"], {message.subject contains #})`}
	for i := range n {
		fmt.Fprintf(&b, "  - {name: r%d, when: '%s', set: {inbox: billing}}\n", i, fmt.Sprintf(shapes[i%len(shapes)], i))
	}
	b.WriteString("  - {name: default, set: {inbox: frontline}}\n")
	p, err := Compile([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// BenchmarkRouteRules routes a message past many rules of common shapes.
func BenchmarkRouteRules(b *testing.B) {
	facts := Facts{Channel: "email", Message: MessageFacts{Subject: "Order has not arrived", To: "support@demo.example",
		NewText: strings.Repeat("The tracking page shows no update since Monday. ", 20)}, Account: AccountFacts{Tags: []string{"vip"}, Attributes: map[string]any{"arr": 4}}}
	for _, n := range []int{200, 1000} {
		p := rules(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Route(facts)
			}
		})
	}
}
