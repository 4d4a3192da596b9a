package threading

import (
	"time"

	"switchboard/desk"
)

// Incoming is what the decision looks at.
type Incoming struct {
	Message *desk.Message
	Account desk.AccountID // resolved before; may be a fresh one
	Contact desk.ContactID
	// Recipients are the envelope's forward-paths, then To, Cc, Delivered-To and
	// whatever else names a recipient: a reply token may stand in any of them.
	Recipients  []string
	Session     desk.SessionID // chat only; zero otherwise
	SenderTrust desk.Trust
}

// Known is a Message-ID by which a conversation is known.
type Known struct {
	MessageID    string // without angle brackets
	Conversation desk.ConversationID
	// Own: it is the identifier of one of the conversation's messages; otherwise
	// a message of the conversation only mentions it.
	Own bool
}

// Conversation is what the decision needs to know of a conversation.
type Conversation struct {
	ID         desk.ConversationID
	Number     int64 // 0 when it has none yet
	Account    desk.AccountID
	Contact    desk.ContactID
	Status     desk.Status
	Subject    string
	MergedInto desk.ConversationID // zero: not merged
	UpdatedAt  time.Time
	// Participants are lower-case addr-specs of who wrote or was written to, ours
	// excepted.
	Participants []string
	// Last are its newest messages, newest first, ours included: a reply without headers is
	// recognised by what it quotes and says of them. Empty: not loaded, which is no
	// evidence against it.
	Last []Written

	written []digested // of Last, when the index keeps them
}

// Index is what is known of the conversations so far. Answers need no order:
// Decide ranks them itself, so that the same knowledge gives the same decision.
type Index interface {
	// ByMessageID returns everything known by one of the identifiers.
	ByMessageID(ids []string) []Known
	// Conversation returns a conversation, merged ones included.
	Conversation(id desk.ConversationID) (Conversation, bool)
	// BySession returns the conversation of a visitor's chat session.
	BySession(id desk.SessionID) (desk.ConversationID, bool)
	// Recent returns the contact's newest conversations in the account, twenty of them.
	Recent(account desk.AccountID, contact desk.ContactID) []Conversation
}

// The methods of a Decision.
const (
	MethodNew        = "new"         // nothing points to a conversation that the sender may join
	MethodToken      = "reply-token" // a signed address among the recipients
	MethodSession    = "session"     // the visitor's chat session
	MethodReferences = "references"  // References, or an identifier that an earlier message mentions
	MethodInReplyTo  = "in-reply-to" // In-Reply-To alone
	MethodReport     = "report"      // a delivery report names the message
	MethodSubject    = "subject"     // no headers: subject, time, and what it quotes
)

// Decision says where a message belongs.
type Decision struct {
	ConversationID desk.ConversationID // zero: a new conversation
	Method         string
	Evidence       string // for a person: what the decision rests on
	// Reopened: the conversation was resolved and this message opens it again.
	// Never set for machine mail: the Evidence says so.
	Reopened bool
	// FollowUpOf is the closed conversation that a new one continues.
	FollowUpOf desk.ConversationID
	// AlsoCites are further conversations of the same account that the message
	// refers to, nearest first: candidates for a merge. Closed ones are not among them.
	AlsoCites []desk.ConversationID
	// Unverified: the message names a conversation without proof that its sender
	// belongs there. Neither its addresses nor its sender may become part of
	// where answers go.
	Unverified bool
}
