package livechat

import "sync"

// maxQueued bounds what waits for a slow reader, in octets. Messages do not
// count: they wait in SQL until the socket has room.
const maxQueued = 256 << 10

// outbox holds the small frames (ack, error, typing) between the reading and
// the writing goroutine.
type outbox struct {
	ready chan struct{} // has a token when there may be frames

	mu     sync.Mutex
	frames [][]byte
	size   int
}

func newOutbox() *outbox { return &outbox{ready: make(chan struct{}, 1)} }

// put queues a frame; false when there is no room, and the socket must go.
func (o *outbox) put(frame []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.size+len(frame) > maxQueued {
		return false
	}
	o.frames = append(o.frames, frame)
	o.size += len(frame)
	select {
	case o.ready <- struct{}{}:
	default:
	}
	return true
}

// take empties the queue.
func (o *outbox) take() [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	frames := o.frames
	o.frames, o.size = nil, 0
	return frames
}
