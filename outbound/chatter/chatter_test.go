package chatter_test

import (
	"testing"

	"switchboard/desk"
	"switchboard/live"
	"switchboard/outbound/chatter"
)

func TestSend(t *testing.T) {
	hub := live.New()
	here, away := desk.NewID[desk.SessionID](), desk.NewID[desk.SessionID]()
	sub := hub.Subscribe(4, live.SessionTopic(here))
	defer sub.Close()
	for _, tt := range []struct {
		name, recipient string
		state           desk.DeliveryState
		detail          string
		pushes          int
	}{
		{"visitor online", here.String(), desk.DeliverySent, "pushed to the visitor's open chat", 1},
		{"visitor away", away.String(), desk.DeliverySent, "waiting in the visitor's session", 0},
		{"email address", "jo@acme.example", desk.DeliveryFailed, `"jo@acme.example" is not a chat session`, 0},
		{"empty", "", desk.DeliveryFailed, `"" is not a chat session`, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := chatter.New(hub).Send(t.Context(), desk.Message{}, desk.Delivery{Recipient: tt.recipient})
			if err != nil || got.State != tt.state || got.Detail != tt.detail {
				t.Errorf("Send = %+v, %v; want %s, %q", got, err, tt.state, tt.detail)
			}
			if n := len(sub.C); n != tt.pushes {
				t.Fatalf("%d pushes arrived, want %d", n, tt.pushes)
			}
			for range tt.pushes {
				if s := (<-sub.C).Signal; s.Kind != live.SignalChatPush {
					t.Errorf("unexpected signal %+v", s)
				}
			}
		})
	}
}
