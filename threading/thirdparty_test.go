package threading

import (
	"testing"

	"switchboard/desk"
)

const (
	repAddr  = "rep@supplier.example" // mail was forwarded to them
	bossAddr = "boss@supplier.example"
	zoeAddr  = "zoe@acme.example" // a colleague of the customer
)

// outsideDesk is deskOf with mail that was forwarded to a supplier, to a colleague of the
// customer, and to somebody who takes part.
func outsideDesk(change ...func(*Conversation)) *Memory {
	m := deskOf(append([]func(*Conversation){func(c *Conversation) {
		c.ThirdParties, c.Participants = []string{repAddr, zoeAddr, annAddr}, append(c.Participants, annAddr)
	}}, change...)...)
	m.AddForwarded(first, "fwd.1@demo.example")
	return m
}

// TestThirdParties: who wrote it and what they answer decide whether the customer's side or a
// third party wrote a message. A third party's joins a closed conversation, and reopens none.
func TestThirdParties(t *testing.T) {
	token := func(of string) string { return keys.Address(ours, first, of) }
	from := func(address string, trust desk.Trust, change ...func(*desk.Message)) Incoming {
		m := mail(address, change...)
		in := Incoming{Message: m, Sender: author(m), SenderTrust: trust, Recipients: []string{ours}}
		switch address {
		case joAddr:
			in.Account, in.Contact = acme, jo
		case annAddr:
			in.Account, in.Contact = acme, ann
		case zoeAddr, "sam@acme.example":
			in.Account = acme
		}
		return in
	}
	via := func(in Incoming, address string) Incoming {
		in.Recipients = append(in.Recipients, address)
		return in
	}
	vacation := func(m *desk.Message) { m.AutoSubmitted = desk.AutoReply }
	bounce := func(m *desk.Message) {
		m.AutoSubmitted = desk.AutoBounce
		m.Report = &desk.Report{Kind: "delivery-status", OriginalMessageID: "fwd.1@demo.example", Recipients: []desk.ReportRecipient{{Recipient: repAddr}}}
	}
	closed, resolved := status(desk.StatusClosed), status(desk.StatusResolved)
	good, claimed := desk.TrustAligned, desk.TrustClaimed
	for _, c := range []struct {
		name   string
		in     Incoming
		desk   []func(*Conversation)
		joins  bool
		third  bool
		marked bool // nothing confirms the sender
	}{
		{"a third party, by reply address", via(from(repAddr, good), token(repAddr)), nil, true, true, false},
		{"a third party, not authenticated, by reply address", via(from(repAddr, claimed), token(repAddr)), nil, true, true, true},
		{"a third party answers", from(repAddr, good, refs("fwd.1@demo.example")), nil, true, true, false},
		{"a third party answers, not authenticated", from(repAddr, claimed, irt("fwd.1@demo.example")), nil, true, true, true},
		{"a third party cites the customer's mail, authenticated", from(repAddr, good, refs("1@acme.example")), nil, true, true, false},
		{"a third party cites the customer's mail, not authenticated", from(repAddr, claimed, refs("1@acme.example")), nil, false, false, false},
		{"a third party cites nothing", from(repAddr, good), nil, false, false, false},
		{"somebody with the address of a third party, forged", from(repAddr, desk.TrustForged, refs("fwd.1@demo.example")), nil, false, false, false},
		{"a third party, closed", via(from(repAddr, good), token(repAddr)), []func(*Conversation){closed}, true, true, false},
		{"a third party, resolved", from(repAddr, good, refs("fwd.1@demo.example")), []func(*Conversation){resolved}, true, true, false},
		{"a third party's vacation", via(from(repAddr, good, vacation), token(repAddr)), nil, true, true, false},
		{"the forwarded mail bounces", via(from("mailer-daemon@supplier.example", claimed, bounce), token(repAddr)), nil, true, true, false},

		{"a colleague of the third party, with their reply address", via(from(bossAddr, good, refs("fwd.1@demo.example")), token(repAddr)), nil, true, true, true},
		{"a colleague of the third party, with their reply address alone", via(from(bossAddr, good), token(repAddr)), nil, true, true, true},
		{"a stranger with the customer's reply address", via(from(eveAddr, good), token(joAddr)), nil, true, false, true},
		{"a stranger cites the forwarded mail", from(eveAddr, good, refs("fwd.1@demo.example")), nil, false, false, false},
		{"a stranger cites everything", from(eveAddr, claimed, refs("1@acme.example", "out.1@demo.example", "fwd.1@demo.example")), nil, false, false, false},
		{"the third party of another conversation", from(repAddr, good, refs("2@elsewhere.example")), nil, false, false, false},

		{"the customer", from(joAddr, good, refs("out.1@demo.example")), nil, true, false, false},
		{"the customer, who was in copy of a third party's answer", from(joAddr, good, refs("1@acme.example", "fwd.1@demo.example")), nil, true, false, false},
		{"the customer, with a third party's reply address", via(from(joAddr, good), token(repAddr)), nil, true, false, false},
		{"another colleague of the customer, citing the forwarded mail", from("sam@acme.example", good, refs("fwd.1@demo.example")), nil, true, false, false},
		{"a colleague of the customer to whom it was forwarded", from(zoeAddr, good, refs("fwd.1@demo.example")), nil, true, true, false},
		{"somebody on both sides answers the forwarded mail", from(annAddr, good, refs("out.1@demo.example", "fwd.1@demo.example")), nil, true, true, false},
		{"somebody on both sides answers our reply", from(annAddr, good, refs("fwd.1@demo.example", "out.1@demo.example")), nil, true, false, false},
		{"somebody on both sides cites the customer", from(annAddr, good, refs("1@acme.example")), nil, true, false, false},
	} {
		m := outsideDesk(c.desk...)
		m.AddConversation(Conversation{ID: second, Number: 8, Account: other, Contact: eve, Status: desk.StatusOpen, Subject: "Lamp", UpdatedAt: noon, Participants: []string{eveAddr}})
		m.AddMessage(second, "2@elsewhere.example", nil, eveAddr)
		d := Decide(c.in, keys, m)
		if joins := d.ConversationID == first; joins != c.joins || d.ThirdParty != c.third || d.ThirdParty && (d.Reopened || !d.FollowUpOf.IsZero() || len(d.Absorbs) > 0) ||
			joins && (d.Unverified || d.Unconfirmed) != c.marked {
			t.Errorf("%s: %+v, want joins %t, third party %t, marked %t", c.name, d, c.joins, c.third, c.marked)
		}
	}
}

// TestThirdPartiesMergeNothing: a third party who knows two conversations does not make them
// one, while the same mail of the customer does.
func TestThirdPartiesMergeNothing(t *testing.T) {
	for _, c := range []struct {
		in     Incoming
		merges bool
	}{
		{trusted(Incoming{Message: mail(repAddr, refs("fwd.2@demo.example", "fwd.1@demo.example")), Sender: repAddr}), false},
		{fromJo(mail(joAddr, refs("2@acme.example", "1@acme.example"))), true},
	} {
		m := outsideDesk(func(c *Conversation) { c.Audience = "email" })
		m.AddConversation(Conversation{ID: second, Number: 8, Account: acme, Contact: jo, Status: desk.StatusOpen, Subject: "Lamp", UpdatedAt: noon, Participants: []string{joAddr},
			ThirdParties: []string{repAddr}, Audience: "email"})
		m.AddMessage(second, "2@acme.example", nil, joAddr)
		m.AddForwarded(second, "fwd.2@demo.example")
		if d := Decide(c.in, keys, m); d.ConversationID.IsZero() || len(d.Absorbs) > 0 != c.merges {
			t.Errorf("from %s: %+v", c.in.Sender, d)
		}
	}
}
