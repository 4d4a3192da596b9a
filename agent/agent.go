// Package agent implements what agents do at the desk: reply, write a note, assign,
// move and change the status. Each operation is one transaction that locks the
// conversation, checks what the agent had seen, and writes the rows together with the
// events that announce them. desk.go states the order of steps; compose.go composes
// replies and notes, move.go finds the inbox that a move leads to, and package
// lifecycle decides what an operation does to the conversation.
package agent

import (
	"context"
	"log/slog"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/macro"
	"switchboard/lifecycle"
)

// Store runs operations.
type Store interface {
	// Act locks the conversations, in the order of their IDs, and runs fn in one
	// transaction; an error of fn rolls everything back and is returned. An unknown
	// conversation is KindNotFound.
	Act(ctx context.Context, ids []desk.ConversationID, fn func(Tx) error) error
	// Meet finds the contact and the account of a person, and runs fn in one transaction in which no one else
	// makes a contact or an account for them; an error of fn rolls everything back and is
	// returned.
	Meet(ctx context.Context, m Meeting, fn func(Tx, Customer) error) error
}

// Tx is one operation's view of the locked conversations.
type Tx interface {
	// Now returns the operation's instant, which is read after the locks were taken
	// and is never before the conversations' last change, so that stints cannot
	// overlap.
	Now() time.Time
	// State returns a locked conversation as it was when the lock was taken.
	State(id desk.ConversationID) lifecycle.State
	// Head returns what a reply by mail refers to; the zero Head if there is no mail
	// yet.
	Head(ctx context.Context, id desk.ConversationID) (Head, error)
	// Earlier returns the mail of a locked conversation that a reply may quote, the newest
	// first: what people wrote and what we sent, but nothing internal, automatic or forged.
	Earlier(ctx context.Context, id desk.ConversationID) ([]Earlier, error)
	// MessagesAfter counts the messages of any direction numbered above seq, and
	// returns the newest message's number (0: none).
	MessagesAfter(ctx context.Context, id desk.ConversationID, seq int64) (newer int, newest int64, err error)
	// Inboxes lists the inboxes in use in their order, and also those that a locked
	// conversation is in.
	Inboxes(ctx context.Context) ([]desk.Inbox, error)
	// Agent returns an agent; KindNotFound when there is none.
	Agent(ctx context.Context, id desk.AgentID) (desk.Agent, error)
	// Contact returns a contact and their mail address, which may be empty; KindNotFound when
	// there is none.
	Contact(ctx context.Context, id desk.ContactID) (c desk.Contact, address string, err error)
	// Placements returns the current placements in a locked conversation, in the order of
	// their numbers.
	Placements(ctx context.Context, id desk.ConversationID) ([]desk.Placement, error)
	// Merged returns what the undo of the newest merge of one locked conversation into
	// another needs; KindConflict if that is not known.
	Merged(ctx context.Context, absorbed, surviving desk.ConversationID) (Merged, error)
	// Task returns a task of a locked conversation and its inbox; KindNotFound for an
	// unknown one.
	Task(ctx context.Context, id desk.TaskID) (desk.Task, desk.Inbox, error)
	// Uploads keeps files that an agent has uploaded for good, and returns those that
	// there are in the given order.
	Uploads(ctx context.Context, by desk.AgentID, ids []desk.UploadID) ([]Upload, error)
	// Roster returns the agents who can sign in, and whether they are available.
	Roster(ctx context.Context) ([]desk.Member, error)
	// Outgoing returns a reply of a locked conversation, and locks its deliveries;
	// KindNotFound if there is no such reply.
	Outgoing(ctx context.Context, c desk.ConversationID, m desk.MessageID) (Outgoing, error)
	// Draft returns an agent's draft of a kind; KindNotFound if they have no such draft.
	Draft(ctx context.Context, c desk.ConversationID, author desk.AgentID, kind view.DraftKind) (view.Draft, error)
	// Enclosures returns the messages of a locked conversation that can be shown to a third
	// party, in the order of their numbers: those that are named, or all mail, chat lines and
	// forms that were exchanged with the customer.
	Enclosures(ctx context.Context, c desk.ConversationID, named []desk.MessageID) ([]desk.Message, error)
	// Received returns the bytes of a received mail; KindNotFound if they are not there.
	Received(ctx context.Context, m desk.MessageID) ([]byte, error)
	// Render stores the bytes of a saved message, which are then sent as they are.
	Render(ctx context.Context, m desk.MessageID, bytes []byte) error
	// Unreachable returns those of the addresses that get no replies.
	Unreachable(ctx context.Context, addresses []string) ([]desk.Unreachable, error)
	// Macro returns a macro; KindNotFound if there is none.
	Macro(ctx context.Context, id desk.MacroID) (macro.Macro, error)
	// MacroUsed counts a use of a macro.
	MacroUsed(ctx context.Context, id desk.MacroID) error
	// Names returns what texts call a locked conversation and its customer.
	Names(ctx context.Context, id desk.ConversationID) (macro.Names, error)
	// LinkRootCause links a locked conversation to a root cause, and returns the title of that;
	// false: it is linked already. KindNotFound if there is no such root cause.
	LinkRootCause(ctx context.Context, id desk.RootCauseID, c desk.ConversationID, by desk.AgentID) (title string, linked bool, err error)
	// UnlinkRootCause takes the link away; KindNotFound if there is none.
	UnlinkRootCause(ctx context.Context, id desk.RootCauseID, c desk.ConversationID) (title string, err error)
	// Save writes the changes.
	Save(ctx context.Context, c *desk.Changes) error
}

// Head is the mail that a reply refers to: the newest inbound one, or the newest
// one we sent in a conversation without inbound mail (a web form's).
type Head struct {
	MessageID  string   // without angle brackets; empty: no mail yet
	References []string // without angle brackets
	Subject    string
	From       []desk.Address
	ReplyTo    []desk.Address
	To         []desk.Address
	CC         []desk.Address
	// Unconfirmed: nothing confirms who wrote it, so it adds no recipients.
	Unconfirmed bool
	// SentTo and SentCC are the recipients of our newest mail; empty if the customer's
	// is newer.
	SentTo, SentCC []desk.Address
}

// Options configures a Desk.
type Options struct {
	// MessageID makes the RFC 5322 msg-id of a message, without angle brackets. It
	// must give the same id for the same message. Required.
	MessageID func(desk.MessageID) string
	// Company is the name of the site's owner, for sender names and signatures; may be empty.
	Company string
	// Own reports whether an address is one of the desk's own, which are never
	// replied to; nil: only the conversation's own address is known.
	Own func(address string) bool
	// OwnDomain reports whether a domain is the desk's own: its people are no customer's
	// account; nil: none is.
	OwnDomain func(domain string) bool
	// Address is the support address of conversations that agents start in inboxes without
	// one.
	Address string
	// Policy returns what lifecycle needs to know, as it is now; nil: only Own is known.
	Policy func() lifecycle.Policy
	// Resend returns a received mail as a message passes it on; nil: none can be.
	Resend func(original []byte, m *desk.Message) ([]byte, error)
	Log    *slog.Logger // nil: slog.DiscardHandler
	// TimerFired is called after the timers of a conversation were done, with what they
	// recorded and how long they were overdue; may be nil.
	TimerFired func(events []desk.Event, lag time.Duration)
	// Replied is called after a reply was committed, with its deliveries; may be nil.
	Replied func(m *desk.Message, deliveries []desk.Delivery)
	// Undo is how long a reply by mail is held before it is sent, so that it can be undone,
	// unless the policy says something else for its inbox.
	Undo time.Duration
}

// Desk carries out what agents do. It is safe for concurrent use.
//
// Every method returns KindNotFound for a conversation that does not exist or
// that the agent may not read, and KindDenied for an agent who is disabled.
type Desk struct {
	store Store
	opt   Options
}

// On returns the same desk over another store.
func (d *Desk) On(store Store) *Desk { return &Desk{store: store, opt: d.opt} }

// New returns a Desk over a store.
func New(store Store, opt Options) *Desk {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Own == nil {
		opt.Own = func(string) bool { return false }
	}
	if opt.OwnDomain == nil {
		opt.OwnDomain = func(string) bool { return false }
	}
	if opt.Resend == nil {
		opt.Resend = func([]byte, *desk.Message) ([]byte, error) {
			return nil, desk.Errorf(desk.KindInvalid, "mail cannot be passed on here")
		}
	}
	if opt.Policy == nil {
		opt.Policy = func() lifecycle.Policy { return lifecycle.Policy{Own: opt.Own} }
	}
	if opt.TimerFired == nil {
		opt.TimerFired = func([]desk.Event, time.Duration) {}
	}
	if opt.Replied == nil {
		opt.Replied = func(*desk.Message, []desk.Delivery) {}
	}
	return &Desk{store: store, opt: opt}
}

// Move names the destination of a move: an inbox by its key, or a tier, which means
// its first inbox.
type Move struct {
	Inbox string
	Tier  *desk.Tier
	Note  string // the handover note; required when the tier rises, unless a contract says what is
	// Handover is the evidence that the handoff contract asks for, by its names:
	// "problem", "tried". Labels of the note ("Tried: ...") count too.
	Handover map[string]string
	// KeepStatus leaves a pending or snoozed conversation as it is; otherwise it
	// opens, so that its new inbox sees it.
	KeepStatus bool
}

// Status is a change of status.
type Status struct {
	To    desk.Status
	Until time.Time // required with snoozed, and only there
	// WaitingOn says who a pending conversation waits for; empty: the customer.
	WaitingOn desk.WaitingOn
	// CancelTasks cancels the open tasks of a conversation that is resolved or closed, in
	// the same transaction. Otherwise they stay open, and their results still arrive.
	CancelTasks bool
}
