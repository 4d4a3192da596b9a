package lifecycle

import (
	"testing"
	"time"

	"switchboard/desk"
)

// TestAdvise: an advisory is resolved and promises nothing; an answer opens its conversation.
func TestAdvise(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	by := desk.NewID[desk.AgentID]()
	out := Advise(desk.Conversation{ID: desk.NewID[desk.ConversationID](), InboxID: desk.NewID[desk.InboxID](), Channel: desk.ChannelEmail, ReplyChannel: desk.ChannelEmail, ReplyTo: "jo@acme.example"}, Opening{}, by, Policy{}, at)
	c := out.State.Conversation
	if c.Status != desk.StatusResolved || !c.AssigneeID.IsZero() || c.WaitingOn != desk.WaitingCustomer || !c.ResolvedAt.Equal(at) || len(out.Events) != 2 || len(out.Begun) != 1 || len(out.Clocks) != 0 || !c.CheckAt.IsZero() {
		t.Fatalf("%+v, %d events, %d stints", c, len(out.Events), len(out.Begun))
	}
	sent, err := Apply(out.State, Reply{Automatic: true, Data: desk.MessageSent{Automatic: desk.AutomaticAdvisory}}, Policy{}, at)
	if err != nil || sent.State.Conversation.Status != desk.StatusResolved || !sent.State.Conversation.LastReplyAt.IsZero() {
		t.Fatalf("%+v, %v", sent.State.Conversation, err)
	}
	answered, err := Apply(sent.State, Message{Data: desk.MessageReceived{}}, Policy{}, at.Add(time.Hour))
	if c := answered.State.Conversation; err != nil || c.Status != desk.StatusOpen || c.WaitingOn != desk.WaitingUs || !c.WaitingSince.Equal(at.Add(time.Hour)) {
		t.Fatalf("%+v, %v", c, err)
	}
	away, err := Apply(sent.State, Message{Automatic: true}, Policy{}, at.Add(time.Hour))
	if err != nil || away.State.Conversation.Status != desk.StatusResolved {
		t.Fatalf("an automatic answer: %+v, %v", away.State.Conversation, err)
	}
}
