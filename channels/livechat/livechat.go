// Package livechat is the entrance for visitors' live chat: a WebSocket server
// (RFC 6455) that speaks the protocol of doc/chat.md.
//
// A line is acknowledged when the Sink has made it durable. What agents write
// reaches the visitor from SQL: the hub only says that there is something to
// read, so a lost hint delays and never loses.
package livechat

import (
	"context"
	"time"

	"switchboard/desk"
)

// Widget is one chat entrance.
type Widget struct {
	Key  string // in the URL's "widget" parameter; the raw item's Endpoint
	Name string
	// Origins lists the origins (RFC 6454, "https://shop.example") whose pages may
	// connect, "*" for all. The gateway's own origin, where the widget's panel
	// lives, always may, and so do clients that are no browser and send none.
	Origins []string
}

// Config configures a Server. Zero limits mean the defaults in brackets.
type Config struct {
	Widgets     map[string]Widget // by key
	MaxFrame    int64             // octets of one frame (64 KiB)
	MaxSockets  int               // open at once; more are refused with 503 (20,000)
	FrameRate   float64           // frames per second and session; more for long close the socket (20)
	FrameBurst  int               // (40)
	PollEvery   time.Duration     // how often SQL is asked for what no hint announced (2 s)
	PingEvery   time.Duration     // (30 s)
	WriteWait   time.Duration     // how long one frame may take to leave (10 s)
	DrainWithin time.Duration     // how long a stop waits for the sockets (5 s)
	// Committed is called after an event was written, to wake the tail; may be nil.
	Committed func()
}

// Visitor is what a visitor says about himself: claimed, not verified.
type Visitor struct {
	Name  string
	Email string
	Page  string // URL of the page that the widget stands on
}

// Session is a visitor's session as it was opened.
type Session struct {
	ID      desk.SessionID
	Secret  string // the only key to it; 256 random bits in text
	Resumed bool
	Visitor Visitor // as known now, without Page
	// Conversation is zero until the first line has been processed.
	Conversation desk.ConversationID
	Seq          int64 // of the newest message the visitor may see; 0: none
}

// Position is how far a socket has read.
type Position struct {
	Conversation desk.ConversationID // zero: of no conversation yet
	Seq          int64
}

// Line is one message of a session's conversation as the visitor sees it.
type Line struct {
	Conversation desk.ConversationID
	Seq          int64
	ID           string // the client's own id for its lines, else the message's
	From         string // FromVisitor or FromAgent
	Name         string // of the agent; empty for the visitor
	Text         string
	At           time.Time
}

// The two sides of a chat, as Line.From names them.
const (
	FromVisitor = "visitor"
	FromAgent   = "agent"
)

// Mark is where a session's conversation stands.
type Mark struct {
	Session      desk.SessionID
	Conversation desk.ConversationID
	Seq          int64 // number of its newest event
}

// Sessions is what the server needs of the database.
type Sessions interface {
	// Open resumes the session of the secret on this widget, or begins a new one
	// when the secret is empty or unknown. Empty fields of hello change nothing.
	Open(ctx context.Context, widget, secret string, hello Visitor) (Session, error)
	// History returns up to limit lines after the position, in order: the
	// visitor's own and what was sent to this session, never notes, never what
	// may still be undone. A position in another conversation than the session's
	// present one counts as its beginning.
	History(ctx context.Context, id desk.SessionID, after Position, limit int) ([]Line, error)
	// Received records that the visitor has seen everything up to seq.
	Received(ctx context.Context, id desk.SessionID, seq int64) error
	// Marks returns where the sessions stand, those without conversation left out.
	Marks(ctx context.Context, ids []desk.SessionID) ([]Mark, error)
}
