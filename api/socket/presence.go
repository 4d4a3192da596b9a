package socket

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/live"
)

// read handles the client's frames until the connection ends.
func (c *conn) read(ctx context.Context, cancel context.CancelFunc) {
	defer close(c.done)
	defer cancel()
	limiter := rate.NewLimiter(FrameRate, FrameBurst)
	for {
		kind, body, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		if !limiter.Allow() {
			c.close(websocket.ClosePolicyViolation, "too many frames")
			return
		}
		var frame PresenceFrame
		if kind != websocket.TextMessage || json.Unmarshal(body, &frame) != nil {
			c.close(websocket.CloseUnsupportedData, "frames must be JSON text")
			return
		}
		if err := c.publish(ctx, *c.agent.Load(), frame); err != nil {
			c.Log.DebugContext(ctx, "PresenceNotPublished", "error", err, "request_id", problem.RequestID(ctx))
		}
	}
}

var errFrame = errors.New("unknown frame")

// publish sends an agent's signal to the other sockets; f may also hold a
// TypingFrame, which has fewer fields. Unknown frames do not close the connection, because newer consoles may meet an older server.
func (s *Server) publish(ctx context.Context, a desk.Agent, f PresenceFrame) error {
	id, err := desk.ParseID[desk.ConversationID](f.ConversationID)
	if err != nil || id.IsZero() {
		return errFrame
	}
	signal := live.Signal{Topic: live.ConversationTopic(id), From: a.ID.String()}
	switch {
	case f.Type == "typing":
		signal.Kind = live.SignalTyping
	case f.Type == "presence" && (f.State == "viewing" || f.State == "replying" || f.State == "gone"):
		signal.Kind = live.SignalPresence
	default:
		return errFrame
	}
	allowed, err := s.Visible.Conversation(ctx, a, id)
	if err != nil {
		return err
	}
	if !allowed {
		return desk.Errorf(desk.KindNotFound, "no such conversation")
	}
	signal.Data, err = json.Marshal(Presence{State: f.State, Name: a.Name})
	if err != nil {
		return err
	}
	s.Hub.PublishSignal(signal)
	return nil
}

// forwardSignal sends typing and presence signals of conversations that the agent
// may see. All other signals are for visitors' sessions.
func (c *follower) forwardSignal(ctx context.Context, signal *live.Signal) error {
	if signal.Kind != live.SignalTyping && signal.Kind != live.SignalPresence || signal.From == c.agent.Load().ID.String() {
		return nil
	}
	if !strings.HasPrefix(string(signal.Topic), "cv_") {
		return nil
	}
	id, err := desk.ParseID[desk.ConversationID](string(signal.Topic))
	if err != nil || id.IsZero() {
		return nil
	}
	allowed, err := c.Visible.Conversation(ctx, *c.agent.Load(), id)
	if err != nil || !allowed {
		return err
	}
	frame := SignalFrame{Type: "signal", Topic: signal.Topic, Kind: signal.Kind, From: signal.From}
	if len(signal.Data) > 0 {
		if err := json.Unmarshal(signal.Data, &frame.Data); err != nil {
			return desk.Errorf(desk.KindInternal, "decode signal: %w", err)
		}
	}
	return c.out.send(frame)
}
