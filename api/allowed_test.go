package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

const allowedPolicy = `
version: 1
calendars:
  always: {hours: always}
tiers:
  - {tier: 1, name: Frontline, may: [reply, note]}
  - {tier: 2, name: Specialists, may: [resolve, move, merge, task, priority, swarm, assign, snooze, reopen]}
  - {tier: 3, name: Engineering}
inboxes:
  frontline: {tier: 1, calendar: always}
  billing: {tier: 2, calendar: always}
  security: {tier: 3, calendar: always}
routing:
  - {name: default, set: {inbox: frontline}}
handoffs:
  - {from: 1, to: 2, require: [problem], accept_within: 2h}
`

// TestAllowedIsWhatWorks tries every operation, in every role, on conversations in all
// states. What `allowed` names succeeds; anything else is refused, or changes nothing; and
// a refusal by the policy says who may.
func TestAllowedIsWhatWorks(t *testing.T) {
	d := newDesk(t)
	d.usePolicy(allowedPolicy)
	other := d.conversation("frontline", false, "Other", "text", time.Now())
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	handover := map[string]any{"inbox": "billing", "handover": map[string]any{"problem": "Charged twice."}}
	status := func(to string) map[string]any { return map[string]any{"status": to} }
	// The states, as an admin brings them about.
	states := map[string][]step{
		"open":        nil,
		"assigned":    {{"assign", map[string]any{"assignee": "ana@desk.example"}}},
		"pending":     {{"status", status("pending")}},
		"snoozed":     {{"status", map[string]any{"status": "snoozed", "until": soon}}},
		"resolved":    {{"status", status("resolved")}},
		"closed":      {{"status", status("closed")}},
		"handed over": {{"move", handover}},
		"accepted":    {{"move", handover}, {"accept", nil}},
		"returned":    {{"move", handover}, {"return", map[string]any{"reason": "Why?"}}},
		"swarming":    {{"assign", map[string]any{"assignee": "sam@desk.example"}}, {"swarm", map[string]any{"agents": []string{"ana@desk.example", "ben@desk.example"}}}},
		"merged":      {{"merge", map[string]any{"into": other.id.String()}}},
	}
	verbs := map[string]step{
		"reply": {"replies", map[string]any{"text": "Hello."}}, "forward": {"forward", map[string]any{"to": []string{"new@nowhere.example"}, "text": "Hello.", "whole": true}}, "note": {"notes", map[string]any{"text": "Hm."}},
		"assign": {"assign", map[string]any{"assignee": "sam@desk.example"}}, "claim": {"assign", map[string]any{"assignee": "me"}},
		"move": {"move", map[string]any{"inbox": "security", "note": "It is broken."}}, "priority": {"priority", map[string]any{"priority": "high"}},
		"task": {"tasks", map[string]any{"title": "Trace it", "inbox": "billing"}}, "swarm": {"swarm", map[string]any{"agents": []string{"kim@desk.example"}}},
		"merge": {"merge", map[string]any{"into": other.id.String()}}, "unmerge": {"unmerge", nil},
		"accept": {"accept", nil}, "return": {"return", map[string]any{"reason": "Why?"}},
		"open": {"status", status("open")}, "pending": {"status", status("pending")}, "resolve": {"status", status("resolved")}, "close": {"status", status("closed")},
		"snooze": {"status", map[string]any{"status": "snoozed", "until": time.Now().Add(2 * time.Hour).UTC().Format(time.RFC3339)}},
	}
	d.agent("kim", desk.Agent{Name: "Kim", Email: "kim@desk.example", Tiers: []desk.Tier{3}})
	cells := 0
	for state, steps := range states {
		for _, role := range []string{"ana", "ben", "root"} {
			for verb, does := range verbs {
				c := d.conversation("frontline", false, state, "text", time.Now())
				at := "/conversations/" + c.id.String()
				for _, s := range steps {
					if a := d.as("root", "POST", at+"/"+s.path, s.body); a.StatusCode != http.StatusOK {
						t.Fatalf("%s: %d %s", state, a.StatusCode, a.body)
					}
				}
				var before, after view.Conversation
				d.as(role, "GET", at, nil).want(t, 200).json(t, &before)
				a := d.as(role, "POST", at+"/"+does.path, does.body)
				d.as("root", "GET", at, nil).want(t, 200).json(t, &after)
				what := fmt.Sprintf("%s by %s of what is %s: %d %.200s", verb, role, state, a.StatusCode, a.body)
				allowed := slices.Contains(before.Allowed, verb) || verb == "claim" && slices.Contains(before.Allowed, "assign")
				switch worked := a.StatusCode < 300; {
				case allowed && !worked:
					t.Errorf("%s, but allowed are %v", what, before.Allowed)
				case !allowed && worked && after.LastSeq != before.LastSeq:
					t.Errorf("%s, and only %v are allowed", what, before.Allowed)
				case !worked && after.LastSeq != before.LastSeq:
					t.Errorf("%s, and it changed the conversation", what)
				case a.StatusCode == http.StatusForbidden && !strings.Contains(a.body, "the policy allows it to tier ") && state != "swarming":
					t.Errorf("%s: the refusal does not say who may", what)
				}
				cells++
			}
		}
	}
	t.Logf("cells=%d", cells)
}

// step is an action on a conversation.
type step struct {
	path string
	body any
}
