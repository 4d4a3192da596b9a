package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/gorilla/websocket"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/live"
)

const (
	socketWrite  = 10 * time.Second // a client that takes no byte this long is cut
	socketPing   = 25 * time.Second // below the idle time-outs of common proxies
	socketSilent = 60 * time.Second // without a pong
	socketAuth   = 10 * time.Second // for the first frame of a client without a header
	socketFrame  = 16 << 10         // bytes of a client's frame
	socketBuffer = 1024             // events that wait for one client in memory
	socketBatch  = 200              // events read at once while catching up
)

// closeRestart is 1012 of the WebSocket close code registry: come back.
const closeRestart = websocket.CloseServiceRestart

// upgrader leaves compression off: gorilla's read limit counts compressed bytes.
// The origin is judged before.
var upgrader = websocket.Upgrader{
	HandshakeTimeout: socketWrite, ReadBufferSize: 1024, WriteBufferSize: 4096,
	WriteBufferPool: &sync.Pool{}, CheckOrigin: func(*http.Request) bool { return true },
}

// openSocket decides who may open a socket, before the protocol changes.
func (s *server) openSocket(ctx context.Context, in *socketInput) (*huma.StreamResponse, error) {
	r := requestOf(ctx)
	if !websocket.IsWebSocketUpgrade(r) {
		p := problem(http.StatusUpgradeRequired, "this is a WebSocket")
		p.headers = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}
		return nil, p
	}
	if _, err := r.Cookie(sessionCookie); err == nil && r.Header.Get("Authorization") == "" && !s.sameOrigin(r) {
		return nil, problem(http.StatusForbidden, "this socket is opened by another site's page")
	}
	who, err := s.identify(ctx, r, nil)
	if err != nil {
		if desk.KindOf(err) == desk.KindDenied {
			return nil, unauthorized("the key or session is unknown or has expired")
		}
		return nil, err
	}
	at := desk.Cursor(in.After)
	if at != "" {
		if _, err := s.Events.EventsAfter(ctx, at, 1); desk.KindOf(err) == desk.KindInvalid && err != nil {
			return nil, invalid("query.after", err.Error(), in.After)
		}
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has answered
		}
		s.serveSocket(ctx, conn, r, who, at)
	}}, nil
}

// sameOrigin compares the Origin exactly, scheme and port included; none is not
// the same.
func (s *server) sameOrigin(r *http.Request) bool {
	scheme, host := "http", r.Host
	if s.secure(r) {
		scheme = "https"
	}
	origin := r.Header.Get("Origin")
	if s.public != nil && origin == s.public.Scheme+"://"+s.public.Host {
		return true
	}
	return origin != "" && origin == scheme+"://"+host
}

// socket is one open connection. Only its own goroutine writes.
type socket struct {
	s       *server
	conn    *websocket.Conn
	request *http.Request
	agent   atomic.Pointer[desk.Agent]
	key     string // from the first frame; empty: the request's header or cookie counts
	at      desk.Cursor
	gone    chan struct{} // closed when the reader has ended
}

func (s *server) serveSocket(ctx context.Context, conn *websocket.Conn, r *http.Request, who caller, at desk.Cursor) {
	// The request's context ends with the hijacked request's handler, not with the
	// connection, so the reader cancels.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	k := &socket{s: s, conn: conn, request: r, at: at, gone: make(chan struct{})}
	k.agent.Store(&who.Agent)
	if !s.sockets.add(conn) {
		k.close(closeRestart, "restarting")
		return
	}
	defer s.sockets.remove(conn)
	defer conn.Close()
	conn.SetReadLimit(socketFrame)
	if who.Agent.ID.IsZero() && !k.firstFrame(ctx) {
		return
	}
	conn.SetReadDeadline(time.Now().Add(socketSilent))
	conn.SetPongHandler(func(string) error { return conn.SetReadDeadline(time.Now().Add(socketSilent)) })
	go k.read(ctx, cancel)
	code, reason := k.follow(ctx)
	k.close(code, reason)
	conn.Close()
	<-k.gone
}

// firstFrame signs in a client that could not send a header.
func (k *socket) firstFrame(ctx context.Context) bool {
	k.conn.SetReadDeadline(time.Now().Add(socketAuth))
	var frame struct{ Type, Key string }
	if err := k.conn.ReadJSON(&frame); err != nil || frame.Type != "auth" {
		k.close(websocket.ClosePolicyViolation, "the first frame must be {\"type\":\"auth\",\"key\":\"...\"}")
		return false
	}
	who, err := k.s.byKey(ctx, frame.Key)
	if err != nil {
		code, reason := closeOf(err)
		k.close(code, reason)
		return false
	}
	k.agent.Store(&who.Agent)
	k.key = frame.Key
	return true
}

// closeOf is the WebSocket edge's table of Kinds.
func closeOf(err error) (int, string) {
	switch desk.KindOf(err) {
	case desk.KindDenied:
		return websocket.ClosePolicyViolation, "not signed in"
	case desk.KindTemporary:
		return websocket.CloseTryAgainLater, "try again"
	}
	return websocket.CloseInternalServerErr, "something went wrong on our side"
}

// close says goodbye; the client may be gone already.
func (k *socket) close(code int, reason string) {
	if code == 0 {
		return
	}
	message := websocket.FormatCloseMessage(code, reason)
	k.conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second)) // it may have gone
}

// follow sends what came after the cursor, then what happens. A client that the
// hub outruns is brought up from the log again; one that takes nothing is cut.
// It returns how to close, 0 when there is nobody to tell.
func (k *socket) follow(ctx context.Context) (int, string) {
	if k.at == "" {
		head, err := k.s.Events.Head(ctx)
		if err != nil {
			return closeOf(err)
		}
		k.at = head
	}
	if err := k.send(map[string]any{"type": "ready", "cursor": k.at}); err != nil {
		return 0, ""
	}
	for {
		sub := k.s.Hub.Subscribe(socketBuffer, live.Everything)
		err := k.replay(ctx)
		if err == nil {
			err = k.listen(ctx, sub)
		}
		sub.Close()
		if errors.Is(err, errBehind) {
			continue
		}
		if ctx.Err() != nil || errors.Is(err, errCut) {
			return 0, ""
		}
		k.s.log.WarnContext(ctx, "event socket closed", "error", err, "request_id", requestID(ctx))
		return closeOf(err)
	}
}

var (
	errBehind = errors.New("the hub has outrun the client")
	errCut    = errors.New("the client takes nothing")
)

// replay sends the log from the cursor to its present end.
func (k *socket) replay(ctx context.Context) error {
	for {
		events, err := k.s.Events.EventsAfter(ctx, k.at, socketBatch)
		if err != nil {
			return err
		}
		allowed, err := k.s.gate.read(ctx, *k.agent.Load(), events)
		if err != nil {
			return err
		}
		for _, e := range allowed {
			if err := k.send(eventFrame{"event", eventView(e)}); err != nil {
				return err
			}
		}
		if n := len(events); n > 0 {
			k.at = events[n-1].Cursor
		}
		if len(events) < socketBatch {
			return nil
		}
	}
}

// listen sends what the hub says until the client goes or the hub outruns it.
func (k *socket) listen(ctx context.Context, sub *live.Subscription) error {
	ping := time.NewTicker(socketPing)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ping.C:
			if err := k.recheck(ctx); err != nil {
				return err
			}
			if err := k.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(socketWrite)); err != nil {
				return errCut
			}
		case item, open := <-sub.C:
			if !open {
				return errBehind
			}
			if err := k.pass(ctx, item); err != nil {
				return err
			}
		}
	}
}

// recheck ends the socket of whoever has signed out, lost the key or was
// disabled, and learns of changed tiers.
func (k *socket) recheck(ctx context.Context) error {
	who, err := caller{}, error(nil)
	if k.key != "" {
		who, err = k.s.byKey(ctx, k.key)
	} else {
		who, err = k.s.identifyQuietly(ctx, k.request)
	}
	if err == nil {
		k.agent.Store(&who.Agent)
	}
	if desk.KindOf(err) == desk.KindTemporary {
		return nil // the database will be back; the next event asks it anyway
	}
	return err
}

// pass sends one item to the client if it may see it.
func (k *socket) pass(ctx context.Context, item live.Item) error {
	if item.Signal != nil {
		return k.passSignal(ctx, item.Signal)
	}
	e := item.Event
	if e == nil || e.Cursor.Compare(k.at) <= 0 {
		return nil // the replay has sent it
	}
	allowed, err := k.s.gate.live(ctx, *k.agent.Load(), *e)
	if err != nil {
		return err
	}
	k.at = e.Cursor
	if len(allowed) == 0 {
		return nil
	}
	return k.send(eventFrame{"event", eventView(*e)})
}

type eventFrame struct {
	Type  string     `json:"type"`
	Event view.Event `json:"event"`
}

func (k *socket) send(v any) error {
	k.conn.SetWriteDeadline(time.Now().Add(socketWrite))
	b, err := json.Marshal(v)
	if err != nil {
		return desk.Errorf(desk.KindInternal, "encode frame: %w", err)
	}
	if err := k.conn.WriteMessage(websocket.TextMessage, b); err != nil {
		return errCut
	}
	return nil
}
