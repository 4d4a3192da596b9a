package livechat

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/channels"
	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/live"
)

const (
	helloWithin  = 10 * time.Second
	helloTries   = 5 // invalid frames allowed before the session is open
	storeWithin  = 30 * time.Second
	noCloseFrame = 0 // the peer has gone, or has already been sent a close frame
)

// maxQueued bounds the frames that wait for a slow reader, in octets. Lines do not
// count: they stay in the database until the socket has room.
const maxQueued = 256 << 10

// socket is one visitor's connection. One goroutine reads; another one writes
// while there is something to write.
type socket struct {
	srv    *Server
	conn   *websocket.Conn
	widget *Widget
	remote string
	client netip.Addr // of remote
	turn   int        // the group of sockets that are pinged together, see beats

	visitor *visitor // set by Server.join
	secret  string
	who     chat.Visitor
	seen    int64 // highest seq that the visitor has confirmed
	sub     *live.Subscription
	w       writer

	expecting atomic.Bool // an accepted line has not been echoed yet

	mu           sync.Mutex
	draining     bool
	open         bool // the session is open and the connection can be written to
	writing      bool // the writing goroutine is running
	todo         todo
	frames       [][]byte // short frames (ack, error, typing) waiting to be written
	queued       int      // their total size in octets
	code         int      // the close code
	stopped      chan struct{}
	conversation desk.ConversationID
}

// log returns a logger. It is made on demand, because most sockets never log.
func (s *socket) log() *slog.Logger {
	return s.srv.log.With("channel", "chat", "widget", s.widget.Key, "remote", s.remote)
}

// drain ends the reader once it has responded to the current frame.
func (s *socket) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	s.setReadDeadline(time.Now())
}

// listen sets the deadline of the next read. It returns false if the socket is
// draining.
func (s *socket) listen(wait time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.draining {
		s.setReadDeadline(time.Now().Add(wait))
	}
	return !s.draining
}

func (s *socket) setReadDeadline(t time.Time) {
	if err := s.conn.SetReadDeadline(t); err != nil {
		s.conn.Close() // so that the reader cannot block forever
	}
}

// serve owns the connection from the upgrade until it is closed.
func (s *socket) serve(sink channels.Sink) {
	defer s.srv.remove(s)
	defer s.conn.Close()
	defer func() {
		if v := recover(); v != nil {
			s.log().Error("Panicked", "panic", v, "stack", string(debug.Stack()))
			closeWith(s.conn, websocket.CloseInternalServerErr, "", time.Second)
		}
	}()
	s.conn.SetReadLimit(s.srv.cfg.MaxFrame)
	s.conn.SetPongHandler(func(string) error { s.listen(s.idle()); return nil })

	first, code := s.awaitHello()
	if code >= 0 {
		s.close(code)
		return
	}
	if wait := s.mayBegin(first); wait > 0 {
		s.log().Info("SessionRefused", "wait", wait)
		if s.writeNow(crowded("chats", wait, "").frame()) == nil {
			s.close(websocket.CloseTryAgainLater)
		}
		return
	}
	session, err := s.openSession(first)
	if err != nil {
		s.log().Warn("SessionNotOpened", "error", err)
		s.close(websocket.CloseInternalServerErr)
		return
	}
	if first.Session != "" && !session.Resumed {
		s.srv.begins.Charge(s.client, beginCost-resumeCost, time.Now())
	}
	s.begin(session, start(session, first))
	defer s.sub.Close()
	s.finish(s.read(sink, first))
}

// begin enables the writer, which sends the welcome and the lines after the position.
func (s *socket) begin(session chat.Session, at chat.Position) {
	s.w.progress = startAt(at)
	notify := func() { s.kick(nil) }
	s.sub = s.srv.hub.Notify(hubBuffer, notify, live.SessionTopic(session.ID))
	if !at.Conversation.IsZero() {
		s.sub.Add(live.ConversationTopic(at.Conversation))
	}
	welcome := serverFrame{Type: typeWelcome, Session: session.Secret, Resumed: &session.Resumed, Seq: &session.Seq, Epoch: session.Conversation.String()}
	s.mu.Lock()
	s.frames = append([][]byte{welcome.encode()}, s.frames...)
	s.open = true
	s.mu.Unlock()
	s.reread()
	s.arrive()
}

func (s *socket) close(code int) {
	if code != noCloseFrame {
		closeWith(s.conn, code, "", s.srv.cfg.WriteWait)
	}
}

// idle is how long a peer may be silent: two pings and their pongs.
func (s *socket) idle() time.Duration { return 2*s.srv.cfg.PingEvery + s.srv.cfg.WriteWait }

// next reads one frame. It returns a close code, or -1 if the connection stays open:
// err is then nil or the reason why only this frame is refused.
func (s *socket) next() (f clientFrame, code int, err error) {
	kind, data, err := s.conn.ReadMessage()
	switch {
	case err != nil:
		return clientFrame{}, s.codeOf(err), nil
	case kind != websocket.TextMessage:
		return clientFrame{}, websocket.CloseUnsupportedData, nil
	}
	f, err = parseFrame(data)
	switch {
	case errors.Is(err, errNotUTF8):
		return f, websocket.CloseInvalidFramePayloadData, nil // RFC 6455 §8.1
	case errors.Is(err, errNotJSON):
		return f, websocket.CloseUnsupportedData, nil
	}
	return f, -1, err
}

// codeOf returns the close code after a failed read.
func (s *socket) codeOf(err error) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return websocket.CloseServiceRestart
	}
	return noCloseFrame // the library has already responded to a close frame or to a frame over the limit
}

// awaitHello returns the first usable frame, or a close code. It writes to the
// connection itself, because the writer is not enabled yet.
func (s *socket) awaitHello() (clientFrame, int) {
	if !s.listen(helloWithin) {
		return clientFrame{}, websocket.CloseServiceRestart
	}
	for range helloTries {
		f, code, err := s.next()
		if code >= 0 {
			return f, code
		}
		if f.Type == typeHello || f.Type == typeMessage {
			if err != nil {
				s.refuse(err) // an invalid address: the session is opened without it
			}
			return f, -1
		}
		if err == nil {
			err = &refusal{code: "hello-first", detail: "the first frame must be a hello or a message"}
		}
		var r *refusal
		if !errors.As(err, &r) || s.writeNow(r.frame()) != nil {
			return f, noCloseFrame
		}
	}
	return clientFrame{}, websocket.ClosePolicyViolation
}

// writeNow writes a frame to the connection without queueing it.
func (s *socket) writeNow(f serverFrame) error {
	return s.writeBytes(f.encode())
}

// writeBytes writes one text frame within the write timeout.
func (s *socket) writeBytes(frame []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.srv.cfg.WriteWait)); err != nil {
		return err
	}
	return s.conn.WriteMessage(websocket.TextMessage, frame)
}

// read handles frames until the connection ends and returns the close code.
func (s *socket) read(sink channels.Sink, first clientFrame) int {
	f, err, code := first, error(nil), -1
	if f.Type == typeHello {
		f = clientFrame{} // already handled by openSession
	}
	for {
		if !s.visitor.frames.Allow() {
			return websocket.ClosePolicyViolation
		}
		if err != nil {
			s.refuse(err)
		}
		if code = s.handle(sink, f); code >= 0 {
			return code
		}
		if !s.listen(s.idle()) {
			return websocket.CloseServiceRestart
		}
		if f, code, err = s.next(); code >= 0 {
			return code
		}
	}
}

// handle carries out a frame. The zero frame, which stands for a refused one, does
// nothing.
func (s *socket) handle(sink channels.Sink, f clientFrame) int {
	switch f.Type {
	case typeHello:
		return s.introduce(f)
	case typeMessage:
		s.line(sink, f)
	case typeReceived:
		s.received(f.Seq)
	case typeTyping:
		s.typing()
	}
	return -1
}

// introduce handles a later hello, with which visitors give their name or address.
func (s *socket) introduce(f clientFrame) int {
	if f.Session != "" && f.Session != s.secret {
		s.refuse(&refusal{code: "other-session", detail: "a connection carries one session; open another connection"})
		return -1
	}
	if f.Name == "" && f.Email == "" && f.Page == "" {
		return -1
	}
	f.Session = s.secret
	if _, err := s.openSession(f); err != nil {
		s.log().Warn("SessionNotUpdated", "error", err)
		return websocket.CloseInternalServerErr
	}
	return -1
}

// line journals a visitor's line and then acknowledges it.
func (s *socket) line(sink channels.Sink, f clientFrame) {
	session := s.visitor.id
	body, err := f.chatLine(session, s.who)
	if err != nil {
		s.refuse(&refusal{code: "not-now", detail: "the line could not be stored", id: f.ID})
		return
	}
	if wait := s.srv.lines.Take(s.client, 1, time.Now()); wait > 0 {
		s.refuse(crowded("messages", wait, f.ID))
		return
	}
	// Not the server's context: stopping must not interrupt a commit.
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	s.expecting.Store(true) // before it can be echoed
	receipt, err := sink.Accept(ctx, desk.Raw{
		ID: desk.NewID[desk.RawID](), Channel: desk.ChannelChat, Endpoint: s.widget.Key, SourceKey: session.String() + "/" + f.ID,
		RemoteAddr: s.remote, ReceivedAt: time.Now(), Size: int64(len(body)), Bytes: body,
	})
	switch {
	case err != nil && desk.KindOf(err) == desk.KindInvalid:
		s.log().Warn("Refused", "error", err)
		s.refuse(&refusal{code: "refused", detail: "the line cannot be accepted", id: f.ID})
	case err != nil:
		s.log().Warn("NotStored", "error", err)
		s.refuse(&refusal{code: "not-now", detail: "the line could not be stored; send it again", id: f.ID})
	case receipt.Duplicate && !sameText(receipt.First, f.Text):
		s.refuse(&refusal{code: "id-used", detail: "another message was sent with this id; send it with a new id", id: f.ID})
	default:
		s.log().Debug("Accepted", "raw", receipt.ID, "duplicate", receipt.Duplicate)
		s.send(serverFrame{Type: typeAck, ID: f.ID})
		s.kick(func(t *todo) { t.acked = true })
	}
}

// received records that the visitor has seen everything up to seq.
func (s *socket) received(seq int64) {
	if seq <= s.seen {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	if err := s.srv.sessions.Received(ctx, s.visitor.id, seq); err != nil {
		s.log().Warn("ReceiptNotStored", "error", err)
		return // the next receipt covers this one
	}
	s.seen = seq
	s.srv.cfg.Committed()
}

// typing signals to the agents and the visitor's other tabs that the visitor is typing.
func (s *socket) typing() {
	s.mu.Lock()
	id := s.conversation
	s.mu.Unlock()
	if !id.IsZero() {
		s.srv.hub.PublishSignal(live.Signal{Topic: live.ConversationTopic(id), Kind: live.SignalTyping, From: s.visitor.id.String()})
	}
}

// refuse sends the reason why a frame was not accepted.
func (s *socket) refuse(err error) {
	var r *refusal
	if errors.As(err, &r) {
		s.send(r.frame())
	}
}

// send queues a frame. A visitor who reads so slowly that there is no room is
// disconnected; on reconnecting they read from the database.
func (s *socket) send(f serverFrame) {
	frame := f.encode()
	s.mu.Lock()
	room := s.queued+len(frame) <= maxQueued
	if room {
		s.frames, s.queued = append(s.frames, frame), s.queued+len(frame)
	}
	s.mu.Unlock()
	if !room {
		s.log().Info("SlowReaderClosed")
		s.conn.Close()
		return
	}
	s.kick(nil)
}
