// Package operate decides what a person may do to a delivery in the queue. The decision is
// made under the lock of the delivery; while an attempt is running nothing is possible, so
// that an operation never leads to a second copy without anybody knowing.
package operate

import (
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// MaxReason bounds the length of a reason, in characters.
const MaxReason = 500

// Request is what a person wants to do to a delivery.
type Request struct {
	Action desk.DeliveryAction
	// To is the new recipient of a redirect.
	To string
	// Reason is shown in the history; required for a redirect.
	Reason string
	// Confirm accepts that the customer may get the message twice, or that two addresses
	// get it.
	Confirm bool
}

// Check returns what is wrong with the request itself.
func (r *Request) Check() error {
	redirect := r.Action == desk.DeliveryRedirect
	switch {
	case utf8.RuneCountInString(r.Reason) > MaxReason:
		return desk.Errorf(desk.KindInvalid, "reason: at most %d characters are possible", MaxReason)
	case redirect && strings.TrimSpace(r.Reason) == "":
		return desk.Errorf(desk.KindInvalid, "reason: say why the message goes to another address; the history shows it")
	case redirect && !imf.ValidAddr(r.To):
		return desk.Errorf(desk.KindInvalid, "to: %q is not a mail address", r.To)
	case !redirect && r.To != "":
		return desk.Errorf(desk.KindInvalid, "to: only a redirect has another recipient")
	}
	return nil
}

// Decide returns what the operation changes. KindInvalid if the request is wrong,
// KindConflict, with the reason, if the delivery is not in a state for it.
func Decide(d *desk.Delivery, r Request, now time.Time) (desk.DeliveryOperation, error) {
	op := desk.DeliveryOperation{Delivery: d.ID, Action: r.Action, From: d.State, State: d.State, OnHold: d.OnHold, Reason: imf.OneLine(r.Reason), At: now}
	if err := r.Check(); err != nil {
		return op, err
	}
	if err := possible(d, &r); err != nil {
		return op, err
	}
	switch r.Action {
	case desk.DeliveryHold:
		op.OnHold = true
	case desk.DeliveryRelease:
		op.OnHold = false
	case desk.DeliveryRetry:
		op.State, op.OnHold, op.NextAttemptAt = desk.DeliveryQueued, false, now
	case desk.DeliveryCancel, desk.DeliveryRedirect:
		op.State, op.OnHold = desk.DeliveryCancelled, false
	default:
		return op, desk.Errorf(desk.KindInvalid, "action: %q is unknown; use hold, release, retry, cancel or redirect", r.Action)
	}
	return op, nil
}

// possible returns why an operation is not possible in the delivery's state.
func possible(d *desk.Delivery, r *Request) error {
	refuse := func(format string, args ...any) error { return desk.Errorf(desk.KindConflict, format, args...) }
	if d.Channel != desk.ChannelEmail {
		return refuse("a chat message is not in the queue of outgoing mail")
	}
	switch d.State {
	case desk.DeliverySending:
		return refuse("an attempt to deliver to %s is running since %s; wait for its result, then try again", d.Recipient, clock(d.UpdatedAt))
	case desk.DeliverySent, desk.DeliveryDelivered:
		return refuse("the message to %s has been sent; write a new reply instead", d.Recipient)
	case desk.DeliveryScheduled:
		return refuse("the message is scheduled for %s; take the reply back to change it", clock(d.NextAttemptAt))
	case desk.DeliveryHeld:
		if r.Action != desk.DeliveryHold && r.Action != desk.DeliveryRelease {
			return refuse("the reply can still be taken back; do that, or wait until %s", clock(d.NextAttemptAt))
		}
	case desk.DeliveryUnknown:
		if (r.Action == desk.DeliveryRetry || r.Action == desk.DeliveryRedirect) && !r.Confirm {
			return refuse("it is not known whether %s got the message: the connection broke before the server answered. If you send it again, the customer may get it twice; confirm that to go on", d.Recipient)
		}
	case desk.DeliveryCancelled:
		// It may have been cancelled because the message went to another address.
		if r.Action == desk.DeliveryRetry && !r.Confirm {
			return refuse("the delivery to %s was cancelled, maybe because the message went to another address instead; confirm that it has to go to %s as well", d.Recipient, d.Recipient)
		}
	}
	return fits(d, r.Action)
}

// fits returns why an action makes no sense for a delivery.
func fits(d *desk.Delivery, a desk.DeliveryAction) error {
	over := d.State == desk.DeliveryFailed || d.State == desk.DeliveryCancelled
	switch {
	case over && a == desk.DeliveryRedirect && d.State == desk.DeliveryCancelled:
		return desk.Errorf(desk.KindConflict, "the delivery to %s was cancelled; retry it, or write a new reply", d.Recipient)
	case over && a != desk.DeliveryRetry && a != desk.DeliveryRedirect:
		return desk.Errorf(desk.KindConflict, "there is nothing to %s: the delivery to %s has %s, and no attempt is scheduled", a, d.Recipient, ended[d.State])
	case a == desk.DeliveryHold && d.OnHold:
		return desk.Errorf(desk.KindConflict, "the delivery to %s is on hold already", d.Recipient)
	case a == desk.DeliveryRelease && !d.OnHold:
		return desk.Errorf(desk.KindConflict, "the delivery to %s is not on hold", d.Recipient)
	}
	return nil
}

var ended = map[desk.DeliveryState]string{desk.DeliveryFailed: "failed", desk.DeliveryCancelled: "been cancelled"}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
