package livechat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/channels"
	"switchboard/channels/channeltest"
	"switchboard/channels/livechat"
	"switchboard/channels/livechat/chat"
	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/internal/forwarded"
	"switchboard/live"
	"switchboard/store"
)

// endpoint is a chat server with a journal that the test controls. Its sessions are in
// PostgreSQL.
type endpoint struct {
	*livechat.Server
	store *store.Store
	host  string
}

func openEndpoint(t testing.TB, cfg livechat.Config) *endpoint {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: dbtest.New(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	cfg.Widgets = map[string]livechat.Widget{"shop": {Key: "shop"}}
	server := livechat.New(cfg, s.Visitors(), live.New(), slog.New(slog.DiscardHandler))
	h := httptest.NewServer(forwarded.Handler([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, server))
	t.Cleanup(h.Close)
	return &endpoint{server, s, strings.TrimPrefix(h.URL, "http://")}
}

// run runs the server with a sink until the returned function is called.
func (e *endpoint) run(t testing.TB, sink channels.Sink) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx, sink) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run: %v", err)
			}
		}
	}
	t.Cleanup(stop)
	// 503 becomes 400 (no upgrade requested) once the server is running.
	for late := time.Now().Add(patience); time.Now().Before(late); <-time.After(time.Millisecond) {
		resp, err := http.Get("http://" + e.host)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusBadRequest {
			return stop
		}
	}
	t.Fatal("the endpoint never opened")
	return nil
}

func TestClosedUntilRun(t *testing.T) {
	e := openEndpoint(t, livechat.Config{})
	resp, err := http.Get("http://" + e.host)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
}

func TestBadFrames(t *testing.T) {
	e := openEndpoint(t, livechat.Config{})
	e.run(t, channeltest.NewSink())
	for _, tt := range []struct {
		name  string
		kind  int
		frame string
		code  int // the close code
	}{
		{"not JSON", websocket.TextMessage, "hello", websocket.CloseUnsupportedData},
		{"binary", websocket.BinaryMessage, `{"type":"hello"}`, websocket.CloseUnsupportedData},
		{"not UTF-8", websocket.TextMessage, "{\"type\":\"\xff\"}", websocket.CloseInvalidFramePayloadData},
		{"too large", websocket.TextMessage, `{"type":"` + strings.Repeat("x", 64<<10) + `"}`, websocket.CloseMessageTooBig},
	} {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, first %v", tt.name, first), func(t *testing.T) {
				b := dial(t, e.host, "shop", nil)
				if !first {
					b.say(map[string]any{"type": "hello"})
					b.want("welcome")
				}
				if err := b.WriteMessage(tt.kind, []byte(tt.frame)); err != nil {
					t.Fatal(err)
				}
				b.wantClosed(tt.code)
			})
		}
	}
}

// A refused frame gets an error, and the session continues.
func TestRefusedFrames(t *testing.T) {
	e := openEndpoint(t, livechat.Config{})
	sink := channeltest.NewSink()
	e.run(t, sink)
	b := dial(t, e.host, "shop", nil)
	b.say(map[string]any{"type": "typing"})
	if r := b.want("error"); r.Code != "hello-first" || r.Detail == "" {
		t.Errorf("%+v", r)
	}
	b.say(map[string]any{"type": "hello", "email": "no-at-sign"})
	secret := b.want("welcome").Session
	if r := b.want("error"); r.Code != "bad-email" {
		t.Errorf("%+v", r)
	}
	for _, tt := range []struct {
		frame map[string]any
		code  string
	}{
		{map[string]any{"type": "message", "id": "1", "text": "  "}, "empty"},
		{map[string]any{"type": "message", "id": "1", "text": strings.Repeat("x", 16<<10+1)}, "too-long"},
		{map[string]any{"type": "dance"}, "unknown-type"},
		{map[string]any{"type": 1}, "bad-frame"},
		{map[string]any{"type": "hello", "session": "another"}, "other-session"},
	} {
		b.say(tt.frame)
		if r := b.want("error"); r.Code != tt.code {
			t.Errorf("got %+v, want %s", r, tt.code)
		}
	}
	b.say(map[string]any{"type": "hello", "session": secret, "name": "Jo", "email": "jo@acme.example", "page": "https://x.example/"})
	b.say(map[string]any{"type": "message", "id": "1", "text": "at last"})
	if ack := b.want("ack"); ack.ID != "1" {
		t.Errorf("%+v", ack)
	}
	raws := sink.Await(t, 1)
	if len(raws) != 1 {
		t.Fatalf("%d raw items", len(raws))
	}
	raw := raws[0]
	var line desk.ChatLine
	if err := json.Unmarshal(raw.Bytes, &line); err != nil {
		t.Fatal(err)
	}
	if raw.Channel != desk.ChannelChat || raw.Endpoint != "shop" || raw.SourceKey != line.Session.String()+"/1" || raw.RemoteAddr == "" ||
		line.Name != "Jo" || line.Email != "jo@acme.example" || line.Page != "https://x.example/" || line.Text != "at last" {
		t.Errorf("%+v holds %+v", raw, line)
	}

	sink.Fail(desk.Errorf(desk.KindTemporary, "the disk is full"))
	b.say(map[string]any{"type": "message", "id": "2", "text": "x"})
	if r := b.want("error"); r.Code != "not-now" || r.ID != "2" {
		t.Errorf("%+v", r)
	}
	sink.Fail(desk.Errorf(desk.KindInvalid, "never"))
	b.say(map[string]any{"type": "message", "id": "3", "text": "x"})
	if r := b.want("error"); r.Code != "refused" || r.ID != "3" {
		t.Errorf("%+v", r)
	}
}

func TestTooManyFrames(t *testing.T) {
	e := openEndpoint(t, livechat.Config{FrameRate: 1, FrameBurst: 10})
	e.run(t, channeltest.NewSink())
	b := dial(t, e.host, "shop", nil)
	b.say(map[string]any{"type": "hello"})
	for range 30 {
		if b.WriteJSON(map[string]any{"type": "typing"}) != nil {
			break // already closed
		}
	}
	b.wantClosed(websocket.ClosePolicyViolation)
}

// A stop waits for the line that is being stored, acknowledges it and asks the client
// to reconnect.
func TestStopFinishesTheCurrentLine(t *testing.T) {
	e := openEndpoint(t, livechat.Config{})
	sink := channeltest.NewSink()
	stop := e.run(t, sink)
	idle := dial(t, e.host, "shop", nil)
	idle.say(map[string]any{"type": "hello"})
	idle.want("welcome")
	mute := dial(t, e.host, "shop", nil) // has not said hello
	sink.Hold()
	b := dial(t, e.host, "shop", nil)
	b.say(map[string]any{"type": "message", "id": "1", "text": "x"})
	b.want("welcome")
	<-sink.Entered()

	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	idle.wantClosed(websocket.CloseServiceRestart)
	mute.wantClosed(websocket.CloseServiceRestart)
	select {
	case <-stopped:
		t.Fatal("Run returned while a line was being stored")
	default:
	}
	sink.Release()
	if ack := b.want("ack"); ack.ID != "1" {
		t.Errorf("%+v", ack)
	}
	b.wantClosed(websocket.CloseServiceRestart)
	<-stopped
	if n := len(sink.Raws()); n != 1 {
		t.Errorf("%d raw items, want 1", n)
	}
	resp, err := http.Get("http://" + e.host)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after the stop: %s", resp.Status)
	}
	e.run(t, sink) // a supervisor starts it again
	again := dial(t, e.host, "shop", nil)
	again.say(map[string]any{"type": "hello"})
	again.want("welcome")
}

// customer is a visitor as channeltest sees one.
type customer struct {
	host   string
	secret string // of one session, so that a repetition is one
}

func (c *customer) Send(ctx context.Context, nonce string) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := conn.WriteJSON(map[string]string{"type": "message", "session": c.secret, "id": nonce, "text": "text " + nonce}); err != nil {
		return err
	}
	for {
		var f frame
		if err := conn.ReadJSON(&f); err != nil {
			return err
		}
		switch f.Type {
		case "ack":
			return nil
		case "error":
			return fmt.Errorf("%s: %s", f.Code, f.Detail)
		}
	}
}

// dial tries again while the endpoint is closed, as the widget does.
func (c *customer) dial(ctx context.Context) (*websocket.Conn, error) {
	for {
		conn, resp, err := websocket.DefaultDialer.DialContext(ctx, "ws://"+c.host+"/chat?widget=shop", nil)
		if err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (c *customer) Repeat(ctx context.Context, nonce string) error { return c.Send(ctx, nonce) }

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Harness{New: func(t *testing.T, _ *channeltest.Sink) (channels.Channel, channeltest.Customer) {
		e := openEndpoint(t, livechat.Config{FrameBurst: 1000})
		session, err := e.store.Visitors().Open(t.Context(), "shop", "", chat.Visitor{})
		if err != nil {
			t.Fatal(err)
		}
		return e.Server, &customer{e.host, session.Secret}
	}})
}
