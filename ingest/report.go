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
			if state, ok := reportStates[r.Action]; ok && handedOver(d.State) {
				d.State, d.EnhancedCode, d.Detail = state, r.Status, r.Diagnostic
				b.result(c, d)
			}
		}
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

func (b *batch) result(c *desk.Conversation, d *SentDelivery) {
	b.out.Results = append(b.out.Results, desk.DeliveryResult{Delivery: d.ID, Source: desk.SourceDSN, At: b.now,
		Result: desk.Result{State: d.State, EnhancedCode: d.EnhancedCode, Detail: d.Detail}})
	b.apply(c, lifecycle.Delivery{Personal: d.Personal, ThirdParty: d.ThirdParty, Data: desk.DeliveryChanged{DeliveryID: d.ID, MessageID: d.MessageID, Recipient: d.Recipient,
		State: d.State, Source: desk.SourceDSN, Attempts: d.Attempts, EnhancedCode: d.EnhancedCode, Detail: d.Detail}}, b.now)
}
