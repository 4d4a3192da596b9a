package live

import (
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"

	"switchboard/desk"
)

// Topic is what a subscriber listens to.
type Topic string

// Everything is the topic of whoever wants every event and every signal: an
// agent's socket, which then decides what that agent may see.
const Everything Topic = "*"

// ConversationTopic carries the events of one conversation and the signals
// about it (typing, presence).
func ConversationTopic(id desk.ConversationID) Topic { return Topic(id.String()) }

// SessionTopic carries the signals to one visitor's chat session.
func SessionTopic(id desk.SessionID) Topic { return Topic(id.String()) }

// The kinds of signals.
const (
	SignalTyping   = "typing"   // somebody writes; forgotten after 5 s
	SignalPresence = "presence" // somebody looks at the conversation
	// A new message waits in SQL for the session, or for the conversation's visitor.
	// Data is empty or a ChatPush.
	SignalChatPush = "chat.push"
)

// ChatPush goes with SignalChatPush on a conversation's topic.
type ChatPush struct {
	Seq int64 `json:"seq"` // the message's; who has read so far needs not look
}

// Signal is an ephemeral message: whoever listens at this moment gets it.
type Signal struct {
	Topic Topic  `json:"topic"`
	Kind  string `json:"kind"`
	// From is an agent's or a session's ID in text; empty for the system.
	From string          `json:"from,omitempty"`
	Data json.RawMessage `json:"data,omitempty"` // may be empty; belongs to Kind
}

// Item is what a subscriber receives: exactly one field is set. It is shared by
// all subscribers and must not be changed.
type Item struct {
	Event  *desk.Event
	Signal *Signal
}

// Hub fans out to the subscribers of this process. Publishing never blocks.
type Hub struct {
	mu sync.RWMutex
	// Slices are replaced, never changed in place, so that a publisher may walk
	// one after it has given the lock back.
	byTopic map[Topic][]*Subscription
	link    atomic.Pointer[Link]
}

// New returns an empty hub.
func New() *Hub { return &Hub{byTopic: make(map[Topic][]*Subscription)} }

// Subscription is one listener's bounded queue.
type Subscription struct {
	// C is closed by Close, and when the listener falls behind by more than its
	// buffer; Lagged tells which.
	C <-chan Item

	hub    *Hub
	topics []Topic // guarded by hub.mu

	mu     sync.Mutex // guards sending on queue against closing it
	queue  chan Item
	closed bool
	lagged bool
}

// Subscribe starts listening to the topics with room for buffer items. With
// Everything, other topics add nothing.
func (h *Hub) Subscribe(buffer int, topics ...Topic) *Subscription {
	queue := make(chan Item, max(buffer, 1))
	s := &Subscription{C: queue, queue: queue, hub: h}
	for _, t := range topics {
		s.Add(t)
	}
	return s
}

// Add listens to one more topic. It does nothing once the subscription is closed.
func (s *Subscription) Add(t Topic) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.isClosed() || slices.Contains(s.topics, t) {
		return
	}
	s.topics = append(s.topics, t)
	s.hub.byTopic[t] = append(slices.Clip(s.hub.byTopic[t]), s)
}

// Remove stops listening to a topic.
func (s *Subscription) Remove(t Topic) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if i := slices.Index(s.topics, t); i >= 0 {
		s.topics = slices.Delete(s.topics, i, i+1)
		s.hub.drop(t, s)
	}
}

// drop takes s off a topic; the caller holds h.mu.
func (h *Hub) drop(t Topic, s *Subscription) {
	old := h.byTopic[t]
	left := make([]*Subscription, 0, len(old))
	for _, other := range old {
		if other != s {
			left = append(left, other)
		}
	}
	if len(left) == 0 {
		delete(h.byTopic, t)
		return
	}
	h.byTopic[t] = left
}

// Close ends the subscription; it may be called more than once.
func (s *Subscription) Close() { s.close(false) }

// Lagged reports whether the hub closed the subscription because it was full.
func (s *Subscription) Lagged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lagged
}

func (s *Subscription) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Subscription) close(lagged bool) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed, s.lagged = true, lagged
	close(s.queue)
	s.mu.Unlock()

	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, t := range s.topics {
		s.hub.drop(t, s)
	}
	s.topics = nil
}

// offer queues the item, or closes a subscription that has no room for it.
func (s *Subscription) offer(it Item) bool {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return false
	}
	select {
	case s.queue <- it:
		s.mu.Unlock()
		return true
	default:
	}
	s.mu.Unlock()
	s.close(true)
	return false
}

// PublishEvents fans committed events out, in order. Only the Tail calls it.
func (h *Hub) PublishEvents(events []desk.Event) {
	for i := range events {
		h.deliver(ConversationTopic(events[i].ConversationID), Item{Event: &events[i]})
	}
}

// PublishSignal sends a signal to this node's listeners and over the link to the
// other nodes'. It returns how many of this node's listeners of the signal's own
// topic took it, without those of Everything.
func (h *Hub) PublishSignal(s Signal) (receivers int) {
	receivers = h.deliver(s.Topic, Item{Signal: &s})
	if link := h.link.Load(); link != nil {
		(*link).Send(Frame{Signal: &s})
	}
	return receivers
}

func (h *Hub) deliver(topic Topic, it Item) (receivers int) {
	h.mu.RLock()
	own, all := h.byTopic[topic], h.byTopic[Everything]
	h.mu.RUnlock()
	for _, s := range own {
		if s.offer(it) {
			receivers++
		}
	}
	for _, s := range all {
		s.offer(it)
	}
	return receivers
}
