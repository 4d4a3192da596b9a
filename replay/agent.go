package replay

import (
	"errors"
	"fmt"
	"slices"

	"switchboard/desk"
	"switchboard/replay/history"
	"switchboard/router"
)

// addAgent declares an agent.
func (r *run) addAgent(l *history.Line) error {
	key := *l.Agent
	if key == "" {
		return errors.New("agent: a name is missing")
	}
	if _, ok := r.agents[key]; ok {
		return fmt.Errorf("agent %q was declared before", key)
	}
	a := desk.Agent{ID: desk.AgentID{15: byte(len(r.agents) + 1), 14: byte((len(r.agents) + 1) >> 8)}, Name: l.Name, Email: l.Email}
	if a.Name == "" {
		a.Name = key
	}
	if a.Email == "" {
		a.Email = key
	}
	for _, n := range l.Tiers {
		if !slices.ContainsFunc(r.policy.Rules.Tiers(), func(t router.Tier) bool { return t.Tier == desk.Tier(n) }) {
			return fmt.Errorf("agent %q: tier %d does not exist", key, n)
		}
		a.Tiers = append(a.Tiers, desk.Tier(n))
	}
	for _, key := range l.Inboxes {
		if _, ok := r.policy.Rules.Inbox(key); !ok {
			return fmt.Errorf("agent %q: inbox %q does not exist", key, key)
		}
	}
	r.agents[key], r.keys[a.ID] = a, key
	r.assigner.declare(a, l, r.now)
	return nil
}
