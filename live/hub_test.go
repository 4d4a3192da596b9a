package live_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"switchboard/desk"
	"switchboard/live"
)

func event(c desk.ConversationID, seq int64) desk.Event {
	return desk.Event{ConversationID: c, Seq: seq, Kind: desk.EventMessageReceived}
}

func TestHubDeliversByTopic(t *testing.T) {
	hub := live.New()
	a, b := desk.NewID[desk.ConversationID](), desk.NewID[desk.ConversationID]()
	one := hub.Subscribe(10, live.ConversationTopic(a))
	all := hub.Subscribe(10, live.Everything)
	defer one.Close()
	defer all.Close()

	hub.PublishEvents([]desk.Event{event(a, 1), event(b, 1), event(a, 2)})
	if n := hub.PublishSignal(live.Signal{Topic: live.ConversationTopic(b), Kind: live.SignalTyping}); n != 0 {
		t.Errorf("a signal without subscribers had %d receivers", n)
	}
	if n := hub.PublishSignal(live.Signal{Topic: live.ConversationTopic(a), Kind: live.SignalTyping}); n != 1 {
		t.Errorf("the signal had %d receivers, want 1", n)
	}
	want(t, one.C, "event 1", "event 2", "typing")
	want(t, all.C, "event 1", "event 1", "event 2", "typing", "typing")
}

// want reads exactly these items, which are queued already.
func want(t *testing.T, c <-chan live.Item, items ...string) {
	t.Helper()
	if len(c) != len(items) {
		t.Errorf("%d items are queued, want %d", len(c), len(items))
		return
	}
	for _, w := range items {
		it, got := <-c, ""
		if it.Event != nil {
			got = fmt.Sprintf("event %d", it.Event.Seq)
		} else {
			got = it.Signal.Kind
		}
		if got != w {
			t.Errorf("got %s, want %s", got, w)
		}
	}
}

func TestSubscriptionChangesTopics(t *testing.T) {
	hub := live.New()
	a, b := desk.NewID[desk.ConversationID](), desk.NewID[desk.ConversationID]()
	sub := hub.Subscribe(10, live.ConversationTopic(a))
	sub.Add(live.ConversationTopic(b))
	sub.Add(live.ConversationTopic(b)) // twice is once
	sub.Remove(live.ConversationTopic(a))
	hub.PublishEvents([]desk.Event{event(a, 1), event(b, 2)})
	want(t, sub.C, "event 2")

	sub.Close()
	sub.Close()
	sub.Add(live.ConversationTopic(a))
	hub.PublishEvents([]desk.Event{event(a, 3), event(b, 3)})
	if it, open := <-sub.C; open {
		t.Errorf("a closed subscription got %+v", it)
	}
	if sub.Lagged() {
		t.Error("a subscription closed by its owner reports that it lagged")
	}
}

// A subscriber that does not read loses its subscription, can tell why, and does not
// affect others.
func TestSlowSubscriberIsCutOff(t *testing.T) {
	hub := live.New()
	c := desk.NewID[desk.ConversationID]()
	slow := hub.Subscribe(3, live.ConversationTopic(c))
	fast := hub.Subscribe(10, live.ConversationTopic(c))
	defer fast.Close()
	for seq := range int64(5) {
		hub.PublishEvents([]desk.Event{event(c, seq)})
	}
	got := 0
	for range slow.C {
		got++
	}
	if got != 3 || !slow.Lagged() {
		t.Errorf("the slow one read %d, lagged %v; want 3 and true", got, slow.Lagged())
	}
	want(t, fast.C, "event 0", "event 1", "event 2", "event 3", "event 4")
}

// While others subscribe and unsubscribe, a subscriber sees every event in order.
func TestHubUnderContention(t *testing.T) {
	hub := live.New()
	c := desk.NewID[desk.ConversationID]()
	const events = 2000
	stay := hub.Subscribe(events, live.ConversationTopic(c))
	defer stay.Close()

	var stop atomic.Bool
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for !stop.Load() {
				s := hub.Subscribe(1, live.ConversationTopic(c), live.Everything)
				s.Remove(live.ConversationTopic(c))
				s.Close()
			}
		})
	}
	for seq := range int64(events) {
		hub.PublishEvents([]desk.Event{event(c, seq)})
	}
	stop.Store(true)
	wg.Wait()
	for seq := range int64(events) {
		if got := (<-stay.C).Event.Seq; got != seq {
			t.Fatalf("event %d came, want %d", got, seq)
		}
	}
}

// BenchmarkPublish is one event to 8 subscribers, each with its own goroutine.
func BenchmarkPublish(b *testing.B) {
	hub := live.New()
	c := desk.NewID[desk.ConversationID]()
	var wg sync.WaitGroup
	var read atomic.Int64
	subs := make([]*live.Subscription, 8)
	for i := range subs {
		subs[i] = hub.Subscribe(1<<16, live.ConversationTopic(c))
		wg.Go(func() {
			n := int64(0)
			for range subs[i].C {
				n++
			}
			read.Add(n)
		})
	}
	events := []desk.Event{event(c, 1)}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		hub.PublishEvents(events)
		n++
	}
	for _, s := range subs {
		s.Close()
	}
	wg.Wait()
	b.ReportMetric(float64(read.Load())/float64(8*n)*100, "%delivered")
}

// A subscription without a channel queues up to its limit, reports drops, and continues.
func TestNotifyQueuesAndReportsDrops(t *testing.T) {
	hub := live.New()
	c := desk.NewID[desk.ConversationID]()
	calls := 0
	sub := hub.Notify(2, func() { calls++ }, live.ConversationTopic(c))
	hub.PublishEvents([]desk.Event{event(c, 1), event(c, 2), event(c, 3)})
	items, lagged := sub.Take()
	if len(items) != 2 || items[0].Event.Seq != 1 || items[1].Event.Seq != 2 || !lagged || calls != 3 {
		t.Errorf("%d items, lagged %v, %d calls; want 2, true, 3", len(items), lagged, calls)
	}
	hub.PublishEvents([]desk.Event{event(c, 4)})
	if items, lagged = sub.Take(); len(items) != 1 || items[0].Event.Seq != 4 || lagged {
		t.Errorf("after the drop: %d items, lagged %v; want event 4", len(items), lagged)
	}
	sub.Close()
	hub.PublishEvents([]desk.Event{event(c, 5)})
	if items, _ = sub.Take(); len(items) != 0 || calls != 4 {
		t.Errorf("after Close: %d items, %d calls", len(items), calls)
	}
}
