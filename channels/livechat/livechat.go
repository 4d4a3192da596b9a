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

	"switchboard/channels/livechat/chat"
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

// Sessions is what the server needs of the database.
type Sessions interface {
	// Open resumes the session of the secret on this widget, or begins a new one
	// when the secret is empty or unknown. Empty fields of hello change nothing.
	Open(ctx context.Context, widget, secret string, hello chat.Visitor) (chat.Session, error)
	// History returns up to limit lines after the position, in order: the
	// visitor's own and what was sent to this session, never notes, never what
	// may still be undone. A position in another conversation than the session's
	// present one counts as its beginning.
	History(ctx context.Context, id desk.SessionID, after chat.Position, limit int) ([]chat.Line, error)
	// Received records that the visitor has seen everything up to seq.
	Received(ctx context.Context, id desk.SessionID, seq int64) error
	// Marks returns where the sessions stand, those without conversation left out.
	Marks(ctx context.Context, ids []desk.SessionID) ([]chat.Mark, error)
}
