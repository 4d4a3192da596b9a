package lifecycle

import (
	"slices"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/router"
)

// Opening is why and how a conversation opens.
type Opening struct {
	Data desk.ConversationOpened
	SLA  string // name of the SLA policy in force; empty: none
	Page string // whom to page at once: "on-call" or an agent's address; empty: nobody
	// Facts are what the routing decision was based on.
	Facts router.Facts
}

// Open returns the outcome of opening a conversation. The caller sets in c what it is
// about, its place according to the policy, and how to reply; Open sets status,
// waiting side, stint and history. The caller then applies the opening Message to the
// outcome's state.
func Open(c desk.Conversation, o Opening, p Policy, at time.Time) Outcome {
	at = at.Truncate(time.Microsecond)
	c.Status, c.AssigneeID, c.LastSeq = desk.StatusOpen, desk.AgentID{}, 0
	c.CreatedAt, c.UpdatedAt = at, at
	p = p.Of(&c)
	t := newTransition(State{Conversation: c}, p, at)
	t.opening, t.facted = true, true
	t.s.SLA, t.s.Segment, t.s.EventAt, t.s.facts = o.SLA, o.Data.Segment, at, &o.Facts
	if t.s.facts.Message.NewText != "" && (p.Rules == nil || !p.Rules.Uses("message.new_text")) {
		t.s.facts.Message.NewText = "" // it is stored with the message
	}
	t.begin(at)
	t.reason = "routed"
	t.wait(desk.WaitingUs)
	t.record(desk.ActorPolicy, o.Data)
	if o.Page != "" && p.Rules != nil {
		t.page(o.Page, "", 0)
	}
	t.settle()
	return t.finished(State{})
}

// Message is a message from outside.
type Message struct {
	Data desk.MessageReceived
	// Automatic: a program sent it by itself (RFC 3834 §2). Unless it opens the
	// conversation, it neither reopens it nor waits for a reply. What people write to
	// a mailing list is not automatic.
	Automatic bool
	// History: it was received before the mailbox was connected. A conversation that it
	// opens is closed; in another one it is recorded and changes nothing else.
	History bool
	// ReplyTo is where replies go from now on; empty: unchanged.
	ReplyTo string
	// Participants are addresses to add to the conversation's participants.
	Participants []string
	// Account is the account as it is now; nil: it has not changed.
	Account *router.AccountFacts
}

func (e Message) apply(t *transition) error {
	if e.Account != nil {
		t.account(desk.ActorSystem, *e.Account)
		t.out.Announced = t.c.LastSeq + 1
	}
	t.record(desk.ActorCustomer, e.Data)
	if !e.Automatic {
		t.s.Inbound++
	}
	if !e.Automatic && !e.History {
		t.withhold("the customer wrote first")
	}
	if opening := t.c.LastInboundAt.IsZero() && t.c.LastSeq == 2; (e.Automatic || e.History) && !opening {
		return nil
	}
	t.c.Preview, t.c.LastInboundAt = e.Data.Preview, latest(t.c.LastInboundAt, t.at)
	t.participate(e.Participants)
	if e.ReplyTo != "" {
		t.c.ReplyTo = e.ReplyTo
	}
	if e.History {
		t.reason = "imported"
		t.become(desk.StatusClosed, desk.WaitingCustomer, desk.ActorSystem, "it is older than the connection of the mailbox")
		return nil
	}
	t.reason, t.s.Held = "customer replied", false
	t.sig.person = !e.Automatic
	t.become(desk.StatusOpen, desk.WaitingUs, desk.ActorCustomer, "the customer wrote")
	return nil
}

// Duplicate is a message that arrived again.
type Duplicate struct{ Data desk.DuplicateLinked }

func (e Duplicate) apply(t *transition) error {
	t.record(desk.ActorSystem, e.Data)
	return nil
}

// Record is something that happened and changes nothing else.
type Record struct {
	By   desk.Actor
	Data desk.EventData
}

func (e Record) apply(t *transition) error {
	t.record(e.By, e.Data)
	return nil
}

// Reply is a reply to the customer, written at the desk, or in a mail program and
// found in the Sent folder.
type Reply struct {
	Data desk.MessageSent
	// Author is the zero Agent when no agent is known to have written it.
	Author desk.Agent
	// Automatic: a program wrote it. It is recorded and changes nothing else.
	Automatic    bool
	Participants []string
	Blind        []string // who gets a copy that nobody else sees
	Then         Then
	// Held: it can be undone until it leaves.
	Held bool
}

func (e Reply) apply(t *transition) error {
	if err := e.Then.check(t.at); err != nil {
		return err
	}
	if e.Held {
		t.remember(e.Data.MessageID, e.Data.Preview)
	}
	by := desk.ActorSystem
	if !e.Author.ID.IsZero() {
		by = desk.AgentActor(e.Author.ID)
	}
	t.record(by, e.Data)
	if e.Automatic {
		return nil
	}
	t.s.Outbound++
	t.sig.reply = true
	t.participate(e.Participants)
	t.acquaint(slices.DeleteFunc(slices.Clone(e.Blind), func(a string) bool {
		return slices.Contains(t.c.Participants, a) || a == imf.NormalizeAddr(t.c.ReplyTo)
	}))
	t.c.LastReplyAt = latest(t.c.LastReplyAt, t.at)
	if t.at.Before(t.c.LastInboundAt) {
		e.late(t)
		return nil
	}
	t.c.Preview = e.Data.Preview
	t.reason = "replied"
	if t.c.AssigneeID.IsZero() && e.Author.CanRead(&t.c) {
		t.assign(&e.Author, by, "replied", nil)
	}
	to := t.c.Status
	if to == desk.StatusOpen || to == desk.StatusSnoozed {
		to = desk.StatusPending
	}
	if e.Then.Status != "" {
		to, t.c.SnoozedUntil = e.Then.Status, e.Then.Until.Truncate(time.Microsecond)
	}
	t.become(to, desk.WaitingCustomer, by, "replied")
	return nil
}

// late applies a reply that was found after the customer had written again: they are
// still waiting, but only since that later message.
func (e Reply) late(t *transition) {
	if !t.c.WaitingSince.IsZero() && t.c.WaitingSince.Before(t.at) {
		t.c.WaitingSince = t.c.LastInboundAt
	}
}

// Note is an internal note.
type Note struct {
	By   desk.Actor
	Data desk.NoteAdded
}

func (e Note) apply(t *transition) error {
	t.record(e.By, e.Data)
	return nil
}
