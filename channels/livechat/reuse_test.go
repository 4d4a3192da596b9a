package livechat_test

import (
	"strings"
	"testing"

	"switchboard/channels/channeltest"
	"switchboard/channels/livechat"
)

// TestIDReused: a different text under a known ID is refused, whichever connection it
// comes from, and the first text stays. The same text is acknowledged again.
func TestIDReused(t *testing.T) {
	o := startGateway(t)
	b := o.visit(t)
	b.say(map[string]any{"type": "hello", "name": "Jo"})
	secret := b.want("welcome").Session
	b.tell("m1", "first")
	refused := func(b *browser, id, text string) {
		t.Helper()
		b.say(map[string]any{"type": "message", "id": id, "text": text})
		if f := b.want("error", "message", "typing"); f.Code != "id-used" || f.ID != id || f.Detail == "" {
			t.Errorf("%q under %s: %+v", text, id, f)
		}
	}
	acked := func(b *browser, id, text string) {
		t.Helper()
		b.say(map[string]any{"type": "message", "id": id, "text": text})
		if f := b.want("ack", "message", "typing"); f.ID != id {
			t.Errorf("%q under %s: %+v", text, id, f)
		}
	}
	refused(b, "m1", "second")
	refused(b, "m1", "First")
	refused(b, "m1", "first ")
	acked(b, "m1", "first")
	b.say(map[string]any{"type": "hello", "name": "Joanna", "page": "https://shop.example/later"}) // who sends it may change
	acked(b, "m1", "first")

	tab := o.visit(t)
	tab.say(map[string]any{"type": "hello", "session": secret})
	tab.want("welcome")
	refused(tab, "m1", "from another tab")
	tab.Close()
	again := o.visit(t) // with the message as the first frame
	again.say(map[string]any{"type": "message", "session": secret, "id": "m1", "text": "after a reconnect"})
	again.want("welcome")
	if f := again.want("error", "message"); f.Code != "id-used" {
		t.Errorf("%+v", f)
	}
	acked(again, "M1", "case makes another id")

	other := o.visit(t) // another session has its own IDs
	other.say(map[string]any{"type": "hello"})
	other.want("welcome")
	other.tell("m1", "someone else")

	for _, id := range []string{"", strings.Repeat("x", 65), "m 1", "m1\n", "ü"} {
		b.say(map[string]any{"type": "message", "id": id, "text": "bad id"})
		if f := b.want("error", "message"); f.Code != "bad-id" {
			t.Errorf("id %q: %+v", id, f)
		}
	}
	b.tell(strings.Repeat("x", 64), "longest")

	var lines []string
	back := o.visit(t)
	back.say(map[string]any{"type": "hello", "session": secret})
	back.want("welcome")
	for range 3 {
		lines = append(lines, back.want("message").Text)
	}
	if got := strings.Join(lines, "|"); got != "first|case makes another id|longest" {
		t.Errorf("the conversation has %s", got)
	}
}

// TestIDReusedWhilePending: no line has been processed yet, and the first is not even
// committed.
func TestIDReusedWhilePending(t *testing.T) {
	e := openEndpoint(t, livechat.Config{})
	sink := channeltest.NewSink()
	e.run(t, sink)
	b := dial(t, e.host, "shop", nil)
	sink.Hold()
	b.say(map[string]any{"type": "message", "id": "1", "text": "one"})
	secret := b.want("welcome").Session
	<-sink.Entered()
	tab := dial(t, e.host, "shop", nil)
	tab.say(map[string]any{"type": "message", "session": secret, "id": "1", "text": "two"})
	tab.want("welcome")
	<-sink.Entered()
	sink.Release()
	var got []string
	for _, b := range []*browser{b, tab} {
		f, _ := b.next()
		got = append(got, f.Type+f.Code)
	}
	if s := strings.Join(got, " "); s != "ack errorid-used" && s != "errorid-used ack" {
		t.Errorf("answers %s, want one ack and one error", s)
	}
}
