package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/lifecycle"
)

// Outgoing is a reply and its deliveries.
type Outgoing struct {
	Author     desk.AgentID
	Seq        int64 // its number in the conversation
	ThirdParty bool  // it goes to a third party
	Deliveries []desk.Delivery
}

// waiting reports whether a delivery has not been attempted, and will not be before its
// time.
func waiting(s desk.DeliveryState) bool {
	return s == desk.DeliveryHeld || s == desk.DeliveryScheduled
}

// departed says what has happened to the deliveries of a reply that cannot be cancelled.
func departed(list []desk.Delivery) error {
	var what []string
	for i := range list {
		if d := &list[i]; !waiting(d.State) {
			text := fmt.Sprintf("to %s: %s", d.Recipient, d.State)
			if d.Channel == desk.ChannelChat {
				text = "to the visitor: " + string(d.State)
			}
			what = append(what, text)
		}
	}
	return desk.Errorf(desk.KindConflict, "too late: the reply has left (%s)", strings.Join(what, "; "))
}

// CancelSend takes a reply back that has not been sent: nobody receives it, the
// conversation is what it was before, and its author has it as a draft, which is
// returned. KindConflict, with what happened, if an attempt to send it has begun.
func (d *Desk) CancelSend(ctx context.Context, by desk.Agent, c desk.ConversationID, m desk.MessageID) (kept view.Draft, err error) {
	err = d.read(ctx, by, c, func(a *act) error {
		if c := &a.state.Conversation; !c.MergedInto.IsZero() {
			return elsewhere(c)
		}
		if err := a.mayReply(ctx); err != nil {
			return err
		}
		if err := a.may(mayReply); err != nil {
			return err
		}
		a.catchUp() // a scheduled reply that is due is sent
		out, err := a.Outgoing(ctx, c, m)
		if err != nil {
			return err
		}
		if len(out.Deliveries) == 0 {
			return desk.Errorf(desk.KindConflict, "this message was not sent from here")
		}
		if slices.ContainsFunc(out.Deliveries, func(d desk.Delivery) bool { return !waiting(d.State) }) {
			return departed(out.Deliveries)
		}
		_, err = a.apply(lifecycle.Cancel{By: a.actor(), Message: m, Seq: out.Seq, Author: out.Author, ThirdParty: out.ThirdParty})
		if err != nil {
			return err
		}
		if err := a.save(ctx); err != nil {
			return err
		}
		kind := view.DraftReply
		if out.ThirdParty {
			kind = view.DraftForward
		}
		kept, err = a.Draft(ctx, c, out.Author, kind)
		if err != nil && desk.KindOf(err) == desk.KindNotFound {
			kept, err = view.Draft{ConversationID: c, Kind: kind, UpdatedAt: a.Now()}, nil // what was passed on has no text
		}
		return err
	})
	if err != nil {
		return view.Draft{}, err
	}
	d.opt.Log.InfoContext(ctx, "SendCancelled", "conversation", c, "message", m, "agent", by.ID)
	return kept, nil
}
