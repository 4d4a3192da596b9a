package livechat_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/desk"
)

func TestAConversation(t *testing.T) {
	o := startGateway(t)
	b := o.visit(t)
	b.say(map[string]any{"type": "hello", "name": "Jo\r\nBcc: x", "email": "jo@acme.example", "page": "https://shop.example/cart"})
	welcome := b.want("welcome")
	if len(welcome.Session) != 43 || welcome.Resumed || welcome.Seq != 0 || welcome.Epoch != "" {
		t.Fatalf("welcome %+v", welcome)
	}

	own := b.tell("m-1", "My cart is empty\nand it was not")
	if own.ID != "m-1" || own.From != "visitor" || own.Text != "My cart is empty\nand it was not" || own.Seq < 1 || own.Epoch == "" {
		t.Fatalf("own line %+v", own)
	}
	if _, err := time.Parse(time.RFC3339Nano, own.At); err != nil {
		t.Error(err)
	}

	if err := o.post(t.Context(), "/conversations/"+own.Epoch+"/notes", map[string]string{"text": "He is a thief"}); err != nil {
		t.Fatal(err)
	}
	o.reply(t, own.Epoch, "It is full again")
	answer := b.want("message")
	if answer.From != "agent" || answer.Name != "Ana" || answer.Text != "It is full again" || answer.Seq <= own.Seq || !strings.HasPrefix(answer.ID, "ms_") {
		t.Fatalf("answer %+v", answer)
	}
	b.say(map[string]any{"type": "received", "seq": answer.Seq})
	o.awaitDelivery(t, own.Epoch, answer.Seq, desk.DeliveryDelivered)

	// A later connection gets what is newer than its position, once.
	b.Close()
	o.reply(t, own.Epoch, "Anything else?")
	b = o.visit(t)
	b.say(map[string]any{"type": "hello", "session": welcome.Session, "after": answer.Seq, "epoch": own.Epoch})
	again := b.want("welcome")
	if again.Session != welcome.Session || !again.Resumed || again.Epoch != own.Epoch || again.Seq <= answer.Seq {
		t.Fatalf("welcome %+v", again)
	}
	if m := b.want("message"); m.Text != "Anything else?" || m.Seq != again.Seq {
		t.Fatalf("missed message %+v", m)
	}
	b.say(map[string]any{"type": "message", "id": "m-2", "text": "No, thanks"})
	if m := b.want("message", "ack"); m.ID != "m-2" || m.Epoch != own.Epoch {
		t.Fatalf("line %+v joined another conversation", m)
	}
}

func (o *deskFixture) awaitDelivery(t *testing.T, conversation string, seq int64, want desk.DeliveryState) {
	t.Helper()
	var got desk.DeliveryState
	for late := time.Now().Add(patience); time.Now().Before(late); <-time.After(5 * time.Millisecond) {
		if got = o.delivery(t, conversation, seq); got == want {
			return
		}
	}
	t.Fatalf("the delivery is %s, want %s", got, want)
}

// A reply to a visitor who is offline is sent at once, and shown and marked as
// delivered when the visitor comes back.
func TestReplyWaitsForTheVisitor(t *testing.T) {
	o := startGateway(t)
	b := o.visit(t)
	b.say(map[string]any{"type": "message", "id": "1", "text": "hello?"})
	secret := b.want("welcome").Session
	line := b.want("message", "ack")
	b.Close()
	o.reply(t, line.Epoch, "here we are")
	o.awaitDelivery(t, line.Epoch, line.Seq+1, desk.DeliverySent)

	b = o.visit(t)
	b.say(map[string]any{"type": "hello", "session": secret}) // without a position
	b.want("welcome")
	if m := b.want("message"); m.Seq != line.Seq {
		t.Fatalf("%+v, want the first line again", m)
	}
	if m := b.want("message"); m.Text != "here we are" {
		t.Fatalf("%+v", m)
	}
}

func TestRepeatedLineIsStoredOnce(t *testing.T) {
	o := startGateway(t)
	b := o.visit(t)
	for range 3 {
		b.say(map[string]any{"type": "message", "id": "same", "text": "once"})
	}
	secret := b.want("welcome").Session
	acks, lines := 0, 0
	for acks < 3 || lines < 1 {
		f, open := b.next()
		switch {
		case !open:
			t.Fatal("closed")
		case f.Type == "ack":
			acks++
		case f.Type == "message":
			lines++
		}
	}
	b = o.visit(t)
	b.say(map[string]any{"type": "message", "session": secret, "id": "same", "text": "once"})
	b.say(map[string]any{"type": "message", "id": "other", "text": "twice"})
	b.want("welcome")
	if f := b.want("message", "ack"); f.ID != "same" {
		t.Fatalf("%+v", f)
	}
	if f := b.want("message", "ack"); f.ID != "other" {
		t.Fatalf("%+v: the repeated line was stored again", f)
	}
}

func TestTwoTabsSeeTheSame(t *testing.T) {
	o := startGateway(t)
	one := o.visit(t)
	one.say(map[string]any{"type": "message", "id": "1", "text": "from the first"})
	secret := one.want("welcome").Session
	first := one.want("message", "ack")

	two := o.visit(t)
	two.say(map[string]any{"type": "hello", "session": secret, "after": first.Seq})
	two.want("welcome")
	two.say(map[string]any{"type": "message", "id": "2", "text": "from the second"})
	o.reply(t, first.Epoch, "to both")
	for name, tab := range map[string]*browser{"first": one, "second": two} {
		texts := map[string]bool{}
		last := first.Seq
		for range 2 {
			m := tab.want("message", "ack")
			if m.Seq <= last {
				t.Errorf("the %s tab got %d after %d", name, m.Seq, last)
			}
			texts[m.Text], last = true, m.Seq
		}
		if !texts["from the second"] || !texts["to both"] {
			t.Errorf("the %s tab saw %v", name, texts)
		}
	}
}

// A secret gives access to its own session on its own widget only.
func TestSecrets(t *testing.T) {
	o := startGateway(t)
	b := o.visit(t)
	b.say(map[string]any{"type": "message", "id": "1", "text": "private"})
	secret := b.want("welcome").Session
	b.want("message", "ack")
	for name, try := range map[string]struct{ widget, secret string }{
		"none":             {"shop", ""},
		"a guess":          {"shop", strings.Repeat("A", 43)},
		"another widget's": {"open", secret},
		"a prefix":         {"shop", secret[:42]},
		"NUL":              {"shop", secret + "\x00"},
	} {
		b := dial(t, o.gate.HTTPAddr().String(), try.widget, nil)
		b.say(map[string]any{"type": "hello", "session": try.secret})
		if w := b.want("welcome"); w.Resumed || w.Session == secret || w.Session == try.secret || w.Seq != 0 {
			t.Errorf("%s: welcome %+v", name, w)
		}
	}
}

func TestTypingTravelsBothWays(t *testing.T) {
	o := startGateway(t)
	one := o.visit(t)
	one.say(map[string]any{"type": "message", "id": "1", "text": "x"})
	secret := one.want("welcome").Session
	one.want("message", "ack")
	two := o.visit(t)
	two.say(map[string]any{"type": "hello", "session": secret})
	two.want("welcome")
	two.want("message")
	// Typing in one tab is not shown in the visitor's tabs. The line that follows shows
	// that the typing frame was handled.
	two.say(map[string]any{"type": "typing"})
	two.say(map[string]any{"type": "message", "id": "2", "text": "y"})
	for _, tab := range []*browser{one, two} {
		if m := tab.want("message", "ack"); m.ID != "2" {
			t.Errorf("%+v", m)
		}
	}
}

func TestWidgetsAndOrigins(t *testing.T) {
	o := startGateway(t)
	host := o.gate.HTTPAddr().String()
	for _, tt := range []struct {
		name, widget, origin string
		allowed              bool
	}{
		{"no browser", "shop", "", true},
		{"the shop", "shop", "https://shop.example", true},
		{"the gateway's own panel", "shop", "http://" + host, true},
		{"another scheme", "shop", "http://shop.example", false},
		{"another port", "shop", "https://shop.example:8443", false},
		{"a subdomain", "shop", "https://evil.shop.example", false},
		{"a longer name", "shop", "https://shop.example.evil.example", false},
		{"a sandbox", "shop", "null", false},
		{"a stranger", "shop", "https://evil.example", false},
		{"any origin if all are allowed", "open", "https://evil.example", true},
		{"unknown widget", "nope", "", false},
		{"no widget", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header := http.Header{}
			if tt.origin != "" {
				header.Set("Origin", tt.origin)
			}
			b := dial(t, host, tt.widget, header)
			if !tt.allowed {
				b.wantClosed(websocket.ClosePolicyViolation)
				return
			}
			b.say(map[string]any{"type": "hello"})
			b.want("welcome")
		})
	}
}
