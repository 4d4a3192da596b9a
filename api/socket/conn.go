package socket

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/live"
)

// conn is one open connection. Only the goroutine that runs serve writes.
type conn struct {
	*Server
	ws      *websocket.Conn
	request *http.Request
	agent   atomic.Pointer[desk.Agent]
	key     string // from the auth frame; empty: the request has the credentials
	at      desk.Cursor
	done    chan struct{} // closed when the reader has ended
}

func (s *Server) serve(ctx context.Context, ws *websocket.Conn, r *http.Request, who desk.Agent, at desk.Cursor) {
	// A hijacked request's context does not end with the connection, so the reader
	// cancels it.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &conn{Server: s, ws: ws, request: r, at: at, done: make(chan struct{})}
	c.agent.Store(&who)
	if !s.add(ws) {
		c.close(websocket.CloseServiceRestart, "restarting")
		return
	}
	defer s.remove(ws)
	defer ws.Close()
	ws.SetReadLimit(MaxFrame)
	if who.ID.IsZero() && !c.authenticate(ctx) {
		return
	}
	extend := func(string) error { return ws.SetReadDeadline(time.Now().Add(pongTimeout)) }
	c.see(ctx, seeEvery)
	defer c.see(context.WithoutCancel(ctx), 0)
	extend("")
	ws.SetPongHandler(extend)
	go c.read(ctx, cancel)
	code, reason := c.follow(ctx)
	c.close(code, reason)
	ws.Close()
	<-c.done
}

// authenticate reads the auth frame.
func (c *conn) authenticate(ctx context.Context) bool {
	c.ws.SetReadDeadline(time.Now().Add(authTimeout))
	var frame AuthFrame
	if err := c.ws.ReadJSON(&frame); err != nil || frame.Type != "auth" {
		c.close(websocket.ClosePolicyViolation, "the first frame must be {\"type\":\"auth\",\"key\":\"...\"}")
		return false
	}
	who, err := c.Auth.ByKey(ctx, frame.Key)
	if err != nil {
		code, reason := closeCode(err)
		c.close(code, reason)
		return false
	}
	c.agent.Store(&who)
	c.key = frame.Key
	return true
}

// closeCode maps errors to WebSocket close codes (RFC 6455 §7.4).
func closeCode(err error) (int, string) {
	switch desk.KindOf(err) {
	case desk.KindDenied:
		return websocket.ClosePolicyViolation, "not signed in"
	case desk.KindTemporary:
		return websocket.CloseTryAgainLater, "try again"
	}
	return websocket.CloseInternalServerErr, "internal error"
}

// close sends a close frame, unless code is 0.
func (c *conn) close(code int, reason string) {
	if code == 0 {
		return
	}
	message := websocket.FormatCloseMessage(code, reason)
	c.ws.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second)) // an error means that the client is gone
}

// follow sends the events after the cursor, then live ones. A client that falls
// behind the hub is replayed to from the log again; one that reads nothing is
// disconnected. It returns the close code, 0 when the connection is gone.
func (c *conn) follow(ctx context.Context) (int, string) {
	if c.at == "" {
		head, err := c.Events.Head(ctx)
		if err != nil {
			return closeCode(err)
		}
		c.at = head
	}
	if err := c.send(ReadyFrame{"ready", c.at}); err != nil {
		return 0, ""
	}
	for {
		sub := c.Hub.Subscribe(Buffer, live.Everything)
		err := c.replay(ctx)
		if err == nil {
			err = c.listen(ctx, sub)
		}
		sub.Close()
		if errors.Is(err, errBehind) {
			continue
		}
		if ctx.Err() != nil || errors.Is(err, errGone) {
			return 0, ""
		}
		c.Log.WarnContext(ctx, "EventSocketClosed", "error", err, "request_id", problem.RequestID(ctx))
		return closeCode(err)
	}
}

var (
	errBehind = errors.New("the client has fallen behind the hub")
	errGone   = errors.New("the client does not read")
)

// replay sends the log from the cursor to its end.
func (c *conn) replay(ctx context.Context) error {
	for {
		events, err := c.Events.EventsAfter(ctx, c.at, batch)
		if err != nil {
			return err
		}
		allowed, err := c.Visible.Log(ctx, *c.agent.Load(), events)
		if err != nil {
			return err
		}
		for _, e := range allowed {
			if err := c.send(EventFrame{"event", view.EventOf(e)}); err != nil {
				return err
			}
		}
		if n := len(events); n > 0 {
			c.at = events[n-1].Cursor
		}
		if len(events) < batch {
			return nil
		}
	}
}

// listen sends what the hub publishes until the connection ends or falls behind.
func (c *conn) listen(ctx context.Context, sub *live.Subscription) error {
	ping := time.NewTicker(c.Ping)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ping.C:
			if err := c.recheck(ctx); err != nil {
				return err
			}
			c.see(ctx, seeEvery)
			if err := c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)); err != nil {
				return errGone
			}
		case item, open := <-sub.C:
			if !open {
				return errBehind
			}
			if err := c.forward(ctx, item); err != nil {
				return err
			}
		}
	}
}

// recheck fails when the agent has signed out, was disabled or lost the key, and
// picks up changes of tiers and admin rights.
func (c *conn) recheck(ctx context.Context) error {
	var who desk.Agent
	var err error
	if c.key != "" {
		who, err = c.Auth.ByKey(ctx, c.key)
	} else {
		who, err = c.Auth.Recheck(ctx, c.request)
	}
	if err == nil {
		c.agent.Store(&who)
	}
	if desk.KindOf(err) == desk.KindTemporary {
		return nil // the next event needs the database anyway
	}
	return err
}

// forward sends one item of the hub if the agent may see it.
func (c *conn) forward(ctx context.Context, item live.Item) error {
	if item.Signal != nil {
		return c.forwardSignal(ctx, item.Signal)
	}
	e := item.Event
	if e == nil || e.Cursor.Compare(c.at) <= 0 {
		return nil // already replayed
	}
	if e.Subject == desk.AgentSubject(c.agent.Load().ID) {
		// A new password, a revoked key, other rights: take effect at once.
		if err := c.recheck(ctx); err != nil {
			return err
		}
	}
	allowed, err := c.Visible.Live(ctx, *c.agent.Load(), *e)
	if err != nil {
		return err
	}
	c.at = e.Cursor
	if len(allowed) == 0 {
		return nil
	}
	return c.send(EventFrame{"event", view.EventOf(allowed[0])})
}

func (c *conn) send(v any) error {
	c.ws.SetWriteDeadline(time.Now().Add(writeTimeout))
	b, err := json.Marshal(v)
	if err != nil {
		return desk.Errorf(desk.KindInternal, "encode frame: %w", err)
	}
	if err := c.ws.WriteMessage(websocket.TextMessage, b); err != nil {
		return errGone
	}
	return nil
}
