package lifecycle

import "switchboard/desk"

// Operate is what a person does to a delivery.
type Operate struct {
	By   desk.Actor
	Data desk.DeliveryOperated
	// Personal: an agent wrote the message, which is not answered if it is not sent.
	Personal bool
	// ThirdParty: the message is one to a third party.
	ThirdParty bool
}

func (e Operate) apply(t *transition) error {
	t.record(e.By, e.Data)
	if e.Data.Action != desk.DeliveryHold && e.Data.Action != desk.DeliveryRelease {
		t.left(e.Data.MessageID)
	}
	switch {
	case e.Data.To == "":
	case e.ThirdParty:
		t.acquaint([]string{e.Data.To})
	default:
		t.participate([]string{e.Data.To})
	}
	if e.Data.Action == desk.DeliveryCancel && e.Personal && !e.ThirdParty && t.c.MergedInto.IsZero() {
		t.reason = "delivery cancelled"
		t.become(desk.StatusOpen, desk.WaitingUs, desk.ActorSystem, "the reply to "+e.Data.Recipient+" was cancelled")
	}
	return nil
}
