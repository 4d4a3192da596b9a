// Package outbound delivers agents' answers. A durable loop claims due deliveries
// under a lease, passes each to the sender of its channel, records the attempt
// and schedules the next one.
//
// SMTP cannot guarantee exactly-once delivery: if the connection breaks after the
// message was sent and before the server answered, it is not known whether the
// server accepted it. Such a delivery is in state "unknown"; it is shown to the
// agent and retried once, after a pause, with identical bytes. So that a node that is
// killed leaves few of them, an attempt records that it is about to send the content.
package outbound

import (
	"context"
	"errors"
	"time"

	"switchboard/desk"
)

// ErrArrived means that a delivery must not be sent again: an attempt whose outcome was
// unknown has been reported to have arrived.
var ErrArrived = errors.New("an earlier attempt has arrived")

// Sender sends one delivery on its channel.
type Sender interface {
	// Send makes one attempt and returns its result. An error means that nothing
	// was sent, for example because the database was unavailable; the loop counts
	// it as delayed. A sender of mail has to record, before it sends any content, that
	// it does so: an interrupted attempt without that record is repeated at once.
	Send(ctx context.Context, m desk.Message, d desk.Delivery) (desk.Result, error)
}

// Job is a claimed delivery with its message.
type Job struct {
	Message  desk.Message
	Delivery desk.Delivery // State is sending, Fence is this claim's, Attempts includes this one
	// Abandoned is set if an earlier claim ended during its attempt, after the content
	// may have been sent: it is not known whether that attempt succeeded.
	Abandoned bool
	// Unknowns counts the earlier attempts with result unknown.
	Unknowns int
	// Failing: its destination was not reached at the last attempts.
	Failing bool
}

// Queue is the durable queue of deliveries.
type Queue interface {
	// Claim leases up to n due deliveries of a channel, oldest first, but of each destination
	// only as many as its limits allow. A delivery whose lease expired is returned without counting an attempt: as abandoned if its
	// content may have been sent.
	Claim(ctx context.Context, ch desk.Channel, n int, lease time.Duration) ([]Job, error)
	// Complete records an attempt. With a zero next the delivery is final and not
	// retried. KindConflict if the lease is no longer d.Fence's.
	Complete(ctx context.Context, d desk.Delivery, r desk.Result, next time.Time) error
	// NextDue returns when the channel's next delivery is due; false if none is
	// queued.
	NextDue(ctx context.Context, ch desk.Channel) (time.Time, bool, error)
	// Reach records that a destination was not reached, or works again.
	Reach(ctx context.Context, r Reach) error
}
