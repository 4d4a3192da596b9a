package gateway

import (
	"context"

	"switchboard/desk"
	"switchboard/internal/assigner"
	"switchboard/live"
)

// buildAssigner builds what assigns conversations automatically.
func (g *Gateway) buildAssigner() {
	opt := assigner.Options{Policy: g.policy, Log: g.log, Committed: g.tail.Wake}
	if g.metrics != nil {
		opt.Decided = g.metrics.Decided
	}
	g.assigner = assigner.New(g.store, opt)
}

// changesPolicy reports whether another policy may be in force after an event.
func changesPolicy(kind desk.EventKind) bool {
	return kind == desk.EventPolicyPublished || kind == desk.EventPilotStarted || kind == desk.EventPilotEnded
}

// eventBuffer is how many events may wait until the assigner has looked at them.
const eventBuffer = 256

// wakeByEvents wakes the webhooks after events of all nodes, and the assigner after those
// that matter to it, until ctx ends.
func (g *Gateway) wakeByEvents(ctx context.Context) error {
	for {
		s := g.hub.Subscribe(eventBuffer, live.Everything)
		for open := true; open; {
			select {
			case <-ctx.Done():
				s.Close()
				return nil
			case item, ok := <-s.C:
				g.webhooks.Wake()
				if open = ok; !ok || item.Event != nil && assigner.Matters(item.Event) {
					g.assigner.Wake()
				}
				if !ok || item.Event != nil && changesPolicy(item.Event.Kind) {
					g.wakePolicy()
				}
			}
		}
	}
}
