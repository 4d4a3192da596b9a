// Package socket serves the agents' event socket: a WebSocket (RFC 6455) that
// first replays the event log from the client's cursor, then follows it, and
// carries typing and presence signals between agents.
package socket

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/gorilla/websocket"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/api/site"
	"switchboard/api/visibility"
	"switchboard/desk"
	"switchboard/live"
)

// Limits of one connection.
const (
	MaxFrame   = 16 << 10 // bytes of a client's frame
	FrameRate  = 10       // client frames per second
	FrameBurst = 30       // client frames at once
	Buffer     = 1024     // live events that may wait for one client

	writeTimeout = 10 * time.Second // a client that reads nothing for so long is disconnected
	pongTimeout  = 60 * time.Second
	authTimeout  = 10 * time.Second // for the auth frame of a client without credentials
	batch        = 200              // events per query while replaying
)

// PingInterval is the default of Options.Ping; common proxies close connections
// that are idle for a minute.
const PingInterval = 25 * time.Second

// Events reads the event log.
type Events interface {
	// EventsAfter returns up to limit events after the cursor; a cursor that
	// cannot be parsed is KindInvalid.
	EventsAfter(ctx context.Context, after desk.Cursor, limit int) ([]desk.Event, error)
	Head(ctx context.Context) (desk.Cursor, error)
}

// Seer records when agents are connected.
type Seer interface {
	// SeeAgent records that an event socket of the agent is open now.
	SeeAgent(ctx context.Context, id desk.AgentID) error
}

// Options are what the sockets depend on.
type Options struct {
	Events  Events
	Visible *visibility.Filter
	Auth    *auth.Authenticator
	Hub     *live.Hub
	Seer    Seer
	Site    site.Site
	Log     *slog.Logger
	// Ping is the interval of pings and of checks that the agent is still signed
	// in; 0: PingInterval.
	Ping time.Duration
}

// Server accepts event sockets until Shutdown.
type Server struct {
	Options
	mu       sync.Mutex
	open     map[*websocket.Conn]struct{}
	seen     map[desk.AgentID]time.Time // when the presence of each connected agent was last recorded
	stopping bool
	empty    chan struct{} // closed when stopping and no connection is left
}

// New returns a Server.
func New(o Options) *Server {
	if o.Ping == 0 {
		o.Ping = PingInterval
	}
	return &Server{Options: o, open: make(map[*websocket.Conn]struct{}), seen: make(map[desk.AgentID]time.Time), empty: make(chan struct{})}
}

// upgrader leaves compression off, because gorilla's read limit counts compressed
// bytes. Open checks the origin.
var upgrader = websocket.Upgrader{
	HandshakeTimeout: writeTimeout, ReadBufferSize: 1024, WriteBufferSize: 4096,
	WriteBufferPool: &sync.Pool{}, CheckOrigin: func(*http.Request) bool { return true },
}

// Open authenticates a request and upgrades it. after is the last cursor the
// client has seen; empty starts at the end of the log. Errors are problems, or
// have a desk.Kind.
func (s *Server) Open(ctx context.Context, r *http.Request, after string) (*huma.StreamResponse, error) {
	if !websocket.IsWebSocketUpgrade(r) {
		return nil, problem.New(http.StatusUpgradeRequired, "this path accepts WebSocket connections only").
			WithHeader("Upgrade", "websocket").WithHeader("Connection", "Upgrade")
	}
	if auth.HasCookie(r) && r.Header.Get("Authorization") == "" && !s.Site.SameOrigin(r) {
		return nil, problem.New(http.StatusForbidden, "cross-site request refused")
	}
	who, err := s.Auth.Identify(ctx, r)
	if err != nil {
		if desk.KindOf(err) == desk.KindDenied {
			return nil, problem.Unauthorized(auth.ExpiredDetail)
		}
		return nil, err
	}
	at := desk.Cursor(after)
	if at != "" {
		if _, err := s.Events.EventsAfter(ctx, at, 1); err != nil && desk.KindOf(err) == desk.KindInvalid {
			return nil, problem.Invalid("query.after", err.Error(), after)
		}
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has answered
		}
		s.serve(ctx, ws, r, who, at)
	}}, nil
}

func (s *Server) add(c *websocket.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	s.open[c] = struct{}{}
	return true
}

func (s *Server) remove(c *websocket.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	if s.stopping && len(s.open) == 0 {
		close(s.empty)
	}
}

// Shutdown closes all sockets with 1012 (service restart), so that clients
// reconnect, and waits for them until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.stopping {
		s.stopping = true
		if len(s.open) == 0 {
			close(s.empty)
		}
	}
	var open []*websocket.Conn
	for c := range s.open {
		open = append(open, c)
	}
	s.mu.Unlock()
	message := websocket.FormatCloseMessage(websocket.CloseServiceRestart, "restarting")
	for _, c := range open {
		c.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second)) // an error means that the client is gone
		c.SetReadDeadline(time.Now().Add(time.Second))
	}
	select {
	case <-s.empty:
		return nil
	case <-ctx.Done():
		for _, c := range open {
			c.Close()
		}
		return ctx.Err()
	}
}
