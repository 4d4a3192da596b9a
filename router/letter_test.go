package router

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLetter: what an inbox adds to its replies, and what is wrong with it.
func TestLetter(t *testing.T) {
	t.Parallel()
	compile := func(keys string) (*Policy, error) {
		return Compile([]byte("version: 1\ntiers:\n  - {tier: 1, name: One}\ninboxes:\n  frontline:\n    tier: 1\n" + keys + "routing:\n  - {name: default, set: {inbox: frontline}}\n"))
	}
	p, err := compile(`    addresses: [billing@example.com, Help@example.com]
    sender_name: "{{agent.first_name}} at {{ company }}"
    quote: last
    signature: |
      {{agent.name}}
      **{{inbox.name}}**
`)
	if err != nil {
		t.Fatal(err)
	}
	in, _ := p.Inbox("frontline")
	want := Letter{Addresses: []string{"billing@example.com", "help@example.com"}, SenderName: "{{agent.first_name}} at {{ company }}",
		Signature: "{{agent.name}}\n**{{inbox.name}}**", Quote: QuoteLast}
	if diff := cmp.Diff(want, in.Letter); diff != "" {
		t.Error(diff)
	}
	for keys, want := range map[string]string{"": OwnSignature, "    signature: none\n": ""} {
		if p, err = compile(keys); err != nil {
			t.Fatal(err)
		}
		if in, _ := p.Inbox("frontline"); in.Letter.Signature != want {
			t.Errorf("%q: signature %q, want %q", keys, in.Letter.Signature, want)
		}
	}
	for keys, want := range map[string]string{
		`    sender_name: "{{agent.signature}}"`:        "there is no {{agent.signature}}",
		`    signature: "{{agent.nmae}}"`:               "there is no {{agent.nmae}}: use agent.name, agent.first_name, inbox.name, company",
		`    sender_name: "a\nb"`:                       "must be one line",
		`    quote: everything`:                         "none, last",
		`    addresses: [nobody]`:                       "not an",
		`    signature: ` + strings.Repeat("x", 4001):   "at most 4000",
		`    sender_name: ` + strings.Repeat("x", 2001): "at most 200",
	} {
		_, err := compile(keys + "\n")
		if e, ok := errors.AsType[*PolicyError](err); !ok || !strings.Contains(err.Error(), want) || e.Problems[0].Line != 7 {
			t.Errorf("%.60s: %v, want %q", keys, err, want)
		}
	}
}
