// Package answer decides what a mail means that an agent submits: which conversation it answers, and whom it goes to.
// Pure.
package answer

import (
	"fmt"
	"slices"

	"switchboard/desk"
	"switchboard/internal/deskmail"
	"switchboard/internal/deskmail/letter"
	"switchboard/internal/imf"
)

// Plan is what is done with a mail.
type Plan struct {
	Found  *deskmail.Found // the message that it answers; nil: the newest of Number
	Number int64           // of the conversation
	Note   bool            // it is an internal note
	// To, CC and BCC are the people whom the agent chose. Customer: the one of the conversation is among the recipients.
	To, CC, BCC []desk.Address
	Customer    bool
}

// Input is a submitted mail.
type Input struct {
	Mail       *desk.Message // as it was read
	Recipients []string      // of the envelope
	Found      []deskmail.Found
	Agent      string                    // the agent's own address
	Own        func(address string) bool // the desk's
}

// Of returns what is done with a mail. KindInvalid and KindNotFound say why it is refused.
func Of(site *letter.Site, in Input) (Plan, error) {
	var p Plan
	people, note := 0, false
	for _, r := range in.Recipients {
		t, ok := site.Target(r)
		switch {
		case ok && p.Number != 0 && p.Number != t.Number:
			return p, desk.Errorf(desk.KindInvalid, "the mail is addressed to conversations %d and %d; answer them one at a time", p.Number, t.Number)
		case ok && t.Note:
			p.Number, note = t.Number, true
		case ok:
			p.Number, p.Customer = t.Number, true
		case imf.NormalizeAddr(r) == imf.NormalizeAddr(in.Agent), in.Own(r):
		default:
			people++
			p.add(in.Mail, r)
		}
	}
	if p.Note = note; note && (people > 0 || p.Customer) {
		return p, desk.Errorf(desk.KindInvalid, "a note is for the team only, and this one has other recipients; remove them, or answer a message of the customer")
	}
	if p.Found = answered(site, in, p.Number); p.Found != nil {
		p.Number = p.Found.Number
		return p, nil
	}
	switch {
	case len(in.Found) > 0:
		return p, desk.Errorf(desk.KindInvalid, "the mail answers a message of conversation %d, and is addressed to conversation %d", in.Found[0].Number, p.Number)
	case p.Number == 0:
		return p, desk.Errorf(desk.KindNotFound, "this mail answers no message that you can read here. Answer a message of the conversation; new conversations are started in the console")
	}
	return p, nil
}

// add puts a recipient of the envelope where the header has it; a blind copy is in neither field.
func (p *Plan) add(m *desk.Message, recipient string) {
	same := func(a desk.Address) bool { return imf.NormalizeAddr(a.Email) == imf.NormalizeAddr(recipient) }
	for list, to := range map[*[]desk.Address]*[]desk.Address{&m.To: &p.To, &m.CC: &p.CC} {
		if i := slices.IndexFunc(*list, same); i >= 0 {
			*to = append(*to, desk.Address{Name: (*list)[i].Name, Email: recipient})
			return
		}
	}
	p.BCC = append(p.BCC, desk.Address{Email: recipient})
}

// answered returns the message that a mail answers (RFC 5322 §3.6.4): the one that it names, or the last one of those that it cites. With a
// number it is in that conversation.
func answered(site *letter.Site, in Input, number int64) *deskmail.Found {
	ids := slices.Clone(in.Mail.References)
	for _, id := range in.Mail.InReplyTo {
		ids = append(slices.DeleteFunc(ids, func(other string) bool { return other == id }), id)
	}
	for _, id := range slices.Backward(ids) {
		made := site.Cited([]string{id})
		for i := range in.Found {
			f := &in.Found[i]
			if (f.Header == id || len(made) == 1 && made[0] == f.MessageID) && (number == 0 || number == f.Number) {
				return f
			}
		}
	}
	return nil
}

// Withheld is what an agent is told whose reply was not sent because of newer messages.
func Withheld(number int64, newer int) string {
	what := fmt.Sprintf("%d newer messages have", newer)
	if newer == 1 {
		what = "a newer message has"
	}
	return fmt.Sprintf("your reply in conversation %d was not sent, because %s arrived that you had not read. It is in Drafts; read what is new, then send it again", number, what)
}
