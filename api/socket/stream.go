package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/desk"
)

// streamRetry is after how many milliseconds a browser connects again.
const streamRetry = 3000

// stream is a client that gets server-sent events.
type stream struct {
	follower
	w      http.ResponseWriter
	cancel context.CancelFunc
}

// Stream answers a request of an agent with the events after the last one that the client has seen; empty
// starts at the end of the log. A browser that connects again names it in Last-Event-ID. Errors are
// problems, or have a desk.Kind.
func (s *Server) Stream(ctx context.Context, who desk.Agent, after, lastEventID string) (*huma.StreamResponse, error) {
	location := "query.after"
	if lastEventID != "" {
		after, location = lastEventID, "header.Last-Event-ID"
	}
	if err := s.checkCursor(ctx, location, after); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		c := &stream{follower: follower{Server: s, at: desk.Cursor(after)}, w: w, cancel: cancel}
		c.out, c.identify = c, func(ctx context.Context) (desk.Agent, error) { return s.Auth.Recheck(ctx, r) }
		c.agent.Store(&who)
		if !s.add(c) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		defer s.remove(c)
		defer http.NewResponseController(w).SetWriteDeadline(time.Time{}) //nolint:errcheck // the next request of the connection has none
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no") // nginx would hold the events back
		if c.write(fmt.Sprintf("retry: %d\n\n", streamRetry)) == nil {
			c.follow(ctx) //nolint:errcheck // it is logged, and the client connects again
		}
	}}, nil
}

// send sends a frame as an event with its type, and with the cursor as its id.
func (c *stream) send(frame any) error {
	data, err := json.Marshal(frame)
	if err != nil {
		return desk.Errorf(desk.KindInternal, "encode frame: %w", err)
	}
	switch f := frame.(type) {
	case ReadyFrame:
		return c.write(fmt.Sprintf("event: ready\nid: %s\ndata: %s\n\n", f.Cursor, data))
	case EventFrame:
		return c.write(fmt.Sprintf("event: event\nid: %s\ndata: %s\n\n", f.Event.Cursor, data))
	}
	return c.write(fmt.Sprintf("event: signal\ndata: %s\n\n", data))
}

// ping sends a comment, so that proxies keep the connection.
func (c *stream) ping(context.Context) error { return c.write(": ping\n\n") }

func (c *stream) write(text string) error {
	control := http.NewResponseController(c.w)
	if err := control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return errGone
	}
	if _, err := c.w.Write([]byte(text)); err != nil {
		return errGone
	}
	if err := control.Flush(); err != nil {
		return errGone
	}
	return nil
}

func (c *stream) stop() { c.cancel() }
func (c *stream) end()  { c.cancel() }
