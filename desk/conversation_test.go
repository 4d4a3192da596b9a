package desk

import "testing"

func TestCanRead(t *testing.T) {
	t.Parallel()
	id := NewID[AgentID]()
	open, restricted := Conversation{Tier: 2}, Conversation{Tier: 2, Restricted: true}
	for _, c := range []struct {
		name             string
		by               Agent
		open, restricted bool
	}{
		{"unknown agent", Agent{}, false, false},
		{"unknown agent who claims to be an admin", Agent{Admin: true, Tiers: []Tier{2}}, false, false},
		{"frontline", Agent{ID: id, Tiers: []Tier{1}}, true, false},
		{"specialist", Agent{ID: id, Tiers: []Tier{1, 2}}, true, true},
		{"without a tier", Agent{ID: id}, true, false},
		{"admin", Agent{ID: id, Admin: true}, true, true},
		{"disabled admin", Agent{ID: id, Admin: true, Disabled: true}, false, false},
		{"limited to another inbox", Agent{ID: id, Tiers: []Tier{2}, InboxesOnly: true, Sees: []InboxID{{1}}}, false, false},
		{"limited to its inbox", Agent{ID: id, Tiers: []Tier{2}, InboxesOnly: true, Sees: []InboxID{{1}, {}}}, true, true},
		{"limited admin", Agent{ID: id, Admin: true, InboxesOnly: true}, true, true},
		{"disabled specialist", Agent{ID: id, Tiers: []Tier{2}, Disabled: true}, false, false},
	} {
		if got := c.by.CanRead(&open); got != c.open {
			t.Errorf("%s, open conversation: %v", c.name, got)
		}
		if got := c.by.CanRead(&restricted); got != c.restricted {
			t.Errorf("%s, restricted conversation: %v", c.name, got)
		}
	}
}
