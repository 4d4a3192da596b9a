package agent

import (
	"context"
	"slices"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
	"switchboard/outbound/operate"
)

// Operate does something to a delivery in the queue: hold, release, retry, cancel or
// redirect. Admins may do all of that. Agents may retry and cancel what they may answer,
// and redirect it if they see the addresses of customers. KindConflict, with the reason, if
// the delivery is not in a state for it: while an attempt is running nothing is possible.
// It returns the delivery, and of a redirect the new one.
func (d *Desk) Operate(ctx context.Context, by desk.Agent, c desk.ConversationID, m desk.MessageID, id desk.DeliveryID, r operate.Request) (changed desk.DeliveryID, err error) {
	err = d.do(ctx, by, c, func(a *act) error {
		if err := a.mayOperate(ctx, r.Action); err != nil {
			return err
		}
		out, err := a.Outgoing(ctx, c, m)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(out.Deliveries, func(d desk.Delivery) bool { return d.ID == id })
		if i < 0 {
			return desk.Errorf(desk.KindNotFound, "no delivery %s", id)
		}
		if r.Action == desk.DeliveryRedirect {
			if err := a.reachable(ctx, []desk.Delivery{{Channel: desk.ChannelEmail, Recipient: r.To}}); err != nil {
				return err
			}
		}
		changed, err = a.operate(&out, i, r)
		return err
	})
	if err == nil {
		d.opt.Log.InfoContext(ctx, "DeliveryOperated", "conversation", c, "delivery", id, "action", r.Action, "agent", by.ID)
	}
	return changed, err
}

// mayOperate returns nil if the agent may do that to deliveries of the conversation.
func (a *act) mayOperate(ctx context.Context, action desk.DeliveryAction) error {
	if a.by.Admin {
		return nil
	}
	switch action {
	case desk.DeliveryHold, desk.DeliveryRelease:
		return desk.Errorf(desk.KindDenied, "only admins may %s deliveries; you can retry or cancel this one", action)
	case desk.DeliveryRedirect:
		if a.by.Masked() {
			return desk.Errorf(desk.KindDenied, "you do not see the addresses of customers, and therefore cannot send the message to another one")
		}
	}
	if err := a.mayReply(ctx); err != nil {
		return err
	}
	return a.may(mayReply)
}

// operate adds the operation to the changes, and returns the delivery that it leads to.
func (a *act) operate(out *Outgoing, i int, r operate.Request) (desk.DeliveryID, error) {
	d := &out.Deliveries[i]
	to := d.ID
	op, err := operate.Decide(d, r, a.Now())
	if err != nil {
		return to, err
	}
	op.By = a.by.ID
	if r.Action == desk.DeliveryRedirect {
		if to, err = a.redirect(out.Deliveries, d, r.To); err != nil {
			return to, err
		}
	}
	a.changes.Operations = append(a.changes.Operations, op)
	_, err = a.apply(lifecycle.Operate{By: a.actor(), Personal: !out.Author.IsZero(), ThirdParty: out.ThirdParty, Data: desk.DeliveryOperated{DeliveryID: d.ID, MessageID: d.MessageID,
		Recipient: d.Recipient, Action: op.Action, State: op.State, To: r.To, Reason: op.Reason, ByName: imf.OneLine(a.by.Name)}})
	return to, err
}

// redirect adds a delivery of the same bytes to another recipient.
func (a *act) redirect(all []desk.Delivery, d *desk.Delivery, to string) (id desk.DeliveryID, err error) {
	own := draft{conversation: a.state.Conversation, opt: a.opt}
	if own.own(to) {
		return id, desk.Errorf(desk.KindInvalid, "to: %s is an address of this desk", to)
	}
	if slices.ContainsFunc(all, func(other desk.Delivery) bool { return imf.NormalizeAddr(other.Recipient) == imf.NormalizeAddr(to) }) {
		return id, desk.Errorf(desk.KindConflict, "%s is a recipient of this message already; retry that delivery instead", to)
	}
	id = desk.NewID[desk.DeliveryID]()
	a.changes.Deliveries = append(a.changes.Deliveries, desk.Delivery{ID: id, MessageID: d.MessageID, ConversationID: d.ConversationID, Channel: d.Channel,
		Recipient: to, ReturnPath: d.ReturnPath, EnvelopeID: id.String(), State: desk.DeliveryQueued, NextAttemptAt: a.Now(), CreatedAt: a.Now(), UpdatedAt: a.Now()})
	return id, nil
}
