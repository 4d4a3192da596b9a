package threading

import "slices"

// outside reports whether the sender is a third party in c, and not on the customer's side,
// too.
func (d *decider) outside(c Conversation) bool {
	return d.listed(c) && !slices.Contains(c.Participants, d.sender) && !d.customer(c)
}

func (d *decider) listed(c Conversation) bool {
	return !d.anonymous() && !d.forged() && slices.Contains(c.ThirdParties, d.sender)
}

// thirdParty reports whether a message that joins c belongs to what was exchanged with third
// parties there, which the customer does not see. A third party's mail does, and the
// customer's never. Of somebody who is on both sides, and of somebody who is on neither, such
// as a colleague of the third party, that depends on what they answer: the nearest message of
// ours that they cite, or else the person to whom the reply address was given.
func (d *decider) thirdParty(c Conversation) bool {
	if len(c.ThirdParties) == 0 {
		return false
	}
	listed, within := d.listed(c), d.within(c)
	switch {
	case listed && !within:
		return true
	case within && !listed:
		return false
	}
	if third, known := d.answersThirdParty(c); known {
		return third
	}
	return !within && d.issuedToThirdParty(c)
}

// within reports whether the sender is on the customer's side. The address of a colleague
// of the customer counts unless mail was forwarded to it.
func (d *decider) within(c Conversation) bool {
	if d.anonymous() || d.forged() {
		return false
	}
	colleague := !c.Account.IsZero() && c.Account == d.in.Account && !slices.Contains(c.ThirdParties, d.sender)
	return colleague || d.customer(c) || slices.Contains(c.Participants, d.sender)
}

// answersThirdParty reports whether the nearest message of ours that the message cites in c
// was sent to third parties, and whether it cites one.
func (d *decider) answersThirdParty(c Conversation) (third, known bool) {
	for _, cites := range citations(d.in.Message) {
		for _, k := range d.idx.ByMessageID([]string{cites.id}) {
			if other, ok := d.final(k.Conversation); ok && other.ID == c.ID && k.Issued {
				return k.ThirdParty, true
			}
		}
	}
	return false, false
}

// issuedToThirdParty reports whether a reply address among the recipients was given to a third
// party of c who is not on the customer's side.
func (d *decider) issuedToThirdParty(c Conversation) bool {
	for _, address := range d.in.Recipients {
		id, issuedTo, ok := d.tokens.Parse(address)
		if !ok {
			continue
		}
		if in, ok := d.final(id); !ok || in.ID != c.ID {
			continue
		}
		if slices.ContainsFunc(c.ThirdParties, func(a string) bool { return issuedTo(a) && !slices.Contains(c.Participants, a) }) {
			return true
		}
	}
	return false
}
