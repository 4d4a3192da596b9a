package socket

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/desk"
)

// conn is one open connection. Only the goroutine that runs serve writes.
type conn struct {
	follower
	ws   *websocket.Conn
	done chan struct{} // closed when the reader has ended
}

func (s *Server) serve(ctx context.Context, ws *websocket.Conn, r *http.Request, who desk.Agent, at desk.Cursor) {
	// A hijacked request's context does not end with the connection, so the reader
	// cancels it.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &conn{follower: follower{Server: s, at: at}, ws: ws, done: make(chan struct{})}
	c.out, c.identify = c, func(ctx context.Context) (desk.Agent, error) { return s.Auth.Recheck(ctx, r) }
	c.agent.Store(&who)
	if !s.add(c) {
		c.close(websocket.CloseServiceRestart, "restarting")
		return
	}
	defer s.remove(c)
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
	if err := c.follow(ctx); err != nil {
		c.close(closeCode(err))
	}
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
	who, err := c.Auth.ByKey(ctx, frame.Key, Scope)
	if err != nil {
		c.close(closeCode(err))
		return false
	}
	c.agent.Store(&who)
	c.identify = func(ctx context.Context) (desk.Agent, error) { return c.Auth.ByKey(ctx, frame.Key, Scope) }
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

// close sends a close frame.
func (c *conn) close(code int, reason string) {
	message := websocket.FormatCloseMessage(code, reason)
	c.ws.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second)) // an error means that the client is gone
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

// ping sends a ping, and records that the agent is there.
func (c *conn) ping(ctx context.Context) error {
	c.see(ctx, seeEvery)
	return c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout))
}

// stop closes the connection with 1012 (service restart).
func (c *conn) stop() {
	c.close(websocket.CloseServiceRestart, "restarting")
	c.ws.SetReadDeadline(time.Now().Add(time.Second))
}

func (c *conn) end() { c.ws.Close() }
