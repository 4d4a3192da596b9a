package demo

import (
	"testing"

	"switchboard/internal/macro"
	"switchboard/router"
)

// The demo's macros are what the API would accept.
func TestMacrosAreValid(t *testing.T) {
	t.Parallel()
	rules, err := router.Compile(policy)
	if err != nil {
		t.Fatal(err)
	}
	var inboxes []string
	for _, in := range rules.Inboxes() {
		inboxes = append(inboxes, in.Key)
	}
	for _, m := range macros {
		if _, err := new(macro.Change).Apply(&m, macro.Allowed{Inboxes: inboxes}); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
}
