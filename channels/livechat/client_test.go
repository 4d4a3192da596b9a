package livechat_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/channels/channeltest"
	"switchboard/channels/livechat"
)

// from is the header of a client behind a proxy.
func from(addr string) http.Header { return http.Header{"X-Forwarded-For": {addr}} }

// begin opens a socket with a hello and returns it with the answer.
func (e *endpoint) begin(t *testing.T, addr, secret string) (*browser, frame) {
	t.Helper()
	b := dial(t, e.host, "shop", from(addr))
	b.say(map[string]any{"type": "hello", "session": secret})
	f, _ := b.next()
	if f.Type == "error" {
		b.wantClosed(websocket.CloseTryAgainLater)
	}
	return b, f
}

// TestSessionsOfOneClientAreLimited: by its network, however many sockets it opens.
func TestSessionsOfOneClientAreLimited(t *testing.T) {
	e := openEndpoint(t, livechat.Config{Sessions: 2})
	e.run(t, channeltest.NewSink())
	secret := ""
	for i, want := range []string{"welcome", "welcome", "welcome", "welcome", "error"} {
		_, f := e.begin(t, fmt.Sprintf("2001:db8::%d", i), "")
		if f.Type != want || want == "error" && (f.Code != "not-now" || !strings.Contains(f.Detail, "try again in") || !strings.Contains(f.Detail, "seconds")) {
			t.Errorf("session %d: %+v", i, f)
		}
		if f.Type == "welcome" {
			secret = f.Session
		}
	}
	if _, f := e.begin(t, "2001:db8:0:1::1", ""); f.Type != "welcome" {
		t.Errorf("another network: %+v", f)
	}
	for range 30 { // one visitor whose connection comes and goes
		if _, f := e.begin(t, "192.0.2.7", secret); f.Type != "welcome" || !f.Resumed {
			t.Fatalf("an existing session: %+v", f)
		}
	}
	invented := 0
	for ; invented < 9; invented++ {
		if _, f := e.begin(t, "192.0.2.8", fmt.Sprint("invented", invented)); f.Type != "welcome" {
			break
		}
	}
	if invented > 5 {
		t.Errorf("invented secrets began %d sessions", invented)
	}
	for range 20 { // clients on this machine
		if _, f := e.begin(t, "127.0.0.1", ""); f.Type != "welcome" {
			t.Fatalf("a local client: %+v", f)
		}
	}
}

// TestLinesOfOneClientAreLimited: over all its sessions. Nothing of a refused line is
// stored, so that it can be sent again.
func TestLinesOfOneClientAreLimited(t *testing.T) {
	e := openEndpoint(t, livechat.Config{Lines: 2})
	sink := channeltest.NewSink()
	e.run(t, sink)
	one, _ := e.begin(t, "192.0.2.7", "")
	two, _ := e.begin(t, "192.0.2.7", "")
	for i, b := range []*browser{one, one, two, two} {
		b.say(map[string]any{"type": "message", "id": fmt.Sprint(i), "text": "spam"})
		b.want("ack")
	}
	for _, b := range []*browser{one, two} {
		b.say(map[string]any{"type": "message", "id": "more", "text": "spam"})
		if f := b.want("error"); f.Code != "not-now" || f.ID != "more" || !strings.Contains(f.Detail, "too many messages from your network; try again in") {
			t.Errorf("%+v", f)
		}
	}
	if n := len(sink.Raws()); n != 4 {
		t.Errorf("%d lines stored, want 4", n)
	}
	other, _ := e.begin(t, "192.0.2.9", "")
	other.say(map[string]any{"type": "message", "id": "1", "text": "hello"})
	other.want("ack")
}

// TestSocketsOfOneClientAreLimited: one client cannot use up the sockets of all.
func TestSocketsOfOneClientAreLimited(t *testing.T) {
	e := openEndpoint(t, livechat.Config{MaxPerClient: 2})
	e.run(t, channeltest.NewSink())
	first, _ := e.begin(t, "192.0.2.7", "")
	e.begin(t, "192.0.2.7", "")
	try := func(addr string) int {
		t.Helper()
		conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+e.host+"/chat?widget=shop", from(addr))
		if err == nil {
			conn.Close()
		} else if resp == nil {
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	if code := try("192.0.2.7"); code != http.StatusServiceUnavailable {
		t.Errorf("a third socket: %d", code)
	}
	if code := try("192.0.2.8"); code != http.StatusSwitchingProtocols {
		t.Errorf("another client: %d", code)
	}
	first.Close()
	for try("192.0.2.7") != http.StatusSwitchingProtocols { // until the server has noticed
		<-time.After(time.Millisecond)
	}
}
