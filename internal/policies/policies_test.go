package policies

import (
	"slices"
	"strings"
	"testing"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/router"
)

func version(n int64, origin desk.PolicyOrigin, document string) view.PolicyDocument {
	return view.PolicyDocument{PolicyVersion: view.PolicyVersion{Version: n, Origin: origin}, Document: document}
}

// TestDecide: whether a start publishes, in each case.
func TestDecide(t *testing.T) {
	t.Parallel()
	none := view.PolicyDocument{}
	for _, c := range []struct {
		name       string
		live, last view.PolicyDocument
		file       string // "-": no file
		publish    bool
		kept       string
	}{
		{"first start", none, none, "-", true, ""},
		{"first start with a file", none, none, "a", true, ""},
		{"no file", version(1, "default", "d"), none, "-", false, ""},
		{"a file replaces the default", version(1, "default", "d"), none, "a", true, ""},
		{"unchanged", version(2, "file", "a"), version(2, "file", "a"), "a", false, ""},
		{"changed", version(2, "file", "a"), version(2, "file", "a"), "b", true, ""},
		{"unchanged, and a newer version", version(3, "api", "c"), version(2, "file", "a"), "a", false, "has not changed since it became version 2; version 3 was published in the console"},
		{"changed, and a newer version", version(3, "command", "c"), version(2, "file", "a"), "b", false, "has changed, but version 3 was published by switchboard policy apply"},
		{"changed to the newer version", version(3, "api", "c"), version(2, "file", "a"), "c", false, ""},
		{"a first file, and a version from elsewhere", version(2, "api", "c"), none, "a", false, "has changed, but version 2"},
		{"another file of another node", version(3, "file", "b"), version(3, "file", "b"), "a", true, ""},
	} {
		var file []byte
		if c.file != "-" {
			file = []byte(c.file)
		}
		publish, kept := decide(&c.live, &c.last, file)
		if publish != c.publish || (kept != "") != (c.kept != "") || !strings.Contains(kept, c.kept) {
			t.Errorf("%s: %v, %q", c.name, publish, kept)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := string(router.Default)
	if r, p := Check([]byte(good)); !r.Valid || p == nil || len(r.Problems) > 0 {
		t.Errorf("%+v", r)
	}
	bad := strings.Replace(good, "set: {inbox: billing, tags: [billing]}", "set: {inbox: biling, tags: [billing]}", 1)
	line := strings.Count(bad[:strings.Index(bad, "biling")], "\n") + 1
	r, p := Check([]byte(bad))
	if r.Valid || p != nil || len(r.Problems) != 1 || r.Problems[0].Nearest != "billing" || r.Problems[0].Line != line || r.Problems[0].Column != 18 {
		t.Errorf("%+v", r)
	}
	warned, _ := Check([]byte(strings.Replace(good, `segment == "enterprise" and tier == 1`, `segment == "enterprize" and tier == 1`, 1)))
	if !warned.Valid || len(warned.Warnings) == 0 || warned.Warnings[0].Nearest != "enterprise" {
		t.Errorf("%+v", warned)
	}
}

// TestCompare: each kind of difference, in every section.
func TestCompare(t *testing.T) {
	t.Parallel()
	before := string(router.Default)
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"nothing", "", "", nil},
		{"a comment", "# First match wins.", "# The first counts.", nil},
		{"a calendar", "09:00-17:00", "09:00-18:00", []string{`changed calendars office: hours.mon-fri: ["09:00-17:00"] -> ["09:00-18:00"]`}},
		{"capacity", "assign: {strategy: manual}}\n  integrations", "assign: {strategy: round-robin, capacity: 15}}\n  integrations",
			[]string{"changed inboxes billing: assign.capacity: (none) -> 15, assign.strategy: manual -> round-robin"}},
		{"a target", "first_response: 8h, resolution: 24h", "first_response: 8h, resolution: 16h", []string{"changed slas t2: resolution: 24h -> 16h"}},
		{"a rule", "  - name: chat\n    when: channel == \"chat\"\n    set: {inbox: frontline}\n", "", []string{"removed routing chat"}},
		{"a nested rule", "    set: {inbox: integrations, tags: [api]}\n", "    set: {inbox: integrations, tags: [api]}\n    routes:\n      - {name: hook, when: channel == \"form\", set: {inbox: engineering}}\n",
			[]string{`added routing api/hook: set.inbox: (none) -> engineering, when: (none) -> channel == "form"`}},
		{"an order", "  - name: business\n    when: account.plan == \"business\"\n", "",
			[]string{"removed segments business"}},
		{"a permission", "name: Frontline, may: [reply, resolve]", "name: First, may: [reply]", []string{`changed tiers 1: may: ["reply","resolve"] -> ["reply"], name: Frontline -> First`}},
		{"an escalation", "{unassign: true}", "{unassign: true, reassign: true}", []string{"changed escalations silent-assignee: do.reassign: (none) -> true"}},
		{"a handoff", "accept_within: 4h}", "accept_within: 2h}", []string{"changed handoffs 1 to 2: accept_within: 4h -> 2h"}},
		{"gaps", "escalations:", "gaps: {no_owner: 1h}\nescalations:", []string{"added gaps: no_owner: (none) -> 1h"}},
	} {
		after := before
		if c.old != "" {
			after = strings.Replace(before, c.old, c.new, 1)
			if after == before {
				t.Fatalf("%s: not in the document", c.name)
			}
		}
		if _, p := Check([]byte(after)); p == nil {
			t.Fatalf("%s: not valid", c.name)
		}
		changes, err := Compare([]byte(before), []byte(after))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range changes {
			got = append(got, changes[i].String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
	}
}

// TestCompareOrder: a rule that is tested earlier than before has moved, and only that one.
func TestCompareOrder(t *testing.T) {
	t.Parallel()
	rule := func(name string) string { return "  - {name: " + name + ", when: channel == \"" + name + "\"}\n" }
	doc := func(names ...string) []byte {
		text := "routing:\n"
		for _, n := range names {
			text += rule(n)
		}
		return []byte(text)
	}
	changes, err := Compare(doc("a", "b", "c", "d"), doc("d", "a", "b", "new", "c"))
	if err != nil || len(changes) != 2 || changes[0].String() != "moved routing d" || changes[1].Kind != "added" {
		t.Errorf("%+v, %v", changes, err)
	}
	if changes, _ := Compare(doc("a", "b", "c"), doc("c")); len(changes) != 2 {
		t.Errorf("%+v", changes)
	}
}

func TestUnified(t *testing.T) {
	t.Parallel()
	if d := Unified("a", "b", "x\n", "x\n"); d != "" {
		t.Errorf("%q", d)
	}
	if d := Unified("version 1", "draft", "one\ntwo\n", "one\n2\n"); d != "--- version 1\n+++ draft\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n" {
		t.Errorf("%q", d)
	}
}
