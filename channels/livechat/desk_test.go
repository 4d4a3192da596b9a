package livechat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/gateway"
	"switchboard/internal/credential"
	"switchboard/internal/dbtest"
)

const patience = 20 * time.Second

// deskFixture is a complete gateway with one agent, Ana, who uses the API.
type deskFixture struct {
	gate *gateway.Gateway
	ana  desk.Agent
	key  string
	dsn  string
	stop func() error
}

func startGateway(t testing.TB) *deskFixture {
	t.Helper()
	cfg := config.Defaults()
	cfg.Addr, cfg.DB.URL = "127.0.0.1:0", dbtest.New(t)
	cfg.Mail = config.Mail{Addresses: []string{"support@desk.example"}, Name: "Desk"}
	cfg.Widgets = []config.Widget{
		{Key: "shop", Name: "Shop", Origins: []string{"https://shop.example"}},
		{Key: "open", Name: "Open", Origins: []string{"*"}},
	}
	gate, err := gateway.New(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gate.Run(ctx) }()
	o := &deskFixture{gate: gate, dsn: cfg.DB.URL}
	stopped := false
	o.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-done
	}
	t.Cleanup(func() {
		if err := o.stop(); err != nil {
			t.Errorf("the gateway stopped with %v", err)
		}
	})
	o.addAgent(t)
	o.awaitOpen(t)
	return o
}

// addAgent creates Ana and her API key.
func (o *deskFixture) addAgent(t testing.TB) {
	t.Helper()
	o.ana = desk.Agent{ID: desk.NewID[desk.AgentID](), Name: "Ana", Email: "ana@desk.example", Tiers: []desk.Tier{0, 1, 2, 3}, Admin: true}
	id, err := o.gate.Store().SaveAgent(t.Context(), o.ana, "")
	if err != nil {
		t.Fatal(err)
	}
	o.ana.ID, o.key = id, credential.NewKey()
	if _, err := o.gate.Store().CreateKey(t.Context(), "test", credential.Digest(o.key), o.ana, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
}

// awaitOpen waits until the chat channel is running.
func (o *deskFixture) awaitOpen(t testing.TB) {
	t.Helper()
	for late := time.Now().Add(patience); ; {
		for _, c := range o.gate.Channels() {
			if c.Name == "chat" && c.State == "running" {
				return
			}
		}
		if time.Now().After(late) {
			t.Fatalf("the chat never opened: %+v", o.gate.Channels())
		}
		<-time.After(time.Millisecond)
	}
}

// post sends an API request as Ana.
func (o *deskFixture) post(ctx context.Context, path string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("http://%s/api/v1%s", o.gate.HTTPAddr(), path), bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+o.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode >= 300 {
		return fmt.Errorf("POST %s: %s %s", path, resp.Status, answer)
	}
	return nil
}

func (o *deskFixture) answer(ctx context.Context, conversation, text string) error {
	return o.post(ctx, "/conversations/"+conversation+"/replies", map[string]string{"text": text})
}

func (o *deskFixture) reply(t testing.TB, conversation, text string) {
	t.Helper()
	if err := o.answer(t.Context(), conversation, text); err != nil {
		t.Fatal(err)
	}
}

// delivery returns the state of a message's only delivery.
func (o *deskFixture) delivery(t testing.TB, conversation string, seq int64) desk.DeliveryState {
	t.Helper()
	id, err := desk.ParseID[desk.ConversationID](conversation)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := o.gate.Store().Messages(t.Context(), o.ana, id, seq-1, 1)
	if err != nil || len(messages) != 1 || len(messages[0].Deliveries) != 1 {
		t.Fatalf("message %d of %s: %+v, %v", seq, conversation, messages, err)
	}
	return messages[0].Deliveries[0].State
}

// frame is any frame, as a client reads it.
type frame struct {
	Type, Session, Epoch, ID, From, Name, Text, At, Code, Detail string

	Resumed bool
	Seq     int64
}

// browser is a visitor's page.
type browser struct {
	*websocket.Conn
	t      testing.TB
	closed int // the code the server closed with
}

func dial(t testing.TB, host, widget string, header http.Header) *browser {
	t.Helper()
	u := url.URL{Scheme: "ws", Host: host, Path: "/chat", RawQuery: url.Values{"widget": {widget}}.Encode()}
	conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), u.String(), header)
	if err != nil {
		t.Fatalf("dial: %v (%+v)", err, resp)
	}
	t.Cleanup(func() { conn.Close() })
	return &browser{Conn: conn, t: t}
}

func (o *deskFixture) visit(t testing.TB) *browser {
	return dial(t, o.gate.HTTPAddr().String(), "shop", nil)
}

func (b *browser) say(f map[string]any) {
	b.t.Helper()
	if err := b.WriteJSON(f); err != nil {
		b.t.Fatalf("write %v: %v", f, err)
	}
}

// next reads a frame; false when the server has closed.
func (b *browser) next() (f frame, open bool) {
	b.t.Helper()
	if err := b.SetReadDeadline(time.Now().Add(patience)); err != nil {
		b.t.Fatal(err)
	}
	err := b.ReadJSON(&f)
	if closed, ok := err.(*websocket.CloseError); ok {
		b.closed = closed.Code
		return f, false
	}
	if err != nil {
		b.t.Fatalf("read: %v", err)
	}
	return f, true
}

// tell sends a line and returns its echo. The acknowledgement may come before or after
// the echo.
func (b *browser) tell(id, text string) (own frame) {
	b.t.Helper()
	b.say(map[string]any{"type": "message", "id": id, "text": text})
	for acked := false; !acked || own.ID == ""; {
		switch f, open := b.next(); {
		case open && f.Type == "ack" && f.ID == id:
			acked = true
		case open && f.Type == "message" && f.ID == id && f.From == "visitor":
			own = f
		default:
			b.t.Fatalf("got %+v, want the ack or the line %s", f, id)
		}
	}
	return own
}

// want reads until a frame of the type comes and returns it; frames of the other
// types that may come in between are named in skip.
func (b *browser) want(kind string, skip ...string) frame {
	b.t.Helper()
	for {
		f, open := b.next()
		if !open {
			b.t.Fatalf("the server closed with %d, want a frame %q", b.closed, kind)
		}
		if f.Type == kind {
			return f
		}
		skipped := false
		for _, s := range skip {
			skipped = skipped || s == f.Type
		}
		if !skipped {
			b.t.Fatalf("got %+v, want a frame %q", f, kind)
		}
	}
}

// wantClosed reads whatever comes until the server closes.
func (b *browser) wantClosed(code int) {
	b.t.Helper()
	for {
		if _, open := b.next(); !open {
			break
		}
	}
	if b.closed != code {
		b.t.Errorf("the server closed with %d, want %d", b.closed, code)
	}
}
