package live

import "context"

// Frame is what nodes send each other: a signal, or a wake-up if Signal is nil.
// Events are not sent: each node reads them from the database.
type Frame struct {
	Signal *Signal `json:"signal,omitempty"`
}

// Link connects the hubs of several nodes over a bus that may lose, repeat and
// reorder frames. Without one, a node sees the events of other nodes when its Tail
// polls, and signals stay on their node.
type Link interface {
	// Send sends a frame to the other nodes. It never blocks; the frame may be lost.
	Send(Frame)
	// Run receives the frames of other nodes, never this node's own, until ctx ends.
	// It reconnects automatically and returns ctx's error.
	Run(ctx context.Context, deliver func(Frame)) error
}

// Connect attaches the hub and the tail to a link and serves it until ctx ends.
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
