// Package livechat is the channel for visitors' live chat: a WebSocket server
// (RFC 6455) that implements the protocol of doc/chat.md.
//
// A visitor's line is acknowledged once the Sink has made it durable. The database is
// the record of what the visitor gets to see. Lines are also pushed to the sockets of
// this node as they are committed; a socket that cannot tell whether a pushed line is
// the next one reads the database, so a lost push delays a line and never loses one.
package livechat

import (
	"context"
	"time"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
)

// Widget is the configuration of one chat widget.
type Widget struct {
	Key  string // in the URL's "widget" parameter; the raw item's Endpoint
	Name string
	// Origins lists the origins (RFC 6454, "https://shop.example") whose pages may
	// connect; "*" allows all. The gateway's own origin, which serves the widget's
	// panel, is always allowed, and so are clients that send no origin, because they
	// are not browsers.
	Origins []string
}

// Config configures a Server. A zero limit means the default in brackets.
type Config struct {
	Widgets      map[string]Widget // by key
	MaxFrame     int64             // longest frame in octets (64 KiB)
	MaxSockets   int               // open at the same time; further ones are refused with 503 (20,000)
	FrameRate    float64           // frames per second and session; exceeding it closes the socket (20)
	FrameBurst   int               // frames that may exceed the rate at once (40)
	MaxPerClient int               // sockets of one client network; further ones are refused with 503 (500)
	// Sessions and Lines limit what the clients of one network may do in a minute;
	// twice as many are accepted at once. Clients on this machine are not limited.
	Sessions    int           // new sessions (60)
	Lines       int           // lines (600)
	PollEvery   time.Duration // how often the database is checked for lines that were not pushed (2 s)
	PingEvery   time.Duration // interval of pings to each socket (30 s)
	WriteWait   time.Duration // write timeout of one frame (10 s)
	DrainWithin time.Duration // how long Run waits for the sockets when it stops (5 s)
	// Committed is called after an event was committed, to wake the tail; may be nil.
	Committed func()
	// Left records that a visitor has closed the chat, unless it was opened again since
	// the opening of that number; may be nil.
	Left func(ctx context.Context, id desk.SessionID, opened int64) error
}

// Sessions is the part of the database that the server uses.
type Sessions interface {
	// Open resumes the widget's session with this secret, or starts a new one if the
	// secret is empty or unknown. Empty fields of hello leave the stored ones as they
	// are.
	Open(ctx context.Context, widget, secret string, hello chat.Visitor) (chat.Session, error)
	// History returns up to limit lines after the position, in order: the visitor's
	// own lines and the replies to this session, but no notes and nothing that can
	// still be undone. If the position is not in the session's current conversation,
	// it returns lines from the beginning of that conversation.
	History(ctx context.Context, id desk.SessionID, after chat.Position, limit int) ([]chat.Line, error)
	// Received records that the visitor has seen everything up to seq.
	Received(ctx context.Context, id desk.SessionID, seq int64) error
	// Marks returns the newest event number of each session that has a conversation.
	Marks(ctx context.Context, ids []desk.SessionID) ([]chat.Mark, error)
}
