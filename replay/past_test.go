package replay

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const pastPolicy = `version: 1
tiers: [{tier: 1, name: Frontline}, {tier: 2, name: Specialists}]
inboxes: {frontline: {tier: 1}, german: {tier: 1}, again: {tier: 2}, busy: {tier: 1}, known: {tier: 2}, regular: {tier: 1}}
routing:
  - {name: german, when: 'message.language == "de"', set: {inbox: german}}
  - {name: again, when: 'history.reopened >= 1', set: {inbox: again}}
  - {name: known, when: 'history.last_tier == 2', set: {inbox: known}}
  - {name: busy, when: 'history.open >= 2', set: {inbox: busy}}
  - {name: regular, when: 'history.total >= 2', set: {inbox: regular}}
  - {name: default, set: {inbox: frontline}}
`

// TestPast: conversations are routed by the language of their first message and by the
// earlier ones of the contact and the account.
func TestPast(t *testing.T) {
	t.Parallel()
	const acme, other = `"account":{"name":"Acme"}`, `"account":{"name":"Initech"}`
	receive := func(at, c, from, text, account string) string {
		return `{"at":"2026-03-02T` + at + `:00Z","c":"` + c + `","do":"receive","channel":"email","from":"` + from + `","to":"help@desk.example","text":"` + text + `",` + account + `}`
	}
	status := func(at, c, status string) string {
		return `{"at":"2026-03-02T` + at + `:00Z","c":"` + c + `","do":"status","by":"ana","status":"` + status + `"}`
	}
	lines := []string{`{"agent":"ana","tiers":[1,2]}`,
		receive("08:00", "letter", "kim@acme.example", "Guten Tag, die Rechnung vom letzten Monat ist leider falsch. Bitte schicken Sie mir eine neue, auf der unsere richtige Anschrift und die Umsatzsteuer stehen.", acme),
		receive("08:01", "first", "jo@acme.example", "Hello", acme),
		receive("08:02", "second", "jo@acme.example", "Hello", acme), // two of the account are open
		receive("08:03", "stranger", "eve@initech.example", "Hello", other),
		status("08:04", "letter", "resolved"), status("08:05", "first", "resolved"),
		receive("08:06", "third", "jo@acme.example", "Hello", acme), // three, of which one is open
		`{"at":"2026-03-02T08:07:00Z","c":"second","do":"move","by":"ana","tier":2}`, status("08:08", "second", "resolved"),
		receive("08:09", "fourth", "jo@acme.example", "Hello", acme), // the last one was resolved in tier 2
		status("08:10", "first", "open"),
		receive("08:11", "fifth", "jo@acme.example", "Hello", acme),
		receive("08:12", "colleague", "kim@acme.example", "Hello", acme),
	}
	var out bytes.Buffer
	if err := Run([]byte(pastPolicy), strings.NewReader(strings.Join(lines, "\n")), time.Time{}, &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for dec := json.NewDecoder(&out); dec.More(); {
		var c struct {
			Conversation string
			Path         []string
		}
		if err := dec.Decode(&c); err != nil {
			t.Fatal(err)
		}
		got = append(got, c.Conversation+" "+strings.TrimPrefix(c.Path[0], "routing: "))
	}
	const want = "letter german, first default, second busy, stranger default, third regular, fourth known, fifth again, colleague busy"
	if all := strings.Join(got, ", "); all != want {
		t.Errorf("got  %s\nwant %s", all, want)
	}
}
