package agent

import (
	"context"
	"strings"
	"unicode/utf8"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/lifecycle"
	"switchboard/router"
)

// maxSubject bounds the characters of a subject.
const maxSubject = 300

// Start is a mail that an agent writes to somebody first, which opens a conversation with
// them.
type Start struct {
	// Inbox is the key of the inbox that the conversation is in.
	Inbox   string
	Subject string
	// Assignee is who gets it; zero: its author.
	Assignee desk.AgentID
	// Reply is the mail. The first of its recipients is the customer. From is one of the
	// inbox's addresses; empty: the first of them.
	Reply Reply
}

// Meeting is somebody whom an agent writes to, and how to tell customers from the desk.
type Meeting struct {
	To        desk.Address
	Own       func(address string) bool
	OwnDomain func(domain string) bool
}

// Customer is the person behind an address.
type Customer struct {
	Contact desk.Contact
	Account desk.Account
	Known   bool         // they were a contact before
	New     desk.Changes // creates what was not there
}

// Start opens a conversation with somebody who has not written, by a mail to them. It waits
// for them, and is assigned to the author or whom they name. KindInvalid, with the field, for
// recipients who cannot be written to and an unknown inbox; KindDenied if the agent may not
// reply, or may not read what is in the inbox.
func (d *Desk) Start(ctx context.Context, by desk.Agent, s Start) (c desk.Conversation, m desk.Message, err error) {
	check := draft{opt: &d.opt}
	to, err := check.checked("to", s.Reply.To, map[string]bool{})
	if err != nil {
		return c, m, err
	}
	if len(to) == 0 {
		return c, m, desk.Errorf(desk.KindInvalid, "to: name at least one recipient")
	}
	var deliveries []desk.Delivery
	err = d.store.Meet(ctx, Meeting{To: to[0], Own: d.opt.Own, OwnDomain: d.opt.OwnDomain}, func(tx Tx, who Customer) error {
		current, err := worker(ctx, tx, by.ID)
		if err != nil {
			return err
		}
		a := &act{Tx: tx, by: current, changes: who.New, opt: &d.opt}
		m, deliveries, err = a.start(ctx, s, to[0], &who)
		if err != nil {
			return err
		}
		err = a.Save(ctx, &a.changes)
		c = *a.changes.Opened[0]
		return err
	})
	if err != nil {
		return desk.Conversation{}, desk.Message{}, err
	}
	d.opt.Replied(&m, deliveries)
	d.opt.Log.InfoContext(ctx, "Started", "conversation", c.ID, "message", m.ID, "inbox", s.Inbox, "agent", by.ID)
	return c, m, nil
}

// start opens the conversation and adds its first mail.
func (a *act) start(ctx context.Context, s Start, to desk.Address, who *Customer) (desk.Message, []desk.Delivery, error) {
	c, err := a.place(ctx, &s)
	if err != nil {
		return desk.Message{}, nil, err
	}
	c.AccountID, c.ContactID, c.ReplyTo = who.Account.ID, who.Contact.ID, imf.NormalizeAddr(to.Email)
	a.state.Conversation = c
	assignee, err := a.recipient(ctx, s.Assignee)
	if err != nil {
		return desk.Message{}, nil, err
	}
	if err := s.Reply.check(&c, a.Now()); err != nil {
		return desk.Message{}, nil, err
	}
	facts := router.Facts{Channel: string(desk.ChannelEmail), Message: router.MessageFacts{Subject: c.Subject, To: c.ReplyTo},
		Contact: router.ContactFacts{Name: who.Contact.Name, Address: c.ReplyTo, Domain: imf.Domain(c.ReplyTo), Known: who.Known},
		Account: router.FactsOf(&who.Account), History: router.HistoryFacts{LastTier: -1}}
	out := lifecycle.Start(c, lifecycle.Opening{Facts: facts, Data: desk.ConversationOpened{Inbox: s.Inbox, Tier: c.Tier}}, a.by.ID, &assignee, a.opt.Policy(), a.Now())
	a.state = out.State
	out.AddOpenedTo(&a.changes)
	return a.send(ctx, s.Reply, c.Subject)
}

// place returns the conversation to open in the inbox.
func (a *act) place(ctx context.Context, s *Start) (c desk.Conversation, err error) {
	in, err := a.inbox(ctx, s.Inbox)
	if err != nil {
		return c, err
	}
	c = desk.Conversation{ID: desk.NewID[desk.ConversationID](), Channel: desk.ChannelEmail, ReplyChannel: desk.ChannelEmail, Priority: desk.PriorityNormal,
		InboxID: in.ID, Tier: in.Tier, Tags: []string{}, Path: []string{"started in " + in.Key}}
	if !a.by.CanRead(&c) {
		return c, desk.Errorf(desk.KindDenied, "you do not work in the inbox %s", in.Name)
	}
	if err := a.may(mayReply); err != nil {
		return c, err
	}
	switch c.Subject = strings.TrimSpace(s.Subject); {
	case c.Subject == "":
		return c, desk.Errorf(desk.KindInvalid, "subject: say in a few words what it is about")
	case hasControl(c.Subject) || !utf8.ValidString(c.Subject):
		return c, desk.Errorf(desk.KindInvalid, "subject: contains a line break or another control character")
	case utf8.RuneCountInString(c.Subject) > maxSubject:
		return c, desk.Errorf(desk.KindInvalid, "subject: at most %d characters are allowed", maxSubject)
	}
	a.state.Conversation = c
	check := draft{reply: s.Reply, letter: a.letter(), opt: a.opt}
	check.conversation.ReplyFrom = check.usual()
	c.ReplyFrom, err = check.sender()
	return c, err
}

// Stationery is what the mails of an inbox have that start conversations.
type Stationery struct {
	// Senders are the addresses that they may be sent from, the usual one first.
	Senders               []string
	SenderName, Signature string
}

// Stationery returns what a mail of an agent has that starts a conversation in an inbox.
// KindNotFound if there is no such inbox, or the agent may not read what is in it.
func (d *Desk) Stationery(by desk.Agent, inbox string) (Stationery, error) {
	for _, in := range d.opt.Policy().Inboxes {
		c := desk.Conversation{InboxID: in.ID, Tier: in.Tier}
		if in.Key != inbox || !by.CanRead(&c) {
			continue
		}
		a := &act{by: by, opt: &d.opt}
		a.state.Conversation = c
		mail := draft{by: by, letter: a.letter(), opt: &d.opt}
		mail.conversation.ReplyFrom = mail.usual()
		return Stationery{mail.senders(), mail.senderName(), mail.signature()}, nil
	}
	return Stationery{}, desk.Errorf(desk.KindNotFound, "there is no inbox %q that you work in", inbox)
}

// usual is the address that a mail is sent from that starts a conversation.
func (d *draft) usual() string {
	if list := d.senders(); len(list) > 0 {
		return list[0]
	}
	return d.opt.Address
}

// recipient returns the agent who gets a conversation that the author starts.
func (a *act) recipient(ctx context.Context, id desk.AgentID) (desk.Agent, error) {
	if id.IsZero() || id == a.by.ID {
		return a.by, nil
	}
	who, err := a.Agent(ctx, id)
	switch {
	case err != nil && desk.KindOf(err) == desk.KindNotFound:
		return who, desk.Errorf(desk.KindInvalid, "assignee: there is no agent %s", id)
	case err != nil:
		return who, err
	case who.Disabled:
		return who, desk.Errorf(desk.KindInvalid, "assignee: %s is disabled; choose another agent", who.Name)
	case !who.CanRead(&a.state.Conversation):
		return who, desk.Errorf(desk.KindInvalid, "assignee: %s is not allowed to read what is in this inbox", who.Name)
	}
	return who, a.may(mayAssign)
}
