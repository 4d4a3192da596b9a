package lifecycle

import (
	"strconv"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/outbound/undeliverable"
)

// Delivery is the result of an attempt to deliver a message of the conversation, or a
// report about it. A failure has the same effect whether an SMTP reply, a DSN or the
// end of all attempts reports it.
type Delivery struct {
	Data desk.DeliveryChanged
	// By is the customer if the visitor's client confirmed the delivery; empty: the
	// system.
	By desk.Actor
	// Personal: an agent wrote the message, and has to know that it did not arrive.
	Personal bool
	// ThirdParty: the message went to a third party, so that the customer does not wait for it.
	ThirdParty bool
}

func (e Delivery) apply(t *transition) error {
	by := e.By
	if by == "" {
		by = desk.ActorSystem
	}
	t.record(by, e.Data)
	t.left(e.Data.MessageID)
	t.judge(&e.Data)
	if !e.Personal || !t.c.MergedInto.IsZero() {
		return nil
	}
	if e.Data.State == desk.DeliveryDelayed && (e.Data.Late || e.Data.Source == desk.SourceDSN) {
		t.tellOwner(desk.NoticeDelayed, answer(&e.Data))
	}
	lost := e.Data.State == desk.DeliveryFailed || e.Data.State == desk.DeliveryUnknown
	if !lost || e.Data.NextAttempt != nil {
		return nil
	}
	t.tellOwner(desk.NoticeUndelivered, answer(&e.Data))
	if e.ThirdParty {
		t.awaited("the mail to " + e.Data.Recipient + " was not delivered")
		return nil
	}
	t.reason = "delivery failed"
	t.become(desk.StatusOpen, desk.WaitingUs, desk.ActorSystem, "the reply to "+e.Data.Recipient+" was not delivered")
	return nil
}

// judge records what the result says about the address of the recipient.
func (t *transition) judge(d *desk.DeliveryChanged) {
	address := imf.NormalizeAddr(d.Recipient)
	if !imf.ValidAddr(d.Recipient) {
		return // a chat session
	}
	switch d.State {
	case desk.DeliveryDelivered:
		t.out.Reached = append(t.out.Reached, desk.AddressLift{Address: address, At: t.at})
	case desk.DeliveryFailed:
		v := undeliverable.Judge(d.Code, d.EnhancedCode, d.Detail)
		if v != undeliverable.Nothing {
			t.out.Unreached = append(t.out.Unreached, desk.AddressFailure{Address: address, Permanent: v == undeliverable.Permanent, Code: d.Code,
				EnhancedCode: d.EnhancedCode, Detail: d.Detail, At: t.at})
		}
	}
}

// tellOwner tells the assignee, or whoever leads the inbox.
func (t *transition) tellOwner(kind desk.NoticeKind, text string) {
	to := "assignee"
	if t.c.AssigneeID.IsZero() {
		to = "inbox-lead"
	}
	t.notify(to, kind, "", text)
}

// answer says what a server answered about a recipient.
func answer(d *desk.DeliveryChanged) string {
	text := d.Recipient + ":"
	if d.Code != 0 {
		text += " " + strconv.Itoa(d.Code)
	}
	return imf.OneLine(text + " " + d.EnhancedCode + " " + d.Detail)
}

// Lift lets replies go to an address again that could not be reached.
type Lift struct {
	By      desk.Agent
	Address string
}

func (e Lift) apply(t *transition) error {
	t.record(desk.AgentActor(e.By.ID), desk.AddressLifted{Address: e.Address, ByName: imf.OneLine(e.By.Name)})
	t.out.Reached = append(t.out.Reached, desk.AddressLift{Address: e.Address, By: e.By.ID, At: t.at})
	return nil
}
