// Package chatter is the sender for live chat. The message is already stored in
// the visitor's session, so sending only signals the sockets that are open now; a
// visitor who is away sees the message when they return.
package chatter

import (
	"context"
	"fmt"

	"switchboard/desk"
	"switchboard/live"
	"switchboard/outbound"
)

// Chatter is the outbound.Sender for desk.ChannelChat.
type Chatter struct {
	hub *live.Hub
}

var _ outbound.Sender = (*Chatter)(nil)

// New returns a Chatter that signals sockets through hub.
func New(hub *live.Hub) *Chatter { return &Chatter{hub: hub} }

// Send implements outbound.Sender. The recipient is the text form of a session ID;
// any other recipient is a permanent failure. The result is sent whether or not the
// visitor is online; the delivery becomes delivered when their client confirms that
// it has displayed the message.
func (c *Chatter) Send(_ context.Context, _ desk.Message, d desk.Delivery) (desk.Result, error) {
	session, err := desk.ParseID[desk.SessionID](d.Recipient)
	if err != nil || session.IsZero() {
		return desk.Result{State: desk.DeliveryFailed, Detail: fmt.Sprintf("%q is not a chat session", d.Recipient)}, nil
	}
	detail := "waiting in the visitor's session"
	if c.hub.PublishSignal(live.Signal{Topic: live.SessionTopic(session), Kind: live.SignalChatPush}) > 0 {
		detail = "pushed to the visitor's open chat"
	}
	return desk.Result{State: desk.DeliverySent, Detail: detail}, nil
}
