package threading

import (
	"fmt"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
)

// maxReferences bounds the identifiers looked up for one message. Of a longer chain
// the newest are used, since those are the closest ancestors.
const maxReferences = 500

// Decide returns the conversation that in belongs to. tokens may be nil.
func Decide(in Incoming, tokens *Tokens, idx Index) Decision {
	d := decider{in: in, idx: idx, tokens: tokens, sender: in.Sender}
	if dec, ok := d.byToken(tokens); ok {
		return dec
	}
	if dec, ok := d.bySession(); ok {
		return dec
	}
	if dec, ok := d.byIdentifiers(); ok {
		return dec
	}
	if dec, ok := d.byDelivery(); ok {
		return dec
	}
	if dec, ok := d.bySubject(); ok {
		return dec
	}
	return d.begin()
}

// begin opens a new conversation.
func (d *decider) begin() Decision {
	return Decision{Method: MethodNew, Evidence: d.refused, Unverified: d.refused != ""}
}

// refuse records why the sender may not join a conversation; the first reason counts.
func (d *decider) refuse(reason string) {
	if d.refused == "" {
		d.refused = reason
	}
}

// decider is the state of one decision.
type decider struct {
	in      Incoming
	idx     Index
	tokens  *Tokens
	sender  string
	refused string // evidence for a conversation that the sender may not join
}

// author returns the author's address in lower case; "" if there is none.
func author(m *desk.Message) string {
	if len(m.From) == 0 {
		return ""
	}
	return strings.ToLower(m.From[0].Email)
}

// final returns the conversation that id was merged into.
func (d *decider) final(id desk.ConversationID) (Conversation, bool) {
	id, ok := lifecycle.Follow(id, func(id desk.ConversationID) (desk.ConversationID, bool) {
		c, ok := d.idx.Conversation(id)
		return c.MergedInto, ok
	})
	if !ok {
		return Conversation{}, false
	}
	return d.idx.Conversation(id)
}

// member reports whether the sender may join c without further proof.
func (d *decider) member(c Conversation) bool {
	return !d.forged() && !d.anonymous() && !c.Account.IsZero() && c.Account == d.in.Account || d.participant(c)
}

// participant reports whether the sender takes part in c, be it as a third party.
func (d *decider) participant(c Conversation) bool {
	return !d.anonymous() && !d.forged() && (slices.Contains(c.Participants, d.sender) || slices.Contains(c.ThirdParties, d.sender))
}

// anonymous reports whether the author has no address. All such authors look like
// one contact, but they are different people.
func (d *decider) anonymous() bool {
	_, domain := imf.SplitAddr(d.sender)
	return domain == ""
}

// forged reports whether the sender's address failed authentication, so that nothing
// may be concluded from it.
func (d *decider) forged() bool { return d.in.SenderTrust == desk.TrustForged }

// proven reports whether the sender's address was authenticated.
func (d *decider) proven() bool {
	return d.in.SenderTrust == desk.TrustAligned || d.in.SenderTrust == desk.TrustVerified
}

// customer reports whether the sender's address is that of c's own customer.
func (d *decider) customer(c Conversation) bool {
	return !d.forged() && !d.anonymous() && !d.in.Contact.IsZero() && d.in.Contact == c.Contact
}

// mark records in dec how far the sender of a message that joins c is verified.
func (d *decider) mark(dec *Decision, c Conversation) {
	if d.in.Session.IsZero() && !d.proven() {
		dec.Unconfirmed = d.customer(c) || d.outside(c)
		dec.Unverified = !dec.Unconfirmed
	}
}

// join places the message in c, or in a follow-up if c is closed.
func (d *decider) join(c Conversation, method, evidence string) Decision {
	dec := Decision{ConversationID: c.ID, Method: method, Evidence: evidence, ThirdParty: d.thirdParty(c)}
	switch {
	case dec.ThirdParty:
		if c.Status == desk.StatusResolved || c.Status == desk.StatusClosed {
			dec.Evidence += fmt.Sprintf("; it stays %s: a third party wrote", c.Status)
		}
	case automatic(d.in.Message):
		// An automatic response (RFC 3834 section 2) is no reason to reopen anything.
		if c.Status == desk.StatusResolved || c.Status == desk.StatusClosed {
			dec.Evidence += fmt.Sprintf("; it stays %s: %s", c.Status, d.in.Message.AutoSubmitted)
		}
	case c.Status == desk.StatusClosed:
		dec.ConversationID, dec.FollowUpOf = desk.ConversationID{}, c.ID
		dec.Evidence += "; " + label(c) + " is closed"
	case c.Status == desk.StatusResolved:
		dec.Reopened = true
	}
	return dec
}

// automatic reports whether m was sent automatically, so that it never reopens a
// conversation. Mailing list messages are written by people.
func automatic(m *desk.Message) bool {
	return m.Automatic() && m.AutoSubmitted != desk.AutoList
}

// label names a conversation for display.
func label(c Conversation) string {
	if c.Number > 0 {
		return fmt.Sprintf("#%d", c.Number)
	}
	return c.ID.String()
}

// byToken finds the conversation of a signed reply address among the recipients.
func (d *decider) byToken(tokens *Tokens) (Decision, bool) {
	for _, addr := range d.in.Recipients {
		id, issuedTo, ok := tokens.Parse(addr)
		if !ok {
			continue
		}
		c, ok := d.final(id)
		if !ok {
			continue
		}
		if d.forged() {
			d.refuse("carries the reply address of " + label(c) + ", but the sender address is forged")
			continue
		}
		dec := d.join(c, MethodToken, "reply address of "+label(c))
		// The address may have been passed on: it admits a message, but proves
		// nothing about its author.
		issued := issuedTo(d.sender)
		first := cited{Conversation: c, by: citation{addr, MethodToken}, issued: issued}
		switch {
		case d.in.Message.AutoSubmitted == desk.AutoBounce:
		case !issued && !d.member(c):
			dec.Unverified = true
			dec.Evidence += ", issued to someone else"
		case !d.proven():
			dec.Unconfirmed = issued || d.customer(c) || d.outside(c)
			dec.Unverified = !dec.Unconfirmed
		}
		d.merge(&dec, first, d.cited())
		return dec, true
	}
	return Decision{}, false
}

// byDelivery finds the conversation of the mail that a bounce is about, when the bounce
// does not name its Message-ID.
func (d *decider) byDelivery() (Decision, bool) {
	if d.in.Returned.IsZero() {
		return Decision{}, false
	}
	c, ok := d.final(d.in.Returned)
	if !ok {
		return Decision{}, false
	}
	return d.join(c, MethodReport, d.in.ReturnedEvidence), true
}

// bySession finds the conversation of the visitor's chat session.
func (d *decider) bySession() (Decision, bool) {
	if d.in.Session.IsZero() {
		return Decision{}, false
	}
	id, ok := d.idx.BySession(d.in.Session)
	if !ok {
		return Decision{}, false
	}
	c, ok := d.final(id)
	if !ok {
		return Decision{}, false
	}
	return d.join(c, MethodSession, "chat session of "+label(c)), true
}
