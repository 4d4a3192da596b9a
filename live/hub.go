package live

import (
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"switchboard/desk"
)

// Topic is what a subscription selects.
type Topic string

// Everything selects every event and every signal. It is for agents' sockets, which
// then filter by what the agent may see.
const Everything Topic = "*"

// ConversationTopic carries the events of one conversation and the signals
// about it (typing, presence).
func ConversationTopic(id desk.ConversationID) Topic { return Topic(id.String()) }

// SessionTopic carries the signals to one visitor's chat session.
func SessionTopic(id desk.SessionID) Topic { return Topic(id.String()) }

// The kinds of signals.
const (
	SignalTyping   = "typing"   // someone is typing; expires after 5 s
	SignalPresence = "presence" // someone is viewing the conversation
	// SignalChatPush, on a session's topic, says that the session has a new line. Data
	// is a ChatPush, or empty: then the line has to be read from the database.
	SignalChatPush = "chat.push"
)

// ChatPush is the line that a SignalChatPush is about, as the visitor sees it.
type ChatPush struct {
	Conversation desk.ConversationID `json:"conversation"`
	Seq          int64               `json:"seq"`
	// After is the number of an earlier event such that nothing between After and
	// Seq is a line. A reader that has everything up to After can show this line
	// without reading the database.
	After int64     `json:"after"`
	ID    string    `json:"id"`   // the client's own ID for the visitor's lines, otherwise the message's ID
	From  string    `json:"from"` // "visitor" or "agent"
	Name  string    `json:"name,omitempty"`
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
}

// Signal is an ephemeral message that reaches only those subscribed at the moment.
type Signal struct {
	Topic Topic  `json:"topic"`
	Kind  string `json:"kind"`
	// From is an agent's or a session's ID in text; empty for the system.
	From string          `json:"from,omitempty"`
	Data json.RawMessage `json:"data,omitempty"` // depends on Kind; may be empty
}

// Item is what a subscriber receives; exactly one field is set. It is shared by all
// subscribers and must not be modified.
type Item struct {
	Event  *desk.Event
	Signal *Signal
}

// Hub delivers events and signals to the subscribers of this process. Publishing
// never blocks.
type Hub struct {
	mu sync.RWMutex
	// Slices are replaced and never modified in place, so that a publisher may iterate
	// over one after releasing the lock.
	byTopic map[Topic][]*Subscription
	link    atomic.Pointer[Link]
}

// New returns an empty hub.
func New() *Hub { return &Hub{byTopic: make(map[Topic][]*Subscription)} }

// Subscription is the bounded queue of one subscriber.
type Subscription struct {
	// C is closed by Close, and when the subscriber falls behind by more than its
	// buffer; Lagged tells the two apart.
	C <-chan Item

	hub    *Hub
	topics []Topic // guarded by hub.mu

	mu     sync.Mutex // prevents sending on queue after it was closed
	queue  chan Item
	closed bool
	lagged bool

	// Of a subscription made by Notify, which has no channel.
	notify func()
	limit  int
	items  []Item
}

// Subscribe subscribes to the topics with room for buffer items. Everything includes
// all other topics.
func (h *Hub) Subscribe(buffer int, topics ...Topic) *Subscription {
	queue := make(chan Item, max(buffer, 1))
	s := &Subscription{C: queue, queue: queue, hub: h}
	for _, t := range topics {
		s.Add(t)
	}
	return s
}

// Notify subscribes to the topics without a channel, for subscribers that are too
// many to have a goroutine each: notify is called after an item was queued, and Take
// returns the items. notify must not block. At most limit items are queued; an empty
// queue takes no memory.
func (h *Hub) Notify(limit int, notify func(), topics ...Topic) *Subscription {
	s := &Subscription{hub: h, notify: notify, limit: limit}
	for _, t := range topics {
		s.Add(t)
	}
	return s
}

// Take empties the queue of a subscription made by Notify. lagged reports that
// items were dropped since the last call because the queue was full; the subscriber
// then has to read the event log.
func (s *Subscription) Take() (items []Item, lagged bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items, lagged = s.items, s.lagged
	s.items, s.lagged = nil, false
	return items, lagged
}

// Add subscribes to one more topic. It does nothing once the subscription is closed.
func (s *Subscription) Add(t Topic) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.isClosed() || slices.Contains(s.topics, t) {
		return
	}
	s.topics = append(s.topics, t)
	s.hub.byTopic[t] = append(slices.Clip(s.hub.byTopic[t]), s)
}

// Remove unsubscribes from a topic.
func (s *Subscription) Remove(t Topic) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if i := slices.Index(s.topics, t); i >= 0 {
		s.topics = slices.Delete(s.topics, i, i+1)
		s.hub.drop(t, s)
	}
}

// drop removes s from a topic; the caller holds h.mu.
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

// Lagged reports whether the hub closed the subscription because its queue was full.
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

// close closes the queue and removes the subscription from its topics.
func (s *Subscription) close(lagged bool) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed, s.lagged = true, lagged
	if s.queue != nil {
		close(s.queue)
	}
	s.mu.Unlock()

	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, t := range s.topics {
		s.hub.drop(t, s)
	}
	s.topics = nil
}

// offer queues the item, or closes the subscription if it has no room.
func (s *Subscription) offer(it Item) bool {
	if s.notify != nil {
		return s.enqueue(it)
	}
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

// enqueue queues the item for Take, or drops it if there is no room.
func (s *Subscription) enqueue(it Item) bool {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return false
	}
	room := len(s.items) < s.limit
	if room {
		s.items = append(s.items, it)
	} else {
		s.lagged = true
	}
	s.mu.Unlock()
	s.notify()
	return room
}

// PublishEvents delivers committed events in order. Only the Tail calls it.
func (h *Hub) PublishEvents(events []desk.Event) {
	for i := range events {
		h.deliver(ConversationTopic(events[i].ConversationID), Item{Event: &events[i]})
	}
}

// PublishSignal delivers a signal to this node's subscribers and sends it over the
// link to the other nodes. It returns how many subscribers of the signal's own topic
// on this node received it, not counting those of Everything.
func (h *Hub) PublishSignal(s Signal) (receivers int) {
	receivers = h.deliver(s.Topic, Item{Signal: &s})
	if link := h.link.Load(); link != nil {
		(*link).Send(Frame{Signal: &s})
	}
	return receivers
}

// deliver offers an item to the subscribers of a topic and of Everything. It returns how many
// of the topic's subscribers have queued it.
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
