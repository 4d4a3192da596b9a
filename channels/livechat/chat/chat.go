// Package chat defines the visitor's side of a chat: the session, its lines and
// positions within it. It has no protocol dependencies, so the database can
// implement livechat.Sessions without importing a WebSocket library.
package chat

import (
	"time"

	"switchboard/desk"
)

// Visitor is what visitors say about themselves. None of it is verified.
type Visitor struct {
	Name  string
	Email string
	Page  string // URL of the page that embeds the widget
}

// Session is a visitor's session at the time it was opened.
type Session struct {
	ID      desk.SessionID
	Secret  string // 256 random bits as text; possession of it is the only authentication
	Resumed bool
	Visitor Visitor // the stored details, without Page
	// Conversation is zero until the first line has been processed.
	Conversation desk.ConversationID
	Seq          int64 // of the newest message visible to the visitor; 0 if there is none
	Opened       int64 // how often the session was opened
}

// Position is how far a socket has read.
type Position struct {
	Conversation desk.ConversationID // zero before there is a conversation
	Seq          int64
}

// Line is one message of a session's conversation as the visitor sees it.
type Line struct {
	Conversation desk.ConversationID
	Seq          int64
	ID           string // the client's own ID for the visitor's lines, otherwise the message's ID
	From         string // FromVisitor or FromAgent
	Name         string // the agent's name; empty for the visitor
	Text         string
	At           time.Time
}

// The values of Line.From.
const (
	FromVisitor = "visitor"
	FromAgent   = "agent"
)

// Mark is the newest event number of a session's conversation.
type Mark struct {
	Session      desk.SessionID
	Conversation desk.ConversationID
	Seq          int64
}
