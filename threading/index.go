package threading

import (
	"time"

	"switchboard/desk"
)

// Incoming is the message to place, and its context.
type Incoming struct {
	Message *desk.Message
	// Sender is the lower-case address of the person who wrote the message: its author,
	// or whom a list or a web site's form wrote for. Empty: no one is named.
	Sender  string
	Account desk.AccountID // of the sender; may have just been created
	Contact desk.ContactID
	// Recipients are the envelope's forward-paths, then the addresses of To, Cc,
	// Delivered-To and similar fields. Any of them may contain a reply token.
	Recipients  []string
	Session     desk.SessionID // chat only; zero otherwise
	SenderTrust desk.Trust
	// Seen means that the sender's address was authenticated in an earlier message.
	Seen bool
	// Imported mail was received before its mailbox was connected. It merges nothing.
	Imported bool
	// Returned is the conversation of the mail that this message, a bounce, is about
	// according to the deliveries; zero if that is not known. Evidence says why.
	Returned         desk.ConversationID
	ReturnedEvidence string
}

// Known links a Message-ID to a conversation.
type Known struct {
	MessageID    string // without angle brackets
	Conversation desk.ConversationID
	// Own means that one of the conversation's messages has this identifier.
	// Otherwise a message of the conversation only refers to it.
	Own bool
	// Issued means that we sent the message that has this identifier, so that only its
	// recipients know it.
	Issued bool
	// ThirdParty means that the message that has this identifier was sent to third parties.
	ThirdParty bool
}

// Conversation is what the decision needs to know about a conversation.
type Conversation struct {
	ID         desk.ConversationID
	Number     int64 // 0: not assigned yet
	Account    desk.AccountID
	Contact    desk.ContactID
	Status     desk.Status
	Subject    string
	MergedInto desk.ConversationID // zero: not merged
	Assignee   desk.AgentID        // zero: unassigned
	// Audience says who may read the conversation and over which channel it is answered.
	// Only conversations with the same audience are merged; empty: it is never merged.
	Audience string
	// Apart are conversations that a person has separated it from.
	Apart     []desk.ConversationID
	UpdatedAt time.Time
	// Participants are the lower-case addr-specs of everyone who wrote or was written
	// to, except our own.
	Participants []string
	// ThirdParties are the lower-case addresses of those to whom mail of the conversation
	// was forwarded. Their mail joins it, too, and is nothing that the customer's side wrote.
	ThirdParties []string
	// Last are its newest messages in both directions, newest first. A reply without
	// headers is recognised by what it quotes from them. Empty means not loaded.
	Last []Written

	written []digested // digests of Last, if the index keeps them
}

// Index looks up existing conversations. Results may be in any order: Decide ranks
// them itself, so that the same data always gives the same decision.
type Index interface {
	// ByMessageID returns all links of the given identifiers.
	ByMessageID(ids []string) []Known
	// Conversation returns a conversation, merged ones included.
	Conversation(id desk.ConversationID) (Conversation, bool)
	// BySession returns the conversation of a visitor's chat session.
	BySession(id desk.SessionID) (desk.ConversationID, bool)
	// Recent returns the contact's newest conversations in the account, at most twenty.
	Recent(account desk.AccountID, contact desk.ContactID) []Conversation
}

// The methods of a Decision.
const (
	MethodNew        = "new"         // no evidence for a conversation that the sender may join
	MethodToken      = "reply-token" // a signed address among the recipients
	MethodSession    = "session"     // the visitor's chat session
	MethodReferences = "references"  // References, or an earlier message refers to this one
	MethodInReplyTo  = "in-reply-to" // In-Reply-To alone
	MethodReport     = "report"      // a delivery report is about one of its messages
	MethodSubject    = "subject"     // no headers: subject, time, and what it quotes
)

// Absorbed is a conversation that a message merges into the one it joins.
type Absorbed struct {
	ID     desk.ConversationID
	Reason string // for people
}

// Decision says where a message belongs.
type Decision struct {
	ConversationID desk.ConversationID // zero: a new conversation
	Method         string
	Evidence       string // a readable explanation of the decision
	// Reopened means that the conversation was resolved and this message reopens it.
	// It is never set for automatic messages; Evidence then says why.
	Reopened bool
	// FollowUpOf is the closed conversation that a new one continues.
	FollowUpOf desk.ConversationID
	// AlsoCites are other conversations of the same account that the message refers
	// to and that stay separate, nearest first. Closed ones are left out.
	AlsoCites []desk.ConversationID
	// Absorbs are younger conversations of the same account that this message shows to
	// be one with ConversationID, oldest first: they are merged into it.
	Absorbs []Absorbed
	// Unverified means that nothing proves that the sender belongs to the conversation
	// the message refers to. Answers must not go to its sender or its addresses.
	Unverified bool
	// Unconfirmed means that the sender's address is that of the conversation's own
	// customer, but nothing proves that they wrote the message. Answers go where they
	// went before.
	Unconfirmed bool
	// ThirdParty means that the message was exchanged with a third party. It reopens nothing,
	// and joins a closed conversation.
	ThirdParty bool
}
