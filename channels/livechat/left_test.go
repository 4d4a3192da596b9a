package livechat_test

import (
	"log/slog"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/store"
)

// replyPath returns how agents see the visitor's conversation.
func replyPath(t *testing.T, st *store.Store, as desk.Agent, conversation string) view.ReplyPath {
	t.Helper()
	id, err := desk.ParseID[desk.ConversationID](conversation)
	if err != nil {
		t.Fatal(err)
	}
	c, err := st.Conversation(t.Context(), as, view.ConversationRef{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return c.Reply
}

// away reports whether agents see that the visitor has left.
func (o *deskFixture) away(t *testing.T, conversation string) bool {
	t.Helper()
	return replyPath(t, o.gate.Store(), o.ana, conversation).LeftAt != nil
}

func (o *deskFixture) awaitAway(t *testing.T, conversation string, want bool) {
	t.Helper()
	for late := time.Now().Add(patience); time.Now().Before(late); <-time.After(5 * time.Millisecond) {
		if o.away(t, conversation) == want {
			return
		}
	}
	t.Fatalf("away is %v", !want)
}

// A visitor has left when their last tab is closed, and is back with the first one.
func TestAgentsSeeWhetherTheVisitorIsThere(t *testing.T) {
	o := startGateway(t)
	one := o.visit(t)
	one.say(map[string]any{"type": "message", "id": "1", "text": "hello?"})
	secret := one.want("welcome").Session
	line := one.want("message", "ack")
	two := o.visit(t)
	two.say(map[string]any{"type": "hello", "session": secret})
	two.want("message", "welcome")
	if o.away(t, line.Epoch) {
		t.Fatal("away with two tabs")
	}
	one.Close()
	two.tell("2", "still here") // the other tab's end has been handled, or will be without effect
	if o.away(t, line.Epoch) {
		t.Fatal("away with one tab")
	}
	two.Close()
	o.awaitAway(t, line.Epoch, true)

	three := o.visit(t)
	three.say(map[string]any{"type": "hello", "session": secret})
	three.want("welcome")
	if o.away(t, line.Epoch) {
		t.Fatal("away after coming back")
	}
	// The end of an earlier connection that is noticed late.
	session, err := desk.ParseID[desk.SessionID](replyPath(t, o.gate.Store(), o.ana, line.Epoch).To)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.gate.Store().Visitors().Left(t.Context(), session, 1); err != nil || o.away(t, line.Epoch) {
		t.Fatalf("away because of an earlier connection, %v", err)
	}
	three.Close()
	o.awaitAway(t, line.Epoch, true)
}

// A restart of the server is no leaving: visitors connect to the next one.
func TestRestartIsNoLeaving(t *testing.T) {
	o := startGateway(t)
	b := o.visit(t)
	b.say(map[string]any{"type": "message", "id": "1", "text": "hello?"})
	b.want("welcome")
	line := b.want("message", "ack")
	if err := o.stop(); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Options{DSN: o.dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if at := replyPath(t, st, o.ana, line.Epoch).LeftAt; at != nil {
		t.Errorf("the visitor left at %v", at)
	}
}
