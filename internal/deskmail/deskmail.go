// Package deskmail shows inboxes to the agents' mail programs: which folders there are, which
// flags a message has, what the messages look like, and what follows from a mail that an agent
// submits. Pure; deskmail/imapd and deskmail/submit speak IMAP and SMTP, and store numbers the messages.
package deskmail

import (
	"time"

	"switchboard/desk"
)

// Kind says what is in a folder.
type Kind string

const (
	Inbox    Kind = "inbox"    // the conversations in an inbox that are not resolved
	Archive  Kind = "archive"  // those that are resolved
	Assigned Kind = "assigned" // those that are assigned to the agent and not resolved
	Sent     Kind = "sent"     // what the agent has sent
	Drafts   Kind = "drafts"   // what the agent's mail programs keep, and replies that were not sent
)

// Mailbox is a folder.
type Mailbox struct {
	ID      int64
	Kind    Kind
	InboxID desk.InboxID // of an Inbox
	Key     string       // the inbox's
	Title   string
	Tier    desk.Tier
	UIDNext uint32
	ModSeq  uint64
}

// User is an agent who is signed in.
type User struct {
	Agent desk.Agent
	Epoch int64 // of UIDVALIDITY
}

// UIDValidity returns the UIDVALIDITY of a folder (RFC 9051 §2.3.1.1).
func (u *User) UIDValidity(m *Mailbox) uint32 { return uint32(u.Epoch)<<16 | uint32(m.ID&0xffff) }

// Entry is a message in a folder, as one agent sees it.
type Entry struct {
	UID            uint32
	ModSeq         uint64
	ConversationID desk.ConversationID
	Seq            int64 // in its conversation
	MessageID      desk.MessageID
	At             time.Time
	Seen, Answered bool
	Flagged        bool
	Draft          bool // it is in Drafts, and has no conversation
	Deleted        bool // of a draft
	Gone           bool // it has left the folder, or the agent may not read it any more
}

// Change is what an agent changes about flags. nil: nothing.
type Change struct{ Seen, Answered *bool }

// Limits of what one folder shows.
const (
	MaxEntries = 100_000  // the newest messages of a folder that a program sees
	MaxDrafts  = 200      // in Drafts
	MaxDraft   = 35 << 20 // octets of one
)

// Content is what the bytes of a message are made of.
type Content struct {
	ID             desk.MessageID
	ConversationID desk.ConversationID
	Number         int64 // of the conversation
	Subject        string
	Channel        desk.Channel // that the conversation is answered on
	Message        desk.Message // with the data of its attachments if the bytes have to be made
	Author         string       // as agents see it
	Customer       string       // the contact's name
	Earlier        string       // Message-ID of the mail before it in the conversation; may be empty
	EarlierID      desk.MessageID
	// Size is that of the stored bytes, and Bytes their first octets, or all; Size 0: they have to be made.
	Size  int64
	Bytes []byte
}

// Found is a message that a mail refers to.
type Found struct {
	MessageID      desk.MessageID
	Header         string // its Message-ID
	ConversationID desk.ConversationID
	Seq            int64
	Number         int64 // of the conversation
	Note           bool
}
