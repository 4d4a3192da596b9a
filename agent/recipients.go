package agent

import (
	"context"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/internal/addressmask"
	"switchboard/internal/imf"
	"switchboard/router"
)

// maxCC bounds each of a reply's To, Cc and Bcc.
const maxCC = 50

// Recipients are the people that a reply by mail goes to unless its author chooses others.
type Recipients struct {
	To, CC []desk.Address
	// Omitted is how many more people took part than a reply can have in copy.
	Omitted int
	// Unreachable are those that get no replies.
	Unreachable []desk.Unreachable
	// Senders are the addresses that the reply may be sent from, the usual one first, and
	// SenderName the name beside it. Signature is the text below it; may be empty.
	Senders               []string
	SenderName, Signature string
	// Quotes says which earlier messages are quoted below it.
	Quotes router.Quote
}

// Recipients returns who a reply to everyone goes to. It is empty for a chat.
func (d *Desk) Recipients(ctx context.Context, by desk.Agent, c desk.ConversationID) (r Recipients, err error) {
	err = d.do(ctx, by, c, func(a *act) error {
		head, err := a.Head(ctx, c)
		if err != nil {
			return err
		}
		draft := &draft{conversation: a.state.Conversation, head: head, by: a.by, letter: a.letter(), outside: a.state.Outside, opt: a.opt}
		if r = draft.everyone(); draft.conversation.ReplyChannel == desk.ChannelEmail {
			r.Senders, r.SenderName, r.Signature, r.Quotes = draft.senders(), draft.senderName(), draft.signature(), draft.quotes()
		}
		var all []string
		for _, to := range slices.Concat(r.To, r.CC) {
			all = append(all, to.Email)
		}
		r.Unreachable, err = a.Unreachable(ctx, all)
		return err
	})
	return r, err
}

// everyone returns the recipients of a reply to all (RFC 5322 §3.6.3): the address that
// the conversation is answered at, and in copy all others who were written to, except
// the desk and third parties. A mail that nothing confirms adds no one who did not take part before. They are those of our last reply if nothing arrived after it, so that a
// person whom an agent added or removed stays so.
func (d *draft) everyone() Recipients {
	c := &d.conversation
	if c.ReplyChannel == desk.ChannelChat {
		return Recipients{}
	}
	var r Recipients
	seen := map[string]bool{}
	if c.ReplyTo != "" {
		seen[imf.NormalizeAddr(c.ReplyTo)] = true
		r.To = []desk.Address{{Name: d.recipientName(c.ReplyTo), Email: c.ReplyTo}}
	}
	others := slices.Concat(d.head.To, d.head.CC)
	if len(d.head.SentTo) > 0 {
		others = slices.Concat(d.head.SentTo, d.head.SentCC)
	}
	for _, a := range others {
		key := imf.NormalizeAddr(a.Email)
		stranger := d.head.Unconfirmed && len(d.head.SentTo) == 0 && !slices.Contains(c.Participants, key)
		if seen[key] || !imf.ValidAddr(a.Email) || d.own(a.Email) || imf.IsDaemon(a.Email) || stranger || d.third(a.Email) {
			continue
		}
		seen[key] = true
		if len(r.CC) == maxCC {
			r.Omitted++
			continue
		}
		r.CC = append(r.CC, desk.Address{Name: imf.OneLine(a.Name), Email: a.Email})
	}
	return r
}

// recipients returns the checked recipients of a reply by mail. Each address is in it once.
// A third party gets a reply to the customer only as a blind copy.
func (d *draft) recipients() (to, cc, bcc []desk.Address, err error) {
	if d.by.Masked() {
		if err := d.unmask(); err != nil {
			return nil, nil, nil, err
		}
	}
	to, cc = d.reply.To, d.reply.CC
	if len(to) == 0 || d.reply.All {
		r := d.everyone()
		if d.reply.All {
			cc = r.CC
		}
		to = r.To
	}
	seen := map[string]bool{}
	if to, err = d.checked("to", to, seen); err != nil {
		return nil, nil, nil, err
	}
	if len(to) == 0 {
		return nil, nil, nil, desk.Errorf(desk.KindInvalid, "to: name at least one recipient")
	}
	if cc, err = d.checked("cc", cc, seen); err != nil {
		return nil, nil, nil, err
	}
	for field, list := range map[string][]desk.Address{"to": to, "cc": cc} {
		for _, a := range list {
			if d.third(a.Email) {
				return nil, nil, nil, desk.Errorf(desk.KindInvalid, "%s: %s is a third party here, to whom mail was forwarded; the customer does not know of that. Forward the message to them instead, or answer theirs", field, a.Email)
			}
		}
	}
	bcc, err = d.checked("bcc", d.reply.BCC, seen)
	return to, cc, bcc, err
}

// third reports whether an address is that of a third party who has no part in what the
// customer sees.
func (d *draft) third(address string) bool { return d.outside != nil && d.outside(address) }

// checked returns the addresses of a field without those in seen, which it extends.
func (d *draft) checked(field string, list []desk.Address, seen map[string]bool) ([]desk.Address, error) {
	if len(list) > maxCC {
		return nil, desk.Errorf(desk.KindInvalid, "%s: %d addresses are too many; at most %d are allowed", field, len(list), maxCC)
	}
	var out []desk.Address
	for _, a := range list {
		switch {
		case hasControl(a.Name) || hasControl(a.Email):
			return nil, desk.Errorf(desk.KindInvalid, "%s: %q contains a line break or another control character", field, a.Name+" "+a.Email)
		case !imf.ValidAddr(a.Email):
			return nil, desk.Errorf(desk.KindInvalid, "%s: %q is not a valid mail address", field, a.Email)
		case imf.IsDaemon(a.Email):
			return nil, desk.Errorf(desk.KindInvalid, "%s: %s belongs to a mail system, where nobody reads mail", field, a.Email)
		case d.own(a.Email):
			return nil, desk.Errorf(desk.KindInvalid, "%s: %s is one of our own addresses; what is sent to it would come back", field, a.Email)
		}
		if key := imf.NormalizeAddr(a.Email); !seen[key] {
			seen[key] = true
			out = append(out, desk.Address{Name: strings.TrimSpace(a.Name), Email: a.Email})
		}
	}
	return out, nil
}

// unmask replaces the masked addresses that the author chose, who sees no others, by those
// of the people of the conversation.
func (d *draft) unmask() error {
	r := d.everyone()
	known := slices.Concat(r.To, r.CC)
	for _, p := range d.conversation.Participants {
		known = append(known, desk.Address{Email: p})
	}
	for field, list := range map[string]*[]desk.Address{"to": &d.reply.To, "cc": &d.reply.CC, "bcc": &d.reply.BCC} {
		clear := slices.Clone(*list)
		for i := range clear {
			if !strings.Contains(clear[i].Email, addressmask.Mark) {
				continue
			}
			found := map[string]string{}
			for _, a := range known {
				if strings.EqualFold(addressmask.One(a.Email), clear[i].Email) {
					found[imf.NormalizeAddr(a.Email)] = a.Email
				}
			}
			switch len(found) {
			case 0:
				return desk.Errorf(desk.KindInvalid, "%s: nobody in this conversation has the address %s", field, clear[i].Email)
			case 1:
			default:
				return desk.Errorf(desk.KindInvalid, "%s: %s can be %d people of this conversation; reply to everyone, or ask a colleague who sees addresses", field, clear[i].Email, len(found))
			}
			for _, email := range found {
				clear[i].Email = email
			}
		}
		if *list != nil {
			*list = clear
		}
	}
	return nil
}
