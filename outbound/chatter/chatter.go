// Package chatter sends answers to visitors' live chat. There is little to send:
// the message already stands in the visitor's session, where he finds it
// whenever he is there. A signal tells the sockets that are open now.
package chatter

import (
	"context"
	"fmt"

	"switchboard/desk"
	"switchboard/live"
	"switchboard/outbound"
)

// Chatter is the sender of chat deliveries.
type Chatter struct {
	hub *live.Hub
}

var _ outbound.Sender = (*Chatter)(nil)

// New returns a Chatter that signals over hub.
func New(hub *live.Hub) *Chatter { return &Chatter{hub: hub} }

// Send settles a delivery whose recipient is a session's text form. It is sent
// whether or not the visitor is there; it becomes delivered when his client says
// that it has shown it. A recipient that is no session fails for good.
func (c *Chatter) Send(_ context.Context, _ desk.Message, d desk.Delivery) (desk.Result, error) {
	session, err := desk.ParseID[desk.SessionID](d.Recipient)
	if err != nil || session.IsZero() {
		return desk.Result{State: desk.DeliveryFailed, Detail: fmt.Sprintf("%q is no chat session", d.Recipient)}, nil
	}
	detail := "waits in the visitor's session"
	if c.hub.PublishSignal(live.Signal{Topic: live.SessionTopic(session), Kind: live.SignalChatPush}) > 0 {
		detail = "pushed to the visitor's open chat"
	}
	return desk.Result{State: desk.DeliverySent, Detail: detail}, nil
}
