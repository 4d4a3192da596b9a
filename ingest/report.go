package ingest

import (
	"strings"

	"switchboard/desk"
	"switchboard/lifecycle"
)

// reportStates maps the action of a delivery status (RFC 3464 §2.3.3) to the
// delivery's state. A delay is at the next hop: for us the delivery stays sent,
// otherwise we would send it again.
var reportStates = map[string]desk.DeliveryState{
	"failed": desk.DeliveryFailed, "delayed": desk.DeliverySent, "delivered": desk.DeliveryDelivered,
	"relayed": desk.DeliverySent, "expanded": desk.DeliverySent,
}

// reported records what a delivery status says about our deliveries, as the
// outbound loop records the result of an attempt. Only a report about a message of
// this very conversation counts.
func (b *batch) reported(c *desk.Conversation, p *parsed, m *desk.Message, about returned) {
	if about.message.IsZero() || b.final(about.conversation) != c {
		return
	}
	deliveries := b.snap.Deliveries[about.message]
	for i := range deliveries {
		d := &deliveries[i]
		for _, r := range b.fates(m, p.Raw.EnvelopeTo, d) {
			if state, ok := reportStates[r.Action]; ok && (handedOver(d.State) || d.State == desk.DeliverySending) {
				b.result(c, d, desk.SourceDSN, desk.Result{State: state, EnhancedCode: r.Status, Detail: r.Diagnostic})
			}
		}
	}
}

// copied records that a server accepted one of our mails, because it made a copy of it:
// it need not be sent again. Servers file a copy for each recipient, so it only counts if
// the mail may have left for one recipient and nothing is known about that.
func (b *batch) copied(id desk.MessageID, how string) {
	var open *SentDelivery
	deliveries := b.snap.Deliveries[id]
	for i := range deliveries {
		switch d := &deliveries[i]; d.State {
		case desk.DeliverySent, desk.DeliveryDelivered:
			return
		case desk.DeliveryUnknown, desk.DeliverySending:
			if open != nil {
				return
			}
			open = d
		}
	}
	if open == nil {
		return
	}
	if c := b.final(open.Placed); c != nil {
		b.result(c, open, desk.SourceCopy, desk.Result{State: desk.DeliverySent, Detail: how})
	}
}

// handedOver reports whether the next hop may have the message in this state; reports
// on other deliveries are ignored.
func handedOver(s desk.DeliveryState) bool {
	return s == desk.DeliverySent || s == desk.DeliveryDelayed || s == desk.DeliveryUnknown || s == desk.DeliveryDelivered
}

// concerns reports whether a report's recipient is the one we sent to: the final
// one may be what an alias expanded to (RFC 3464 §2.3.1).
func concerns(r desk.ReportRecipient, recipient string) bool {
	return strings.EqualFold(r.Recipient, recipient) || strings.EqualFold(r.Original, recipient)
}

// result records what was reported about a delivery. While an attempt is running it is
// only kept: it counts if the attempt ends without a result.
func (b *batch) result(c *desk.Conversation, d *SentDelivery, source desk.AttemptSource, r desk.Result) {
	b.out.Results = append(b.out.Results, desk.DeliveryResult{Delivery: d.ID, Source: source, At: b.now, Result: r})
	if d.State == desk.DeliverySending {
		return
	}
	d.State, d.EnhancedCode, d.Detail = r.State, r.EnhancedCode, r.Detail
	b.apply(c, lifecycle.Delivery{Personal: d.Personal, ThirdParty: d.ThirdParty, Data: desk.DeliveryChanged{DeliveryID: d.ID, MessageID: d.MessageID, Recipient: d.Recipient,
		State: d.State, Source: source, Attempts: d.Attempts, EnhancedCode: d.EnhancedCode, Detail: d.Detail}}, b.now)
}
