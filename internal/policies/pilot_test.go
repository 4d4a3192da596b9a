package policies

import (
	"strings"
	"testing"

	"switchboard/router"
)

// TestUntried: what conversations of both policies share cannot be tried, and the problem has
// the line of it.
func TestUntried(t *testing.T) {
	t.Parallel()
	const live = `version: 1
calendars: {always: {timezone: UTC, hours: always}}
tiers:
  - {tier: 1, name: Front}
  - {tier: 2, name: Back}
inboxes:
  orders: {tier: 1, assign: {strategy: round-robin, capacity: 5}}
  repairs: {tier: 2, skills: [tools]}
routing:
  - {name: rest, set: {inbox: orders}}
`
	for _, test := range []struct {
		old, new string
		line     int
		path     string // empty: it can be tried
	}{
		{"inbox: orders", "inbox: repairs", 0, ""},
		{"repairs: {tier: 2", "repairs: {tier: 2, calendar: always", 0, ""},
		{"inboxes:\n", "inboxes:\n  trial: {tier: 2, assign: {strategy: least-loaded}}\n", 0, ""},
		{"orders: {tier: 1", "orders: {tier: 2", 7, "inboxes.orders.tier"},
		{"capacity: 5", "capacity: 6", 7, "inboxes.orders.assign"},
		{"skills: [tools]", "skills: [tools, glue]", 8, "inboxes.repairs.skills"},
		{"skills: [tools]", "overflow: {to: [orders], when_waiting: 5m}, skills: [tools]", 8, "inboxes.repairs.overflow"},
	} {
		draft := strings.Replace(live, test.old, test.new, 1)
		if _, err := router.Compile([]byte(draft)); err != nil {
			t.Fatal(test.new, err)
		}
		changes, err := Compare([]byte(live), []byte(draft))
		if err != nil {
			t.Fatal(err)
		}
		problems := untried(draft, changes)
		if test.path == "" && len(problems) > 0 || test.path != "" && (len(problems) != 1 || problems[0].Path != test.path || problems[0].Line != test.line) {
			t.Errorf("%s: %v", test.new, problems)
		}
	}
}
