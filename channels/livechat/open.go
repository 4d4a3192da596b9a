package livechat

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/live"
)

// The price of a first frame. A frame that names a session pays the difference
// afterwards if it began a new one all the same.
const (
	beginCost  = 10
	resumeCost = 1
)

// mayBegin returns how long the client has to wait before it may open a session.
func (s *socket) mayBegin(f clientFrame) time.Duration {
	cost := beginCost
	if f.Session != "" {
		cost = resumeCost
	}
	return s.srv.begins.Take(s.client, cost, time.Now())
}

// crowded refuses a frame because of the other clients of the same network.
func crowded(what string, wait time.Duration, id string) *refusal {
	return &refusal{id: id, code: "not-now", detail: fmt.Sprintf("too many %s from your network; try again in %d seconds", what, int(wait.Seconds())+1)}
}

// openSession resumes the session that the frame names, or starts a new one.
func (s *socket) openSession(f clientFrame) (chat.Session, error) {
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	session, err := s.srv.sessions.Open(ctx, s.widget.Key, f.Session, chat.Visitor{Name: f.Name, Email: f.Email, Page: f.Page})
	if err != nil {
		return session, err
	}
	s.secret, s.who = session.Secret, session.Visitor
	if f.Page != "" {
		s.who.Page = f.Page
	}
	s.setConversation(session.Conversation)
	if s.visitor == nil {
		s.srv.join(s, session.ID)
	}
	s.srv.reopened(s.visitor, session.Opened)
	return session, nil
}

func (s *socket) setConversation(id desk.ConversationID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conversation = id
}

// start returns the position from which the socket reads. The client's number is
// valid only in the conversation that it belongs to.
func start(session chat.Session, f clientFrame) chat.Position {
	at := chat.Position{Conversation: session.Conversation, Seq: f.After}
	foreign := f.Epoch != "" && f.Epoch != session.Conversation.String()
	if !session.Resumed || foreign || f.After > session.Seq {
		at.Seq = 0
	}
	return at
}

// reopened notes the number of a visitor's newest opening.
func (s *Server) reopened(v *visitor, opened int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.opened = max(v.opened, opened)
}

// arrive signals to the agents that the visitor has opened the chat, with a first tab.
func (s *socket) arrive() {
	s.srv.mu.Lock()
	first := len(s.visitor.sockets) == 1
	s.srv.mu.Unlock()
	if first {
		s.present("viewing")
	}
}

// leave records and signals that the visitor has closed their last tab. When the server
// stops, visitors come back to the next one.
func (s *socket) leave(opened int64) {
	s.mu.Lock()
	draining := s.draining
	s.mu.Unlock()
	if draining || s.srv.cfg.Left == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	if err := s.srv.cfg.Left(ctx, s.visitor.id, opened); err != nil {
		s.log().Warn("LeavingNotStored", "error", err)
		return
	}
	s.present("gone")
}

// present publishes a presence signal of the visitor.
func (s *socket) present(state string) {
	s.mu.Lock()
	id := s.conversation
	s.mu.Unlock()
	if id.IsZero() {
		return
	}
	data := json.RawMessage(`{"state":"` + state + `"}`)
	s.srv.hub.PublishSignal(live.Signal{Topic: live.ConversationTopic(id), Kind: live.SignalPresence, From: s.visitor.id.String(), Data: data})
}
