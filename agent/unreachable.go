package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
)

// Unreachable is wrapped in a KindInvalid error if a message would go to addresses that
// could not be reached.
type Unreachable struct{ Addresses []desk.Unreachable }

func (u *Unreachable) Error() string {
	texts := make([]string, len(u.Addresses))
	for i, a := range u.Addresses {
		answer := strings.Join(strings.Fields(a.EnhancedCode+" "+a.Detail), " ")
		if a.Code != 0 {
			answer = fmt.Sprint(a.Code, " ", answer)
		}
		why := fmt.Sprintf("there is no such mailbox (%s)", answer)
		if a.Reason == desk.UnreachableRepeated {
			why = fmt.Sprintf("%d messages could not be delivered, the last one because of: %s", a.Failures, answer)
		}
		texts[i] = fmt.Sprintf("%s gets no replies since %s: %s", a.Address, a.Since.UTC().Format("2006-01-02 15:04 UTC"), why)
	}
	return strings.Join(texts, "; ") + ". Use another address, or let replies go there again"
}

// reachable returns nil if all recipients of mail get replies.
func (a *act) reachable(ctx context.Context, deliveries []desk.Delivery) error {
	var to []string
	for i := range deliveries {
		if deliveries[i].Channel == desk.ChannelEmail {
			to = append(to, deliveries[i].Recipient)
		}
	}
	if len(to) == 0 {
		return nil
	}
	list, err := a.Unreachable(ctx, to)
	if err != nil || len(list) == 0 {
		return err
	}
	return &desk.Error{Op: "to", Kind: desk.KindInvalid, Err: &Unreachable{list}}
}

// Lift lets replies go to an address again that could not be reached, for an agent who may
// answer a conversation in which it takes part. KindNotFound if it gets replies.
func (d *Desk) Lift(ctx context.Context, by desk.Agent, c desk.ConversationID, address string) error {
	address = imf.NormalizeAddr(address)
	err := d.do(ctx, by, c, func(a *act) error {
		if err := a.mayReply(ctx); err != nil {
			return err
		}
		if err := a.may(mayReply); err != nil {
			return err
		}
		if a.by.Masked() {
			return desk.Errorf(desk.KindDenied, "you do not see the addresses of customers; ask a colleague who does")
		}
		conversation := &a.state.Conversation
		takesPart := imf.NormalizeAddr(conversation.ReplyTo) == address || slices.Contains(conversation.Participants, address)
		list, err := a.Unreachable(ctx, []string{address})
		if err != nil {
			return err
		}
		if len(list) == 0 || !takesPart && !a.by.Admin {
			return desk.Errorf(desk.KindNotFound, "%s gets replies, or takes no part in this conversation", address)
		}
		_, err = a.apply(lifecycle.Lift{By: a.by, Address: address})
		return err
	})
	if err == nil {
		d.opt.Log.InfoContext(ctx, "AddressLifted", "conversation", c, "agent", by.ID)
	}
	return err
}
