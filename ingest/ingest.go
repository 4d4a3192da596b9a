// Package ingest is the only place that states the order of steps from raw bytes to
// a routed conversation. Read process.go from the top; decide.go holds the
// decisions, which are pure, and Store is everything it needs from the database.
package ingest

import (
	"context"
	"time"

	"switchboard/desk"
	"switchboard/threading"
)

// Store keeps the journal and runs the ordered transaction of a batch.
type Store interface {
	// Claim leases up to n pending raw rows and returns them without their bytes, in
	// the order of arrival but mail last. It passes over rows whose stream has an
	// earlier pending row that it does not return, too.
	Claim(ctx context.Context, n int, lease time.Duration) ([]Claimed, error)
	// Load fills in the bytes of claimed rows.
	Load(ctx context.Context, claimed []Claimed) error
	// Process runs fn in one transaction. It may be redone after KindTemporary.
	Process(ctx context.Context, fn func(Tx) error) error
	// Fail leaves a row pending until retry has passed, or quarantines it. It stores
	// c.Raw.Attempts as the number of attempts so far.
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
	// Rivals reads what a merge of conversations in the snapshot needs. Only a message that
	// cites several of them needs it.
	Rivals(ctx context.Context, ids []desk.ConversationID) (Rivals, error)
	// Save writes what was decided, with multi-row statements. ErrOrder means that an
	// earlier row of a stream is still pending.
	Save(ctx context.Context, c *desk.Changes) error
}

// Claimed is a raw row leased to this node.
type Claimed struct {
	Raw     desk.Raw
	Fence   int64 // the claim's number; a later claim has a greater one
	Arrival int64 // the row's position in the journal
	// Journaled is set for rows that Claim returned, as opposed to those claimed when
	// they were accepted.
	Journaled bool
}

// Scope identifies an account before it is known: the sender's address, and the
// domain that leads to an account ("" for freemail and the like).
type Scope struct{ Address, Domain string }

// IdentityKey is the unique key of an identity.
type IdentityKey struct {
	Channel desk.Channel
	Address string // lower case
}

// ContentKey distinguishes a mail from another one with the same Message-ID.
type ContentKey struct {
	Account   desk.AccountID
	MessageID string
	Content   [32]byte
}

// Query is what a batch needs to know.
type Query struct {
	Identities []IdentityKey
	Domains    []string
	MessageIDs []string // the batch's own ids and all ids they mention
	OwnIDs     []string // the batch's own ids: looked up for duplicates
	Tokens     []desk.ConversationID
	Sessions   []desk.SessionID
	Reported   []string    // Message-IDs that delivery statuses in the batch are about
	Failed     Failed      // what else identifies the deliveries that they are about
	Authors    []string    // lower-case addresses that agents may have written under
	Opens      bool        // a message may open a conversation; for chat lines, Snapshot finds out itself
	Facts      bool        // the policy looks at the facts that conversations opened with
	History    bool        // the policy looks at the earlier conversations of accounts and contacts
	Recent     []RecentKey // contacts whose newest conversations a reply may belong to, if it cites nothing known
}

// RecentKey asks for the newest conversations of a contact, unless one of the
// Message-IDs that their reply cites is known.
type RecentKey struct {
	IdentityKey
	Cites []string
}

// Failed identifies deliveries that delivery statuses in a batch may be about.
type Failed struct {
	Addresses     []string              // lower-case recipients
	Envelopes     []desk.DeliveryID     // from the envelope id (RFC 3461)
	Conversations []desk.ConversationID // from reply tokens
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
	SentText      map[string]string              // their texts, of those among OwnIDs
	Forwarded     map[string]bool                // those of Sent that went to third parties
	Agents        map[string]desk.Agent          // by lower-case address, those among Authors and the visitors of Sessions
	// Deliveries are those that a delivery status in the batch may be about
	// (Query.Reported and Query.Failed), locked for update.
	Deliveries map[desk.MessageID][]SentDelivery
	Open       map[desk.AccountID]int // open conversations an account has
	// Total are all conversations of an account, at most 1000, and Past says what became
	// of those of a contact. Both are empty without Query.History.
	Total map[desk.AccountID]int
	Past  map[desk.ContactID]Past
	// Last are the newest messages of the conversations that a reply without headers
	// may belong to, newest first.
	Last map[desk.ConversationID][]threading.Written
	Rivals
}

// Past is what became of the earlier conversations of a contact.
type Past struct {
	LastTier int // that resolved the last one; -1: none was resolved
	Reopened int
}

// Rivals is what a merge of conversations needs.
type Rivals struct {
	// Placed are the current placements by conversation, in the order of their numbers; a
	// conversation that is missing is not merged.
	Placed map[desk.ConversationID][]desk.Placement
	// Apart are the conversations that a person has separated each one from.
	Apart map[desk.ConversationID][]desk.ConversationID
}

// Session is a visitor's chat session; zero fields are not known yet.
type Session struct {
	Contact      desk.ContactID
	Account      desk.AccountID
	Conversation desk.ConversationID
	Name, Email  string // as the visitor claims when the chat begins
}

// SentDelivery is a delivery that a report may be about.
type SentDelivery struct {
	desk.Delivery
	Personal   bool     // an agent wrote the message
	ThirdParty bool     // it went to a third party
	Subject    string   // the message's
	Cites      []string // its In-Reply-To and References
	Placed     desk.ConversationID
}

// Stored is a message that is in the database.
type Stored struct {
	Message      desk.MessageID
	Conversation desk.ConversationID
}
