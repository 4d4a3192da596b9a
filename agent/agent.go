// Package agent is what a person at the desk may do: reply, note, assign, move,
// change the status. Each act is one transaction that locks the conversation,
// checks what the person had seen, and writes the rows together with the event
// that tells the world. What is to be written is decided by pure functions
// (compose.go, change.go); this file and desk.go state the order of steps.
package agent

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"switchboard/desk"
)

// Store runs acts.
type Store interface {
	// Act locks the conversation and runs fn in one transaction; an error of fn
	// rolls everything back and is returned. An unknown conversation is KindNotFound.
	Act(ctx context.Context, c desk.ConversationID, fn func(Tx) error) error
}

// Tx is one act's view of a locked conversation.
type Tx interface {
	// Now is the act's instant: read after the lock was taken and never before
	// the conversation's last change, so that stints cannot overlap.
	Now() time.Time
	// Conversation is the row as it stood when the lock was taken.
	Conversation() desk.Conversation
	// Head is what a mail answer refers to; the zero Head when there is no mail yet.
	Head(ctx context.Context) (Head, error)
	// MessagesAfter counts the messages of any direction numbered above seq, and
	// returns the newest message's number (0: none).
	MessagesAfter(ctx context.Context, seq int64) (newer int, newest int64, err error)
	// Inboxes lists the inboxes in use in their order, and the conversation's own.
	Inboxes(ctx context.Context) ([]desk.Inbox, error)
	// Agent returns an agent; KindNotFound when there is none.
	Agent(ctx context.Context, id desk.AgentID) (desk.Agent, error)

	// SaveEvent appends an event under the conversation's next number and returns it.
	SaveEvent(ctx context.Context, kind desk.EventKind, by desk.Actor, data any) (seq int64, err error)
	// SaveMessage writes a message; its Seq is its event's. A mail's Message-ID
	// becomes one the conversation is known by.
	SaveMessage(ctx context.Context, m desk.Message) error
	SaveDeliveries(ctx context.Context, ds []desk.Delivery) error
	// SaveConversation writes what an act may change: status, inbox, tier,
	// assignee, path and the instants. LastSeq belongs to SaveEvent.
	SaveConversation(ctx context.Context, c desk.Conversation) error
	// NextStint ends the running stint at Now and begins this one at the same instant.
	NextStint(ctx context.Context, s desk.Stint) error
}

// Head is the mail that an answer refers to: the newest inbound one, or our own
// newest one in a conversation that has no inbound mail (a web form's).
type Head struct {
	MessageID  string   // without angle brackets; empty: no mail yet
	References []string // without angle brackets
	Subject    string
	From       []desk.Address
	ReplyTo    []desk.Address
	To         []desk.Address
	CC         []desk.Address
}

// Options configures a Desk.
type Options struct {
	// MessageID makes the RFC 5322 msg-id of a message, without angle brackets. It
	// must give the same id for the same message. Required.
	MessageID func(desk.MessageID) string
	// Own reports whether an address is one of the desk's own, which are never
	// answered; nil: only the conversation's own address is known.
	Own func(address string) bool
	Log *slog.Logger // nil: slog.DiscardHandler
	// Replied is called after a reply was committed, with its deliveries; may be nil.
	Replied func(m *desk.Message, deliveries []desk.Delivery)
	// Undo is how long a reply is held before it is sent.
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

// New returns a Desk over a store.
func New(store Store, opt Options) *Desk {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Own == nil {
		opt.Own = func(string) bool { return false }
	}
	if opt.Replied == nil {
		opt.Replied = func(*desk.Message, []desk.Delivery) {}
	}
	return &Desk{store: store, opt: opt}
}

// Reply is an answer to the customer.
type Reply struct {
	Text string // plain text; required
	HTML string // the same as HTML; may be empty
	CC   []desk.Address
	// ExpectedSeq is the newest message number the agent had seen. When a newer
	// message exists the reply is refused with Stale; nil: do not check.
	ExpectedSeq *int64
}

// Move names another place: an inbox by its key, or a tier, whose first inbox is taken.
type Move struct {
	Inbox string
	Tier  *desk.Tier
	Note  string // the handover note; required when the tier rises
}

// Stale is wrapped in a KindConflict error when a conversation has moved on.
type Stale struct {
	LastSeq int64 // number of the newest message
	Newer   int   // messages newer than the expected one
}

func (s *Stale) Error() string {
	if s.Newer == 1 {
		return fmt.Sprintf("1 newer message came in; the newest is number %d", s.LastSeq)
	}
	return fmt.Sprintf("%d newer messages came in; the newest is number %d", s.Newer, s.LastSeq)
}

// CanRead is the one rule for who may see a conversation, and so may work on it.
// Restricted conversations are for admins and for the agents of their tier.
// Whoever is unknown or disabled sees nothing.
func CanRead(by desk.Agent, c desk.Conversation) bool {
	if by.ID.IsZero() || by.Disabled {
		return false
	}
	return by.Admin || !c.Restricted || slices.Contains(by.Tiers, c.Tier)
}
