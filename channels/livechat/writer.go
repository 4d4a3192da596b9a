package livechat

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/live"
)

const (
	historyBatch  = 32 // of at most 16 KiB each: a batch stays near the queue's bound
	hubBuffer     = 32
	historyWithin = 10 * time.Second
	// How soon SQL is read again while an acknowledged line has not come back: of
	// a conversation that the hub tells about, and of one that is not known yet.
	retryHinted = 200 * time.Millisecond
	retryMin    = 10 * time.Millisecond
	retryMax    = time.Second
)

// writer is the one goroutine that writes to a socket. It pushes messages in the
// order of their numbers, each once, by always reading SQL from where it is.
type writer struct {
	*socket
	session chat.Session
	at      chat.Position
	sub     *live.Subscription
	retry   *time.Timer
	pause   time.Duration
	pushed  string // ID of the newest line from an agent
}

func newWriter(s *socket, session chat.Session, at chat.Position) *writer {
	return &writer{socket: s, session: session, at: at}
}

func (w *writer) run() {
	defer w.conn.Close() // ends the reader when it was the writer that failed
	w.listenToHub()
	defer func() { w.sub.Close() }()
	w.retry = time.NewTimer(time.Hour)
	defer w.retry.Stop()
	ping := time.NewTicker(w.srv.cfg.PingEvery)
	defer ping.Stop()

	resumed, seq := w.session.Resumed, w.session.Seq
	welcome := serverFrame{Type: typeWelcome, Session: w.session.Secret, Resumed: &resumed, Seq: &seq, Epoch: w.session.Conversation.String()}
	if w.writeNow(welcome) != nil || !w.catchUp() {
		return
	}
	for {
		ok := true
		select {
		case it, open := <-w.sub.C:
			ok = w.item(it, open)
		case <-w.out.ready:
			ok = w.flush()
		case <-w.wake:
			ok = w.catchUp()
		case <-w.acked:
			w.plan(true, nil)
		case <-w.retry.C:
			ok = w.catchUp()
		case <-ping.C:
			ok = w.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(w.srv.cfg.WriteWait)) == nil
		case code := <-w.end:
			if w.flush() {
				w.close(code)
			}
			return
		}
		if !ok {
			return
		}
	}
}

func (w *writer) listenToHub() {
	w.sub = w.srv.hub.Subscribe(hubBuffer, live.SessionTopic(w.session.ID))
	if id := w.at.Conversation; !id.IsZero() {
		w.sub.Add(live.ConversationTopic(id))
	}
}

// item handles what the hub says; false when the socket has to end.
func (w *writer) item(it live.Item, open bool) bool {
	switch {
	case !open: // too slow for the hub: listen again and read what was missed
		w.listenToHub()
		return w.catchUp()
	case it.Event != nil:
		return !w.news(it.Event) || w.catchUp()
	case it.Signal.Kind == live.SignalChatPush:
		return !w.push(it.Signal) || w.catchUp()
	case it.Signal.Kind == live.SignalTyping && it.Signal.From != w.session.ID.String():
		return w.writeNow(serverFrame{Type: typeTyping}) == nil
	}
	return true
}

// news reports whether an event may have brought the visitor a line that he has
// not been shown. What hides behind a held answer shows itself when that one's
// delivery changes.
func (w *writer) news(e *desk.Event) bool {
	switch e.Kind {
	case desk.EventMessageReceived, desk.EventMessageSent:
		return e.ConversationID != w.at.Conversation || e.Seq > w.at.Seq // a message's number is its event's
	case desk.EventDeliveryChanged:
		var data struct {
			MessageID string `json:"message_id"`
		}
		return json.Unmarshal(e.Data, &data) != nil || data.MessageID != w.pushed
	}
	return false
}

// push reports whether a signal tells of a line that has not been shown.
func (w *writer) push(s *live.Signal) bool {
	var p live.ChatPush
	if s.Topic != live.ConversationTopic(w.at.Conversation) || json.Unmarshal(s.Data, &p) != nil {
		return true
	}
	return p.Seq > w.at.Seq
}

func (w *writer) flush() bool {
	for _, frame := range w.out.take() {
		if w.writeBytes(frame) != nil {
			return false
		}
	}
	return true
}

// catchUp pushes everything after the writer's position. A database error is
// tried again; only a failed write is the end of the socket.
func (w *writer) catchUp() bool {
	progress, err := false, error(nil)
	for more := true; more; {
		var lines []chat.Line
		if lines, err = w.history(); err != nil {
			w.log.Warn("history not readable, trying again", "error", err)
			break
		}
		for _, l := range lines {
			if w.writeNow(lineFrame(l)) != nil {
				return false
			}
			w.move(l)
			progress = true
		}
		more = len(lines) == historyBatch
	}
	w.plan(progress, err)
	return true
}

func (w *writer) history() ([]chat.Line, error) {
	ctx, cancel := context.WithTimeout(context.Background(), historyWithin)
	defer cancel()
	return w.srv.sessions.History(ctx, w.session.ID, w.at, historyBatch)
}

// move steps onto a line, and into its conversation when that is a new one.
func (w *writer) move(l chat.Line) {
	if l.Conversation != w.at.Conversation {
		if old := w.at.Conversation; !old.IsZero() {
			w.sub.Remove(live.ConversationTopic(old))
		}
		w.sub.Add(live.ConversationTopic(l.Conversation))
		w.know(l.Conversation)
	}
	w.at = chat.Position{Conversation: l.Conversation, Seq: l.Seq}
	if l.From == chat.FromVisitor {
		w.expecting.Store(false)
	} else {
		w.pushed = l.ID
	}
}

// plan sets the retry timer: soon after an error or while an acknowledged line
// is under way, otherwise not at all, as hub and poll tell.
func (w *writer) plan(progress bool, err error) {
	switch {
	case err != nil:
		w.pause = retryMax
	case !w.expecting.Load():
		w.pause = 0
		w.retry.Stop()
		return
	case progress || w.pause == 0:
		w.pause = retryMin
		if !w.at.Conversation.IsZero() {
			w.pause = retryHinted
		}
	default:
		w.pause *= 2
	}
	if w.pause > retryMax && err == nil {
		w.expecting.Store(false) // quarantined or held up: the poll takes over
		w.pause = 0
		w.retry.Stop()
		return
	}
	w.retry.Reset(w.pause)
}
