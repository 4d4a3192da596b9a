// Package ingest is the only place that states the order of steps from raw
// bytes to a routed conversation. Read process.go from the top; decide.go holds
// the decisions, which are pure, and Store is everything it asks of the database.
package ingest

import (
	"context"
	"time"

	"switchboard/desk"
	"switchboard/threading"
)

// Store keeps the journal and runs the ordered transaction of a batch.
type Store interface {
	// Claim leases up to n pending raw rows, mail after everything else and in
	// arrival order, and returns them without their bytes.
	Claim(ctx context.Context, n int, lease time.Duration) ([]Claimed, error)
	// Load fills in the bytes of claimed rows.
	Load(ctx context.Context, claimed []Claimed) error
	// Process runs fn in one transaction. It may be redone after KindTemporary.
	Process(ctx context.Context, fn func(Tx) error) error
	// Fail leaves a row pending until retry has passed, or quarantines it; Raw.Attempts
	// is what its tries count from now on.
	Fail(ctx context.Context, c Claimed, state desk.RawState, problem string, retry time.Duration) error
	// Release gives claimed rows back, as if they had not been claimed.
	Release(ctx context.Context, claimed []Claimed) error
}

// Tx is the transaction of one batch.
type Tx interface {
	// Now is the database's clock when the transaction began; valid after Snapshot.
	Now() time.Time
	// Lock names the accounts concerned: Snapshot takes their advisory locks first, in
	// sorted order.
	Lock(ctx context.Context, scopes []Scope) error
	// Snapshot reads everything the batch's decisions may look at, and locks the
	// conversations among it.
	Snapshot(ctx context.Context, q Query) (*Snapshot, error)
	// Save writes what was decided, with multi-row statements.
	Save(ctx context.Context, c *Changes) error
}

// Claimed is a raw row leased to this node.
type Claimed struct {
	Raw     desk.Raw
	Fence   int64 // the claim's number; a later claim has a greater one
	Arrival int64 // the row's position in the journal
}

// Scope names an account before it is known: the sender's address, and the
// domain that leads to an account ("" when the domain is nobody's: freemail).
type Scope struct{ Address, Domain string }

// IdentityKey is the unique key of an identity.
type IdentityKey struct {
	Channel desk.Channel
	Address string // lower case
}

// ContentKey tells the same mail from another one under the same Message-ID.
type ContentKey struct {
	Account   desk.AccountID
	MessageID string
	Content   [32]byte
}

// Query says what a batch needs to know.
type Query struct {
	Identities []IdentityKey
	Domains    []string
	MessageIDs []string // the batch's own ids and all ids they mention
	OwnIDs     []string // the batch's own ids: looked up for duplicates
	Tokens     []desk.ConversationID
	Sessions   []desk.SessionID
	Authors    []string      // lower-case addresses under which agents may have written
	Recent     []IdentityKey // contacts whose newest conversations may be meant by a reply without headers
}

// Snapshot is the answer to a Query: a consistent view under the locks.
type Snapshot struct {
	Contacts      map[IdentityKey]desk.Contact // Identities holds the matched one only
	Domains       map[string]desk.AccountID
	Accounts      map[desk.AccountID]desk.Account
	Known         []threading.Known
	Conversations map[desk.ConversationID]*desk.Conversation // locked for update
	Stints        map[desk.ConversationID]desk.Stint         // the running ones
	Sessions      map[desk.SessionID]Session
	Stored        map[ContentKey]Stored
	Sent          map[string]desk.ConversationID // outbound Message-IDs among MessageIDs
	SentAs        map[string]desk.MessageID      // the messages behind Sent
	Agents        map[string]desk.AgentID        // by lower-case address, those among Authors
	Open          map[desk.AccountID]int         // open conversations an account has
	// Last are the newest messages of the conversations that a reply without headers
	// may mean, newest first.
	Last map[desk.ConversationID][]threading.Written
}

// Session is a visitor's chat session; zero fields are not known yet.
type Session struct {
	Contact      desk.ContactID
	Account      desk.AccountID
	Conversation desk.ConversationID
	Name, Email  string // as claimed in the hello
}

// Stored is a message that the database has.
type Stored struct {
	Message      desk.MessageID
	Conversation desk.ConversationID
}

// Changes is what a batch decided. Everything is written in one transaction.
type Changes struct {
	Accounts   []desk.Account
	Domains    []Domain
	Contacts   []desk.Contact
	Identities []Identity
	Opened     []*desk.Conversation
	Updated    []*desk.Conversation
	Messages   []NewMessage
	Refs       []Ref
	EndStints  []desk.Stint // EndedAt is set
	Stints     []desk.Stint
	Events     []desk.Event
	Sessions   []SessionLink
	Reports    []DeliveryReport
	Done       []Done
}

// Domain gives a domain to an account.
type Domain struct {
	Domain  string
	Account desk.AccountID
}

// Identity gives an address to a contact.
type Identity struct {
	IdentityKey
	Contact desk.ContactID
	Trust   desk.Trust
}

// NewMessage is a message with the hash that recognises it when it comes again.
type NewMessage struct {
	desk.Message
	Account desk.AccountID
	Content [32]byte
}

// Ref records that a conversation is known by a Message-ID.
type Ref struct {
	MessageID    string
	Conversation desk.ConversationID
	Account      desk.AccountID
	Own          bool
}

// SessionLink ties a chat session to its contact and conversation.
type SessionLink struct {
	Session      desk.SessionID
	Contact      desk.ContactID
	Conversation desk.ConversationID
}

// DeliveryReport is what a DSN says about one of our deliveries.
type DeliveryReport struct {
	MessageID    string // of the outbound message
	Conversation desk.ConversationID
	Recipient    desk.ReportRecipient
}

// Done marks a raw row processed.
type Done struct {
	Raw     desk.RawID
	Fence   int64
	Message desk.MessageID
	Again   bool // the message was there before: it came in another row
}
