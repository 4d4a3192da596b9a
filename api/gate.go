package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
)

// gateFresh is how long what decides about a conversation may be remembered. An
// event asks again when it is newer than what is remembered.
const gateFresh = time.Second

// gateSize bounds the remembered conversations.
const gateSize = 10_000

// gate judges events and signals for every subscriber at the moment they are
// sent. All subscribers are sent the same ones, so one look at the database
// serves them all.
type gate struct {
	events Events
	mu     sync.Mutex
	known  map[desk.ConversationID]remembered
}

type remembered struct {
	view.Access
	exists bool
	seq    int64 // the newest event that was committed when it was read
	at     time.Time
}

func newGate(events Events) *gate {
	return &gate{events: events, known: make(map[desk.ConversationID]remembered)}
}

// mayRead is may_read of the schema, and agent.CanRead, for a conversation of
// which only the Access is known.
func mayRead(a desk.Agent, c view.Access) bool {
	return !c.Restricted || a.Admin || slices.Contains(a.Tiers, c.Tier)
}

// read returns the events of the log that the agent may see now, in order.
func (g *gate) read(ctx context.Context, a desk.Agent, events []desk.Event) ([]desk.Event, error) {
	return g.allowed(ctx, a, events, true)
}

// live is read for events that just happened: what was read from the database
// after them may be remembered.
func (g *gate) live(ctx context.Context, a desk.Agent, events ...desk.Event) ([]desk.Event, error) {
	return g.allowed(ctx, a, events, false)
}

func (g *gate) allowed(ctx context.Context, a desk.Agent, events []desk.Event, fresh bool) ([]desk.Event, error) {
	if a.Admin || len(events) == 0 {
		return events, nil
	}
	facts, err := g.look(ctx, events, fresh)
	if err != nil {
		return nil, err
	}
	out := make([]desk.Event, 0, len(events))
	for _, e := range events {
		if f := facts[e.ConversationID]; f.exists && mayRead(a, f.Access) {
			out = append(out, e)
		}
	}
	return out, nil
}

// conversation reports whether the agent may see one conversation now.
func (g *gate) conversation(ctx context.Context, a desk.Agent, id desk.ConversationID) (bool, error) {
	facts, err := g.look(ctx, []desk.Event{{ConversationID: id}}, false)
	if err != nil {
		return false, err
	}
	f := facts[id]
	return f.exists && (a.Admin || mayRead(a, f.Access)), nil
}

// look returns the facts about the events' conversations, read after each of
// the events was committed; fresh ones were read during this call.
func (g *gate) look(ctx context.Context, events []desk.Event, fresh bool) (map[desk.ConversationID]remembered, error) {
	newest := make(map[desk.ConversationID]int64, 1)
	for _, e := range events {
		newest[e.ConversationID] = max(newest[e.ConversationID], e.Seq)
	}
	facts := make(map[desk.ConversationID]remembered, len(newest))
	var missing []desk.ConversationID
	now := time.Now()
	g.mu.Lock()
	for id, seq := range newest {
		if f, ok := g.known[id]; !fresh && ok && f.seq >= seq && now.Sub(f.at) < gateFresh {
			facts[id] = f
		} else {
			missing = append(missing, id)
		}
	}
	g.mu.Unlock()
	if len(missing) == 0 {
		return facts, nil
	}
	access, err := g.events.Access(ctx, missing)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.known)+len(missing) > gateSize {
		clear(g.known)
	}
	for _, id := range missing {
		c, exists := access[id]
		facts[id] = remembered{Access: c, exists: exists, seq: newest[id], at: now}
		g.known[id] = facts[id]
	}
	return facts, nil
}
