// Package socket serves the event log as it grows, as a WebSocket (RFC 6455) and as
// server-sent events (HTML standard §9.2): both first replay the log from the client's cursor, then
// follow it, and carry typing and presence signals of agents. Only a WebSocket takes such signals.
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

// Scope is what an API key with scopes needs.
const Scope = "events:read"

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

// client is an open connection.
type client interface {
	stop() // asks it to connect again
	end()  // cuts it off
}

// Server accepts event sockets and streams until Shutdown.
type Server struct {
	Options
	mu       sync.Mutex
	open     map[client]struct{}
	seen     map[desk.AgentID]time.Time // when the presence of each connected agent was last recorded
	stopping bool
	empty    chan struct{} // closed when stopping and no connection is left
}

// New returns a Server.
func New(o Options) *Server {
	if o.Ping == 0 {
		o.Ping = PingInterval
	}
	return &Server{Options: o, open: make(map[client]struct{}), seen: make(map[desk.AgentID]time.Time), empty: make(chan struct{})}
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
	who, err := s.Auth.Identify(ctx, r, Scope)
	if err != nil {
		if desk.KindOf(err) == desk.KindDenied {
			return nil, problem.Unauthorized(auth.ExpiredDetail)
		}
		return nil, err
	}
	if err := s.checkCursor(ctx, "query.after", after); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has answered
		}
		s.serve(ctx, ws, r, who, desk.Cursor(after))
	}}, nil
}

// checkCursor refuses a cursor that is not valid.
func (s *Server) checkCursor(ctx context.Context, location, after string) error {
	if after == "" {
		return nil
	}
	if _, err := s.Events.EventsAfter(ctx, desk.Cursor(after), 1); err != nil && desk.KindOf(err) == desk.KindInvalid {
		return problem.Invalid(location, err.Error(), after)
	}
	return nil
}

func (s *Server) add(c client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	s.open[c] = struct{}{}
	return true
}

func (s *Server) remove(c client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	if s.stopping && len(s.open) == 0 {
		close(s.empty)
	}
}

// Shutdown closes all sockets with 1012 (service restart) and ends all streams, so that clients
// reconnect, and waits for them until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.stopping {
		s.stopping = true
		if len(s.open) == 0 {
			close(s.empty)
		}
	}
	var open []client
	for c := range s.open {
		open = append(open, c)
	}
	s.mu.Unlock()
	for _, c := range open {
		c.stop()
	}
	select {
	case <-s.empty:
		return nil
	case <-ctx.Done():
		for _, c := range open {
			c.end()
		}
		return ctx.Err()
	}
}
