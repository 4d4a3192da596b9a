package livechat

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/live"
)

const (
	historyBatch  = 32 // lines of at most 16 KiB each
	hubBuffer     = 32
	historyWithin = 10 * time.Second
	// While an acknowledged line has not come back, the database is read again: after
	// retryMin if the conversation is not known yet, after retryHinted if the hub
	// reports its events, and then at twice the interval up to retryMax.
	retryHinted = 200 * time.Millisecond
	retryMin    = 10 * time.Millisecond
	retryMax    = time.Second
)

// todo is what the writer has to do apart from the queued frames and the hub's items.
type todo struct {
	read  bool      // the database may have lines that no push has announced
	mark  chat.Mark // of the poll; zero: none
	acked bool      // a line was acknowledged
	ping  bool
	end   bool // close with the socket's code
}

// writer is the part of a socket that only its writing goroutine uses. That
// goroutine exists only while there is something to do: an idle socket has just
// the reading one.
type writer struct {
	progress
	retry  *time.Timer // nil until first needed
	pause  time.Duration
	pushed string // ID of the newest line from an agent
}

// kick gives the writer something to do, and starts it if it is not running.
func (s *socket) kick(set func(*todo)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if set != nil {
		set(&s.todo)
	}
	if s.open && !s.writing {
		s.writing = true
		go s.write()
	}
}

// write works until there is nothing left to do. It is the only goroutine that
// writes to the connection, apart from control frames.
func (s *socket) write() {
	defer func() {
		if v := recover(); v != nil {
			s.log().Error("Panicked", "panic", v, "stack", string(debug.Stack()))
			s.stopWriting()
		}
	}()
	for {
		work, frames, items, lagged, ok := s.take()
		if !ok {
			return
		}
		if !s.perform(work, frames, items, lagged) {
			s.stopWriting()
			return
		}
	}
}

// take returns what there is to do; ok is false if there is nothing, and the
// writing goroutine has to end.
func (s *socket) take() (work todo, frames [][]byte, items []live.Item, lagged, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items, lagged = s.sub.Take()
	work, frames = s.todo, s.frames
	s.todo, s.frames, s.queued = todo{}, nil, 0
	s.writing = work != todo{} || lagged || len(frames)+len(items) > 0
	return work, frames, items, lagged, s.writing
}

// stopWriting ends the socket from the writer's side: closing the connection ends
// the reader.
func (s *socket) stopWriting() {
	s.conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open, s.writing = false, false
	if s.stopped != nil {
		close(s.stopped)
		s.stopped = nil
	}
}

// finish makes the writer send what is queued and close with the code, and waits
// for it.
func (s *socket) finish(code int) {
	s.mu.Lock()
	if !s.open {
		s.mu.Unlock()
		return
	}
	stopped := make(chan struct{})
	s.code, s.stopped = code, stopped
	s.mu.Unlock()
	s.kick(func(t *todo) { t.end = true })
	<-stopped
}

// perform returns false when the socket has to end.
func (s *socket) perform(work todo, frames [][]byte, items []live.Item, lagged bool) bool {
	for _, frame := range frames {
		if s.writeBytes(frame) != nil {
			return false
		}
	}
	if work.end {
		s.close(s.code)
		return false
	}
	read := work.read || lagged || work.mark.Seq > 0 && !s.w.complete(work.mark.Conversation, work.mark.Seq)
	for _, it := range items {
		more, ok := s.item(it)
		if !ok {
			return false
		}
		read = read || more
	}
	if work.acked {
		s.plan(true, nil)
	}
	if work.ping && s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.srv.cfg.WriteWait)) != nil {
		return false
	}
	return !read || s.catchUp()
}

// item handles an item of the hub. read reports that the database has to be read;
// ok is false when the socket has to end.
func (s *socket) item(it live.Item) (read, ok bool) {
	switch {
	case it.Event != nil:
		return s.event(it.Event), true
	case it.Signal.Kind == live.SignalChatPush:
		return s.push(it.Signal)
	case it.Signal.Kind == live.SignalTyping && it.Signal.From != s.visitor.id.String():
		return false, s.writeNow(serverFrame{Type: typeTyping}) == nil
	}
	return false, true
}

// event reports whether an event may have brought the visitor a line that has not
// been written. Lines behind a held reply become visible when that reply's
// delivery changes.
func (s *socket) event(e *desk.Event) (read bool) {
	w := &s.w
	own := e.ConversationID == w.at.Conversation
	switch e.Kind {
	case desk.EventMessageReceived, desk.EventMessageSent, desk.EventMessageCancelled, desk.EventConversationMerged:
		return !own || e.Seq > w.known
	case desk.EventDeliveryChanged:
		var data struct {
			MessageID string `json:"message_id"`
		}
		read = !own || e.Seq > w.known+1 && (json.Unmarshal(e.Data, &data) != nil || data.MessageID != w.pushed)
	}
	if own && isQuiet(e.Kind) {
		w.passed(e.Seq)
	}
	return read
}

// push writes a pushed line if it is the next one, and otherwise reports that the
// database has to be read.
func (s *socket) push(signal *live.Signal) (read, ok bool) {
	var push live.ChatPush
	if len(signal.Data) == 0 || json.Unmarshal(signal.Data, &push) != nil {
		return true, true
	}
	if s.w.complete(push.Conversation, push.Seq) {
		return false, true
	}
	if !s.w.next(&push) {
		return true, true
	}
	line := chat.Line{Conversation: push.Conversation, Seq: push.Seq, ID: push.ID, From: push.From, Name: push.Name, Text: push.Text, At: push.At}
	s.advance(line)
	if s.writeNow(lineFrame(line)) != nil {
		return false, false
	}
	s.plan(true, nil)
	return false, true
}

// catchUp writes every line after the socket's position. A database error is
// retried; only a failed write ends the socket.
func (s *socket) catchUp() bool {
	progress, err := false, error(nil)
	for more := true; more; {
		var lines []chat.Line
		if lines, err = s.history(); err != nil {
			s.log().Warn("HistoryFailed", "error", err)
			break
		}
		for _, l := range lines {
			s.advance(l)
			if s.writeNow(lineFrame(l)) != nil {
				return false
			}
			progress = true
		}
		more = len(lines) == historyBatch
	}
	s.plan(progress, err)
	return true
}

func (s *socket) history() ([]chat.Line, error) {
	ctx, cancel := context.WithTimeout(context.Background(), historyWithin)
	defer cancel()
	return s.srv.sessions.History(ctx, s.visitor.id, s.w.at, historyBatch)
}

// advance moves on to a line that is about to be written, and listens to its
// conversation if that is a new one: events that follow the line must not be missed.
func (s *socket) advance(l chat.Line) {
	if old := s.w.at.Conversation; l.Conversation != old {
		if !old.IsZero() {
			s.sub.Remove(live.ConversationTopic(old))
		}
		s.sub.Add(live.ConversationTopic(l.Conversation))
		s.setConversation(l.Conversation)
	}
	s.w.wrote(l)
	if l.From == chat.FromVisitor {
		s.expecting.Store(false)
	} else {
		s.w.pushed = l.ID
	}
}

// plan sets the retry timer: soon after an error or while an acknowledged line is
// being processed, otherwise not at all, because the hub and the poll report lines.
func (s *socket) plan(progress bool, err error) {
	w := &s.w
	switch {
	case err != nil:
		w.pause = retryMax
	case !s.expecting.Load():
		w.pause = 0
	case progress || w.pause == 0:
		w.pause = retryMin
		if !w.at.Conversation.IsZero() {
			w.pause = retryHinted
		}
	default:
		w.pause *= 2
	}
	if w.pause > retryMax && err == nil {
		s.expecting.Store(false) // quarantined or delayed: the poll takes over
		w.pause = 0
	}
	switch {
	case w.pause == 0 && w.retry != nil:
		w.retry.Stop()
	case w.pause > 0 && w.retry != nil:
		w.retry.Reset(w.pause)
	case w.pause > 0:
		w.retry = time.AfterFunc(w.pause, s.reread)
	}
}

// reread makes the writer read the database.
func (s *socket) reread() { s.kick(func(t *todo) { t.read = true }) }
