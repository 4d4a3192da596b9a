package api

import (
	"context"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
	"switchboard/live"
)

// Deps is what the API stands on. Every method takes the agent who asks, and
// answers KindNotFound, or leaves out, what that agent may not see.
type Deps struct {
	Conversations Conversations
	Messages      Messages
	Desks         Desks
	Directory     Directory
	Journal       Journal
	Events        Events
	People        People
	Sessions      Sessions
	Keys          Keys
	Answers       Answers
	Handling      Handling
	Health        Health
	Channels      Channels
	Reconciler    Reconciler // nil: no mailbox is pulled here
	Images        Images     // nil: pictures from the net are not shown
	Hub           *live.Hub
}

// Store is everything the API reads; the store is all of it at once.
type Store interface {
	Conversations
	Messages
	Desks
	Directory
	Journal
	Events
	People
	Sessions
	Keys
	Health
	Channels
}

// Acts is everything an agent can do; agent.Desk is all of it at once.
type Acts interface {
	Answers
	Handling
}

// From makes the dependencies of a store, a desk and a hub.
func From(s Store, acts Acts, hub *live.Hub) Deps {
	return Deps{
		Conversations: s, Messages: s, Desks: s, Directory: s, Journal: s, Events: s,
		People: s, Sessions: s, Keys: s, Health: s, Channels: s, Answers: acts, Handling: acts, Hub: hub,
	}
}

// Conversations reads threads without their messages.
type Conversations interface {
	// Conversations lists those that all filters match, newest change first, below before.
	Conversations(ctx context.Context, as desk.Agent, filters []search.Filter, before view.Position, limit int) ([]view.Conversation, error)
	Conversation(ctx context.Context, as desk.Agent, ref view.ConversationRef) (view.Conversation, error)
	// ConversationEvents lists its history, oldest first, after number after.
	ConversationEvents(ctx context.Context, as desk.Agent, id desk.ConversationID, after int64, limit int) ([]desk.Event, error)
	// Stints lists who held it, oldest first, after the first skip ones.
	Stints(ctx context.Context, as desk.Agent, id desk.ConversationID, skip, limit int) ([]view.Stint, error)
}

// Messages reads what was said, and the bytes behind it.
type Messages interface {
	// Messages lists a conversation's, oldest first, after number after.
	Messages(ctx context.Context, as desk.Agent, id desk.ConversationID, after int64, limit int) ([]view.Message, error)
	Message(ctx context.Context, as desk.Agent, id desk.MessageID) (view.Message, error)
	MessageBytes(ctx context.Context, as desk.Agent, id desk.MessageID) (view.File, error)
	Attachment(ctx context.Context, as desk.Agent, id desk.MessageID, part string) (view.File, error)
}

// Desks reads the inboxes and who works in them.
type Desks interface {
	Inboxes(ctx context.Context, as desk.Agent) ([]view.Inbox, error)
	Agents(ctx context.Context) ([]view.Agent, error)
}

// Directory reads who writes to us. Lists are ordered by name.
type Directory interface {
	Accounts(ctx context.Context, as desk.Agent, q string, after view.ByName, limit int) ([]view.Account, error)
	Account(ctx context.Context, as desk.Agent, id desk.AccountID) (view.Account, error)
	Contacts(ctx context.Context, as desk.Agent, q string, after view.ByName, limit int) ([]view.Contact, error)
	Contact(ctx context.Context, as desk.Agent, id desk.ContactID) (view.Contact, error)
}

// Journal reads what the channels received.
type Journal interface {
	// Raws lists rows newest first without bytes, below the arrival before (0: from
	// the newest), and returns the last row's arrival.
	Raws(ctx context.Context, state desk.RawState, before int64, limit int) ([]desk.Raw, int64, error)
	// Raw returns one row; KindNotFound when there is none.
	Raw(ctx context.Context, id desk.RawID) (desk.Raw, error)
	// Replay puts a quarantined row back into the pipeline and returns those it touched.
	Replay(ctx context.Context, id desk.RawID) ([]desk.RawID, error)
}

// Events reads the log of everything that happened, in its one order.
type Events interface {
	// EventsAfter returns up to limit events after the cursor; a cursor that
	// cannot be read is KindInvalid.
	EventsAfter(ctx context.Context, after desk.Cursor, limit int) ([]desk.Event, error)
	Head(ctx context.Context) (desk.Cursor, error)
	// Access tells what decides who may see each conversation.
	Access(ctx context.Context, ids []desk.ConversationID) (map[desk.ConversationID]view.Access, error)
}

// People finds agents who can sign in.
type People interface {
	// AgentByEmail returns an agent with the password's hash; KindNotFound when
	// there is none or it is disabled.
	AgentByEmail(ctx context.Context, email string) (desk.Agent, string, error)
}

// Sessions keeps the digests of session tokens.
type Sessions interface {
	CreateSession(ctx context.Context, digest []byte, id desk.AgentID, ttl time.Duration) error
	// SessionAgent returns who a session belongs to and whether its expiry was put
	// off to ttl from now; KindDenied when there is none.
	SessionAgent(ctx context.Context, digest []byte, ttl time.Duration) (a desk.Agent, extended bool, err error)
	DeleteSession(ctx context.Context, digest []byte) error
}

// Keys keeps the digests of API keys.
type Keys interface {
	CreateKey(ctx context.Context, name string, digest []byte, by desk.Agent, expires time.Time) (view.Key, error)
	// KeyAgent returns whose rights a key carries; KindDenied when there is none.
	KeyAgent(ctx context.Context, digest []byte) (desk.Agent, error)
	Keys(ctx context.Context, as desk.Agent) ([]view.Key, error)
	DeleteKey(ctx context.Context, as desk.Agent, id desk.KeyID) error
}

// Answers writes messages.
type Answers interface {
	Reply(ctx context.Context, by desk.Agent, c desk.ConversationID, r agent.Reply) (desk.Message, error)
	Note(ctx context.Context, by desk.Agent, c desk.ConversationID, text string) (desk.Message, error)
}

// Handling changes who holds a conversation and how it stands.
type Handling interface {
	Assign(ctx context.Context, by desk.Agent, c desk.ConversationID, to desk.AgentID) (desk.Conversation, error)
	Move(ctx context.Context, by desk.Agent, c desk.ConversationID, m agent.Move) (desk.Conversation, error)
	SetStatus(ctx context.Context, by desk.Agent, c desk.ConversationID, to desk.Status, until time.Time) (desk.Conversation, error)
}

// Health tells whether the desk can work.
type Health interface {
	Ping(ctx context.Context) error
	// Schema returns the database's schema version and the one this program needs.
	Schema(ctx context.Context) (have, want int, err error)
}

// Channels reads how the entrances are doing.
type Channels interface {
	// Channels lists them by name.
	Channels(ctx context.Context) ([]view.Channel, error)
}

// Reconciler compares a mailbox with the journal and fetches what is missing.
type Reconciler interface {
	// Reconcile takes a channel's name. KindNotFound when no mailbox has it,
	// KindConflict when it cannot be compared now; the error says why.
	Reconcile(ctx context.Context, channel string) ([]view.ReconciledFolder, error)
}

// Images fetches pictures from the net, or from its memory of them.
type Images interface {
	// Image is KindNotFound when there is no picture that may be shown.
	Image(ctx context.Context, url string) (view.File, error)
}
