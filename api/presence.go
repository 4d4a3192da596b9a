package api

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/desk"
	"switchboard/live"
)

// The rate of a client's frames.
const (
	framesPerSecond = 10
	framesBurst     = 30
)

// clientFrame is what a client may send after it is signed in.
type clientFrame struct {
	Type           string `json:"type"` // "presence" or "typing"
	ConversationID string `json:"conversation_id"`
	State          string `json:"state"` // of presence: "viewing", "replying", or "gone"
}

// presenceData is what a presence signal carries.
type presenceData struct {
	State string `json:"state"`
	Name  string `json:"name"`
}

// read takes the client's frames until the connection ends, and publishes what
// they say about presence.
func (k *socket) read(ctx context.Context, cancel context.CancelFunc) {
	defer close(k.gone)
	defer cancel()
	tokens, last := float64(framesBurst), time.Now()
	for {
		kind, body, err := k.conn.ReadMessage()
		if err != nil {
			return
		}
		now := time.Now()
		tokens = min(framesBurst, tokens+now.Sub(last).Seconds()*framesPerSecond) - 1
		last = now
		if tokens < 0 {
			k.close(websocket.ClosePolicyViolation, "too many frames")
			return
		}
		var frame clientFrame
		if kind != websocket.TextMessage || json.Unmarshal(body, &frame) != nil {
			k.close(websocket.CloseUnsupportedData, "frames are JSON text")
			return
		}
		if err := k.s.publishPresence(ctx, *k.agent.Load(), frame); err != nil {
			k.s.log.DebugContext(ctx, "presence not published", "error", err, "request_id", requestID(ctx))
		}
	}
}

var errFrame = errors.New("unknown frame")

// publishPresence tells the other sockets what an agent does. An unknown frame
// is no reason to close: an older server meets newer consoles.
func (s *server) publishPresence(ctx context.Context, a desk.Agent, f clientFrame) error {
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
	allowed, err := s.gate.conversation(ctx, a, id)
	if err != nil {
		return err
	}
	if !allowed {
		return desk.Errorf(desk.KindNotFound, "no such conversation")
	}
	signal.Data, err = json.Marshal(presenceData{State: f.State, Name: a.Name})
	if err != nil {
		return err
	}
	s.Hub.PublishSignal(signal)
	return nil
}

type signalFrame struct {
	Type string `json:"type"`
	live.Signal
}

// passSignal sends typing and presence of conversations that the client may see;
// other kinds are for visitors' sessions.
func (k *socket) passSignal(ctx context.Context, signal *live.Signal) error {
	if signal.Kind != live.SignalTyping && signal.Kind != live.SignalPresence || signal.From == k.agent.Load().ID.String() {
		return nil
	}
	if !strings.HasPrefix(string(signal.Topic), "cv_") {
		return nil
	}
	id, err := desk.ParseID[desk.ConversationID](string(signal.Topic))
	if err != nil || id.IsZero() {
		return nil // not a conversation's signal
	}
	allowed, err := k.s.gate.conversation(ctx, *k.agent.Load(), id)
	if err != nil || !allowed {
		return err
	}
	return k.send(signalFrame{"signal", *signal})
}

// sockets knows the open connections, to close them when the server stops.
type sockets struct {
	mu       sync.Mutex
	open     map[*websocket.Conn]struct{}
	stopping bool
	empty    chan struct{} // closed when stopping and none is left
}

func newSockets() *sockets {
	return &sockets{open: make(map[*websocket.Conn]struct{}), empty: make(chan struct{})}
}

func (k *sockets) add(c *websocket.Conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopping {
		return false
	}
	k.open[c] = struct{}{}
	return true
}

func (k *sockets) remove(c *websocket.Conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.open, c)
	if k.stopping && len(k.open) == 0 {
		close(k.empty)
	}
}

// shutdown says "service restart" to everybody and waits until they are gone.
func (k *sockets) shutdown(ctx context.Context) error {
	k.mu.Lock()
	if !k.stopping {
		k.stopping = true
		if len(k.open) == 0 {
			close(k.empty)
		}
	}
	var open []*websocket.Conn
	for c := range k.open {
		open = append(open, c)
	}
	k.mu.Unlock()
	goodbye := websocket.FormatCloseMessage(closeRestart, "restarting")
	for _, c := range open {
		c.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(time.Second)) // it may have gone
		c.SetReadDeadline(time.Now().Add(time.Second))
	}
	select {
	case <-k.empty:
		return nil
	case <-ctx.Done():
		for _, c := range open {
			c.Close()
		}
		return ctx.Err()
	}
}
