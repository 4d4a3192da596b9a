package livechat_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"switchboard/channels/channeltest"
	"switchboard/channels/livechat"
	"switchboard/channels/livechat/chat"
	"switchboard/desk"
)

// serving runs a server until the returned function is called.
func serving(t testing.TB, url string, server *livechat.Server) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx, channeltest.NewSink()) }()
	for open := false; !open; {
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		open = resp.StatusCode != http.StatusServiceUnavailable
	}
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

// sessions implements livechat.Sessions in memory and counts the reads.
type sessions struct {
	mu    sync.Mutex
	reads int
	lines []chat.Line
	held  int64 // the line from which on nothing is visible; 0: all are
}

func newSessions() *sessions { return &sessions{} }

func (s *sessions) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

func (s *sessions) add(l chat.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, l)
}

func (s *sessions) hide(from int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = from
}

func (s *sessions) Open(_ context.Context, _, _ string, hello chat.Visitor) (chat.Session, error) {
	id := desk.NewID[desk.SessionID]()
	return chat.Session{ID: id, Secret: "secret-" + id.String(), Visitor: hello}, nil
}

func (s *sessions) History(_ context.Context, _ desk.SessionID, after chat.Position, limit int) ([]chat.Line, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	var lines []chat.Line
	for _, l := range s.lines {
		if s.held != 0 && l.Seq >= s.held {
			break
		}
		if (l.Seq > after.Seq || l.Conversation != after.Conversation) && len(lines) < limit {
			lines = append(lines, l)
		}
	}
	return lines, nil
}

func (s *sessions) Received(context.Context, desk.SessionID, int64) error { return nil }

func (s *sessions) Marks(context.Context, []desk.SessionID) ([]chat.Mark, error) { return nil, nil }
