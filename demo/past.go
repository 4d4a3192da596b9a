package demo

import (
	"context"
	"time"

	"switchboard/agent"
	"switchboard/desk"
)

// past is a store in which agents act at an earlier instant. What they sent then has
// arrived: the customers of the past are not sent mail again.
type past struct {
	agent.Store
	at time.Time
}

// Act implements agent.Store.
func (p past) Act(ctx context.Context, ids []desk.ConversationID, fn func(agent.Tx) error) error {
	return p.Store.Act(ctx, ids, func(tx agent.Tx) error { return fn(&pastTx{tx, p.at}) })
}

type pastTx struct {
	agent.Tx
	at time.Time
}

// Now implements agent.Tx.
func (t *pastTx) Now() time.Time { return t.at }

// Save implements agent.Tx.
func (t *pastTx) Save(ctx context.Context, c *desk.Changes) error {
	for i := range c.Deliveries {
		d := &c.Deliveries[i]
		d.State, d.Attempts, d.NextAttemptAt = desk.DeliverySent, 1, time.Time{}
		if d.Channel == desk.ChannelChat {
			d.State = desk.DeliveryDelivered
		} else {
			d.Code, d.EnhancedCode = 250, "2.0.0"
		}
	}
	return t.Tx.Save(ctx, c)
}
