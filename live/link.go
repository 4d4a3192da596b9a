package live

import "context"

// Frame is what travels between nodes: a signal, or a wake-up when Signal is
// nil. Events do not travel: each node reads them from SQL.
type Frame struct {
	Signal *Signal `json:"signal,omitempty"`
}

// Link joins the hubs of several nodes over a bus that may lose, repeat and
// reorder: nothing that crosses it is a record. Without one, a node learns of
// the others' events by its Tail's poll, and signals stay on the node.
type Link interface {
	// Send hands a frame to the other nodes. It never blocks and may lose it.
	Send(Frame)
	// Run receives the other nodes' frames, never this node's own, until ctx
	// ends. It reconnects by itself and returns ctx's error.
	Run(ctx context.Context, deliver func(Frame)) error
}

// Connect joins the hub and the tail to a link and serves it until ctx ends.
func Connect(ctx context.Context, link Link, hub *Hub, tail *Tail) error {
	hub.link.Store(&link)
	defer hub.link.Store(nil)
	return link.Run(ctx, func(f Frame) {
		if f.Signal == nil {
			tail.nudge()
			return
		}
		hub.deliver(f.Signal.Topic, Item{Signal: f.Signal})
	})
}
