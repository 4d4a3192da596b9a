package livechat

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"switchboard/channels"
	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/internal/clientlimit"
	"switchboard/internal/forwarded"
	"switchboard/live"
)

// Server is an http.Handler for the path of the WebSocket, and a channels.Channel
// that accepts connections while Run is running.
type Server struct {
	cfg      Config
	sessions Sessions
	hub      *live.Hub
	log      *slog.Logger
	upgrader websocket.Upgrader

	begins *clientlimit.Limiter // new sessions, see helloCost
	lines  *clientlimit.Limiter

	mu       sync.Mutex
	clients  map[netip.Prefix]int // open sockets by network
	sink     channels.Sink        // nil while Run is not running
	sockets  map[*socket]struct{}
	visitors map[desk.SessionID]*visitor
	opened   int            // sockets so far
	running  sync.WaitGroup // of sockets
}

var (
	_ channels.Channel = (*Server)(nil)
	_ http.Handler     = (*Server)(nil)
)

// New returns a Server that responds with 503 until Run is called.
func New(cfg Config, sessions Sessions, hub *live.Hub, log *slog.Logger) *Server {
	cfg.MaxFrame = cmp.Or(cfg.MaxFrame, 64<<10)
	cfg.MaxSockets = cmp.Or(cfg.MaxSockets, 20_000)
	cfg.MaxPerClient = cmp.Or(cfg.MaxPerClient, 500)
	cfg.Sessions = cmp.Or(cfg.Sessions, 60)
	cfg.Lines = cmp.Or(cfg.Lines, 600)
	cfg.FrameRate = cmp.Or(cfg.FrameRate, 20)
	cfg.FrameBurst = cmp.Or(cfg.FrameBurst, 40)
	cfg.PollEvery = cmp.Or(cfg.PollEvery, 2*time.Second)
	cfg.PingEvery = cmp.Or(cfg.PingEvery, 30*time.Second)
	cfg.WriteWait = cmp.Or(cfg.WriteWait, 10*time.Second)
	cfg.DrainWithin = cmp.Or(cfg.DrainWithin, 5*time.Second)
	if cfg.Committed == nil {
		cfg.Committed = func() {}
	}
	return &Server{
		cfg: cfg, sessions: sessions, hub: hub, log: log,
		begins: clientlimit.New(cfg.Sessions*beginCost, 2*cfg.Sessions*beginCost), lines: clientlimit.New(cfg.Lines, 2*cfg.Lines),
		clients: make(map[netip.Prefix]int),
		sockets: make(map[*socket]struct{}), visitors: make(map[desk.SessionID]*visitor),
		upgrader: websocket.Upgrader{
			// Small, because most sockets are idle. Longer reads bypass the buffer.
			ReadBufferSize:   256,
			WriteBufferSize:  4096, // taken from the pool while a frame is written
			WriteBufferPool:  new(sync.Pool),
			HandshakeTimeout: 10 * time.Second,
			// Checked after the upgrade, because scripts can see a close code but not an HTTP status.
			CheckOrigin: func(*http.Request) bool { return true },
			// The read limit counts compressed octets, so compression has to be off.
			EnableCompression: false,
		},
	}
}

// Run accepts connections until ctx ends. Then it lets each socket finish storing
// the current line and closes it with 1012 (service restart).
func (s *Server) Run(ctx context.Context, sink channels.Sink) error {
	s.mu.Lock()
	s.sink = sink
	s.mu.Unlock()
	channels.Healthy(sink)
	s.tend(ctx)

	s.mu.Lock()
	s.sink = nil
	for sock := range s.sockets {
		sock.drain()
	}
	s.mu.Unlock()
	s.awaitSockets()
	return nil
}

// awaitSockets waits for the sockets to end and closes those that do not end in time.
func (s *Server) awaitSockets() {
	ended := make(chan struct{})
	go func() { s.running.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(s.cfg.DrainWithin):
		s.mu.Lock()
		for sock := range s.sockets {
			sock.conn.Close()
		}
		s.mu.Unlock()
		<-ended
	}
}

// ServeHTTP upgrades the request at /chat?widget=KEY.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	client := forwarded.Addr(r.RemoteAddr)
	sink, full := s.state(client)
	if sink == nil || full {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "the chat is not available at the moment; try again in a few seconds", http.StatusServiceUnavailable)
		return
	}
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has responded
	}
	widget, known := s.cfg.Widgets[r.URL.Query().Get("widget")]
	switch {
	case !known:
		s.refuse(conn, "unknown widget")
	case !originAllowed(r, widget.Origins):
		s.log.Info("Refused", "channel", "chat", "widget", widget.Key, "origin", r.Header.Get("Origin"))
		s.refuse(conn, "this origin is not allowed to use the widget")
	default:
		sock := &socket{srv: s, conn: conn, widget: &widget, remote: r.RemoteAddr, client: client}
		if !s.add(sock) {
			closeWith(conn, websocket.CloseServiceRestart, "restarting", s.cfg.WriteWait)
			conn.Close()
			return
		}
		// In a goroutine of its own, so that the request's memory is freed.
		go sock.serve(sink)
	}
}

// state returns the sink, nil while the server is not running, and whether there is no
// room for another socket of the client.
func (s *Server) state(client netip.Addr) (sink channels.Sink, full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	crowded := !client.IsLoopback() && s.clients[clientlimit.Network(client)] >= s.cfg.MaxPerClient
	return s.sink, crowded || len(s.sockets) >= s.cfg.MaxSockets
}

func (s *Server) refuse(conn *websocket.Conn, why string) {
	closeWith(conn, websocket.ClosePolicyViolation, why, s.cfg.WriteWait)
	conn.Close()
}

func closeWith(conn *websocket.Conn, code int, why string, wait time.Duration) {
	// An error means that the peer has already gone.
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(wait))
}

// originAllowed compares whole origins (RFC 6454 §5). A request without an origin
// does not come from a browser. It is allowed, because no cookies are used that a
// foreign page could exploit.
func originAllowed(r *http.Request, allowed []string) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	for _, a := range allowed {
		if a == "*" || strings.EqualFold(a, origin) {
			return true
		}
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// add registers a socket. It returns false if the server is stopping.
func (s *Server) add(sock *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sink == nil {
		return false
	}
	s.sockets[sock] = struct{}{}
	s.clients[clientlimit.Network(sock.client)]++
	s.opened++
	sock.turn = s.opened % beats
	s.running.Add(1)
	return true
}

// remove unregisters a socket.
func (s *Server) remove(sock *socket) {
	s.mu.Lock()
	delete(s.sockets, sock)
	network := clientlimit.Network(sock.client)
	if s.clients[network]--; s.clients[network] == 0 {
		delete(s.clients, network)
	}
	left := int64(0)
	if v := sock.visitor; v != nil {
		v.sockets = slices.DeleteFunc(v.sockets, func(other *socket) bool { return other == sock })
		if len(v.sockets) == 0 {
			delete(s.visitors, v.id)
			left = v.opened
		}
	}
	s.mu.Unlock()
	if left > 0 {
		sock.leave(left)
	}
	s.running.Done()
}

// visitor is shared by the sockets (browser tabs) of one session on this node.
type visitor struct {
	id      desk.SessionID
	sockets []*socket // guarded by Server.mu
	mark    chat.Mark // result of the last poll; guarded by Server.mu
	opened  int64     // number of the newest opening on this node; guarded by Server.mu
	frames  *rate.Limiter
}

// join makes a socket one of the visitor's.
func (s *Server) join(sock *socket, id desk.SessionID) *visitor {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.visitors[id]
	if v == nil {
		v = &visitor{id: id, frames: rate.NewLimiter(rate.Limit(s.cfg.FrameRate), s.cfg.FrameBurst)}
		s.visitors[id] = v
	}
	v.sockets = append(v.sockets, sock)
	sock.visitor = v
	return v
}

// beats is how many groups of sockets are pinged one after the other within
// PingEvery, so that they are not all pinged at once.
const beats = 16

// tend polls the database and pings the sockets until ctx ends, so that the sockets
// need no timers of their own.
func (s *Server) tend(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { every(ctx, s.cfg.PollEvery, func() { s.pollOnce(ctx) }) })
	turn := 0
	every(ctx, s.cfg.PingEvery/beats, func() {
		s.ping(turn)
		turn = (turn + 1) % beats
	})
	wg.Wait()
}

// every calls do at an interval until ctx ends.
func every(ctx context.Context, interval time.Duration, do func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do()
		}
	}
}

// ping makes the sockets of one group send a ping.
func (s *Server) ping(turn int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sock := range s.sockets {
		if sock.turn == turn {
			sock.kick(func(t *todo) { t.ping = true })
		}
	}
}

// pollOnce reads the newest event number of every session in one query and wakes
// the sockets of those that have changed, in case a signal was lost.
func (s *Server) pollOnce(ctx context.Context) {
	s.mu.Lock()
	ids := make([]desk.SessionID, 0, len(s.visitors))
	for id := range s.visitors {
		ids = append(ids, id)
	}
	s.mu.Unlock()
	if len(ids) == 0 {
		return
	}
	marks, err := s.sessions.Marks(ctx, ids)
	if err != nil {
		if ctx.Err() == nil {
			s.log.Warn("PollFailed", "channel", "chat", "error", err)
		}
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range marks {
		v := s.visitors[m.Session]
		if v == nil || v.mark == m {
			continue
		}
		v.mark = m
		for _, sock := range v.sockets {
			sock.kick(func(t *todo) { t.mark = m })
		}
	}
}
