package operate

import (
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// TestDecide tries every action in every state.
func TestDecide(t *testing.T) {
	const (
		hold, release, retry, cancel, redirect = desk.DeliveryHold, desk.DeliveryRelease, desk.DeliveryRetry, desk.DeliveryCancel, desk.DeliveryRedirect
	)
	states := []desk.DeliveryState{desk.DeliveryScheduled, desk.DeliveryHeld, desk.DeliveryQueued, desk.DeliverySending, desk.DeliverySent, desk.DeliveryDelivered,
		desk.DeliveryDelayed, desk.DeliveryUnknown, desk.DeliveryFailed, desk.DeliveryCancelled}
	// What is possible, per state: without a hold, and on hold.
	possible := map[desk.DeliveryState][2][]desk.DeliveryAction{
		desk.DeliveryHeld:    {{hold}, {release}},
		desk.DeliveryQueued:  {{hold, retry, cancel, redirect}, {release, retry, cancel, redirect}},
		desk.DeliveryDelayed: {{hold, retry, cancel, redirect}, {release, retry, cancel, redirect}},
		desk.DeliveryUnknown: {{hold, cancel}, {release, cancel}}, // without confirmation, as for those that were cancelled
		desk.DeliveryFailed:  {{retry, redirect}, {retry, redirect}},
	}
	for _, state := range states {
		for i, onHold := range []bool{false, true} {
			allowed := map[desk.DeliveryAction]bool{}
			for _, a := range possible[state][i] {
				allowed[a] = true
			}
			for _, a := range []desk.DeliveryAction{hold, release, retry, cancel, redirect} {
				r := Request{Action: a, Reason: "moved"}
				if a == redirect {
					r.To = "new@acme.example"
				}
				d := desk.Delivery{Channel: desk.ChannelEmail, Recipient: "jo@acme.example", State: state, OnHold: onHold, NextAttemptAt: now}
				op, err := Decide(&d, r, now)
				if (err == nil) != allowed[a] || err != nil && desk.KindOf(err) != desk.KindConflict {
					t.Errorf("%s, on hold %v: %s: %v", state, onHold, a, err)
				}
				if err == nil && !after(&d, op, a) {
					t.Errorf("%s, on hold %v: %s: %+v", state, onHold, a, op)
				}
			}
		}
	}
}

// after reports whether the operation leads where its action says.
func after(d *desk.Delivery, op desk.DeliveryOperation, a desk.DeliveryAction) bool {
	switch a {
	case desk.DeliveryRetry:
		return op.State == desk.DeliveryQueued && !op.OnHold && op.NextAttemptAt.Equal(now)
	case desk.DeliveryCancel, desk.DeliveryRedirect:
		return op.State == desk.DeliveryCancelled && !op.OnHold
	}
	return op.State == d.State && op.OnHold == (a == desk.DeliveryHold) && op.NextAttemptAt.IsZero()
}

func TestConfirm(t *testing.T) {
	d := desk.Delivery{Channel: desk.ChannelEmail, Recipient: "jo@acme.example", State: desk.DeliveryUnknown}
	for _, r := range []Request{{Action: desk.DeliveryRetry}, {Action: desk.DeliveryRedirect, To: "new@acme.example", Reason: "moved"}} {
		if _, err := Decide(&d, r, now); err == nil || !strings.Contains(err.Error(), "twice") {
			t.Errorf("%s: %v", r.Action, err)
		}
		r.Confirm = true
		if _, err := Decide(&d, r, now); err != nil {
			t.Errorf("%s: %v", r.Action, err)
		}
	}
}

// TestConfirmCancelled: the message may have gone to another address instead.
func TestConfirmCancelled(t *testing.T) {
	d := desk.Delivery{Channel: desk.ChannelEmail, Recipient: "jo@acme.example", State: desk.DeliveryCancelled}
	if _, err := Decide(&d, Request{Action: desk.DeliveryRetry}, now); desk.KindOf(err) != desk.KindConflict || err == nil {
		t.Errorf("without confirmation: %v", err)
	}
	if op, err := Decide(&d, Request{Action: desk.DeliveryRetry, Confirm: true}, now); err != nil || !after(&d, op, desk.DeliveryRetry) {
		t.Errorf("confirmed: %+v, %v", op, err)
	}
}

func TestInvalid(t *testing.T) {
	d := desk.Delivery{Channel: desk.ChannelEmail, State: desk.DeliveryFailed}
	for _, r := range []Request{{Action: "resend"}, {Action: desk.DeliveryRedirect, To: "new@acme.example"}, {Action: desk.DeliveryRedirect, Reason: "moved"},
		{Action: desk.DeliveryRedirect, To: "nobody", Reason: "moved"}, {Action: desk.DeliveryRetry, To: "new@acme.example"},
		{Action: desk.DeliveryRetry, Reason: strings.Repeat("x", MaxReason+1)}} {
		if r.Action == "resend" {
			d.State = desk.DeliveryQueued
		}
		if _, err := Decide(&d, r, now); desk.KindOf(err) != desk.KindInvalid || err == nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	d.Channel = desk.ChannelChat
	if _, err := Decide(&d, Request{Action: desk.DeliveryRetry}, now); desk.KindOf(err) != desk.KindConflict {
		t.Errorf("chat: %v", err)
	}
}
