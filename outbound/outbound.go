// Package outbound sends what the desk has written: a durable loop claims due
// deliveries under a lease, hands each to its channel's sender, records the
// attempt and plans the next one.
//
// SMTP cannot promise exactly one copy: when the link breaks after the message
// was sent, nobody knows whether it arrived. Such a delivery is "unknown"; it is
// shown to the agent and tried once more, after a pause, with identical bytes.
package outbound

import (
	"context"
	"time"

	"switchboard/desk"
)

// Sender sends one delivery on its channel.
type Sender interface {
	// Send makes one attempt. The result says what came of it; an error means that
	// nothing has left the building (the database is away, say) and counts as delayed.
	Send(ctx context.Context, m desk.Message, d desk.Delivery) (desk.Result, error)
}

// Job is a claimed delivery with its message.
type Job struct {
	Message  desk.Message
	Delivery desk.Delivery // State is sending, Fence the claim's, Attempts counts this one
	// Abandoned is set when an earlier claim ran out in the middle of sending, so
	// that nobody knows whether that attempt got through.
	Abandoned bool
	// Unknowns counts the earlier attempts whose outcome nobody knows.
	Unknowns int
}

// Queue is the durable queue of deliveries.
type Queue interface {
	// Claim leases up to n due deliveries of a channel, oldest first. A delivery
	// whose lease ran out comes back as abandoned, without a new attempt counted.
	Claim(ctx context.Context, ch desk.Channel, n int, lease time.Duration) ([]Job, error)
	// Complete records an attempt. A zero next settles the delivery: nothing more
	// is tried. KindConflict when the claim is no longer d.Fence's.
	Complete(ctx context.Context, d desk.Delivery, r desk.Result, next time.Time) error
	// NextDue tells when the channel's next delivery falls due; false: none waits.
	NextDue(ctx context.Context, ch desk.Channel) (time.Time, bool, error)
}
