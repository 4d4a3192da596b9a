package gateway

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"switchboard/desk"
	"switchboard/internal/holidayfeed"
	"switchboard/router"
	"switchboard/store"
)

// agentInterval is how often the agents that the rules know are read again.
const agentInterval = 2 * time.Second

// people are the agents as the rules know them: what they may do is checked in each
// transaction, so that a few seconds do not matter.
type people struct {
	store *store.Store
	list  atomic.Pointer[map[desk.AgentID]desk.Agent]
}

// load reads the agents.
func (p *people) load(ctx context.Context) error {
	members, err := p.store.Roster(ctx)
	if err != nil {
		return err
	}
	list := make(map[desk.AgentID]desk.Agent, len(members))
	for i := range members {
		list[members[i].Agent.ID] = members[i].Agent
	}
	p.list.Store(&list)
	return nil
}

// agent returns an agent who is not disabled.
func (p *people) agent(id desk.AgentID) (desk.Agent, bool) {
	list := p.list.Load()
	if list == nil {
		return desk.Agent{}, false
	}
	a, ok := (*list)[id]
	return a, ok
}

// documents are the older versions of the policy, under which clocks may have started.
type documents struct {
	store *store.Store
	mu    sync.Mutex
	known map[int64]*router.Policy
}

// at returns a version, nil if it cannot be read. It is read once.
func (d *documents) at(version int64) *router.Policy {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p, ok := d.known[version]; ok {
		return p
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	stored, err := d.store.PolicyVersion(ctx, version)
	if err != nil && desk.KindOf(err) != desk.KindNotFound {
		return nil // the next call tries again
	}
	var p *router.Policy
	if err == nil {
		if p, err = router.Compile([]byte(stored.Document)); err != nil {
			p = nil
		} else {
			p.Version = version
			if p, err = holidayfeed.Stored(ctx, d.store, p, time.Now()); err != nil {
				return nil // the next call tries again
			}
		}
	}
	d.known[version] = p
	return p
}
