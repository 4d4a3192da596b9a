package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/api/socket"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/live"
)

// frame is any frame from the server.
type frame struct {
	Type   string          `json:"type"`
	Event  view.Event      `json:"event"`
	Cursor string          `json:"cursor"`
	Topic  string          `json:"topic"`
	Kind   string          `json:"kind"`
	From   string          `json:"from"`
	Data   json.RawMessage `json:"data"`
}

// client is a socket whose reads have a timeout.
type client struct {
	*websocket.Conn
	t *testing.T
}

func (d *desks) dial(path string, header http.Header) (*client, *http.Response) {
	d.t.Helper()
	conn, res, err := websocket.DefaultDialer.DialContext(d.t.Context(), "ws"+strings.TrimPrefix(d.srv.URL, "http")+base+path, header)
	if err != nil {
		if res == nil {
			d.t.Fatal(err)
		}
		return nil, res
	}
	d.t.Cleanup(func() { conn.Close() })
	return &client{conn, d.t}, res
}

// follow opens the socket as an agent and reads the ready frame.
func (d *desks) follow(who, after string) *client {
	d.t.Helper()
	c, res := d.dial("/events/socket?after="+after, http.Header{"Authorization": {"Bearer " + d.keys[who]}})
	if c == nil {
		d.t.Fatalf("socket: %d", res.StatusCode)
	}
	if f := c.next(); f.Type != "ready" {
		d.t.Fatalf("first frame %+v", f)
	}
	return c
}

func (c *client) next() frame {
	c.t.Helper()
	c.SetReadDeadline(time.Now().Add(time.Minute))
	var f frame
	if err := c.ReadJSON(&f); err != nil {
		c.t.Fatalf("read frame: %v", err)
	}
	return f
}

// closed reads until the server closes the socket and returns the close code.
func (c *client) closed() int {
	c.t.Helper()
	c.SetReadDeadline(time.Now().Add(time.Minute))
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			if e, ok := err.(*websocket.CloseError); ok {
				return e.Code
			}
			c.t.Fatalf("read to the end: %v", err)
		}
	}
}

// note adds a note and wakes the tail, like the gateway after a commit.
func (d *desks) note(f fixture, text string) {
	d.t.Helper()
	d.as("root", "POST", "/conversations/"+f.id.String()+"/notes", map[string]any{"text": text}).want(d.t, 201)
	d.tail.Wake()
}

func TestSocketSendsEvents(t *testing.T) {
	d := newDesk(t)
	c := d.follow("ana", "")
	d.note(d.open, "first")
	f := c.next()
	if f.Type != "event" || f.Event.Kind != desk.EventNoteAdded || f.Event.ConversationID != d.open.id || f.Event.Seq != 3 || f.Event.Cursor == "" {
		t.Errorf("frame %+v", f)
	}
}

// Each event arrives once and in order, whether replayed or live.
func TestSocketResumes(t *testing.T) {
	d := newDesk(t)
	const before, during = 450, 50
	d.exec(`insert into events (at, conversation_id, account_id, seq, kind, actor) select now(), $1, $2, 2 + n, 'note.added', 'system' from generate_series(1, $3::int) n`,
		d.open.id, d.account, before)
	c := d.follow("ana", "0-0")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range during {
			if _, err := d.db.Exec(`insert into events (at, conversation_id, account_id, seq, kind, actor) values (now(), $1, $2, $3, 'note.added', 'system')`,
				d.open.id, d.account, 3+before+n); err != nil {
				t.Error(err)
			}
			d.tail.Wake()
		}
	}()
	var middle desk.Cursor
	for want := int64(1); want <= 2+before+during; want++ {
		f := c.next()
		if f.Event.ConversationID != d.open.id || f.Event.Seq != want {
			t.Fatalf("event %s number %d, want number %d", f.Event.ConversationID, f.Event.Seq, want)
		}
		if want == 300 {
			middle = f.Event.Cursor
		}
	}
	<-done
	if f := d.follow("ana", string(middle)).next(); f.Event.Seq != 301 {
		t.Errorf("resumed at number %d, want 301", f.Event.Seq)
	}
	// The list resumes at the same cursor.
	var page EventPage
	d.as("ana", "GET", "/events?limit=2&after="+string(middle), nil).want(t, 200).json(t, &page)
	if len(page.Data) != 2 || page.Data[0].Seq != 301 || page.NextCursor != string(page.Data[1].Cursor) {
		t.Errorf("list %+v", page)
	}
}

// Restricted events are neither replayed nor sent live to other agents, until the
// conversation becomes visible to them.
func TestSocketHidesRestrictedEvents(t *testing.T) {
	d := newDesk(t)
	ben, sam := d.follow("ben", "0-0"), d.follow("sam", "0-0")
	for range 2 { // the replayed events of the open conversation
		if f := ben.next(); f.Event.ConversationID != d.open.id {
			t.Fatalf("ben sees %+v", f)
		}
		sam.next()
	}
	for range 2 {
		if f := sam.next(); f.Event.ConversationID != d.secret.id {
			t.Fatalf("sam sees %+v", f)
		}
	}
	d.note(d.secret, canary)
	d.note(d.open, "for all")
	if f := ben.next(); f.Event.ConversationID != d.open.id {
		t.Errorf("ben sees %+v", f)
	}
	if f := sam.next(); f.Event.ConversationID != d.secret.id {
		t.Errorf("sam sees %+v", f)
	}
	d.exec(`update conversations set restricted = true where id = $1`, d.open.id)
	d.note(d.open, canary)
	d.exec(`update conversations set restricted = false where id = $1`, d.secret.id)
	d.note(d.secret, "now for all")
	if f := ben.next(); f.Event.ConversationID != d.secret.id {
		t.Errorf("ben sees %+v", f)
	}
	var page EventPage
	d.exec(`update conversations set restricted = true`)
	if a := d.as("ben", "GET", "/events?limit=1", nil).want(t, 200); strings.Contains(a.body, canary) {
		t.Error("the list leaks restricted events")
	} else if a.json(t, &page); len(page.Data) != 0 || page.NextCursor == "" {
		t.Errorf("page %+v", page)
	}
}

func TestSocketSignIn(t *testing.T) {
	d := newDesk(t)
	cookie := d.signIn("ana@desk.example", password).String()
	origin := d.srv.URL
	for _, c := range []struct {
		name   string
		header http.Header
		status int
	}{
		{"key", http.Header{"Authorization": {"Bearer " + d.keys["ana"]}}, 101},
		{"key from a foreign page", http.Header{"Authorization": {"Bearer " + d.keys["ana"]}, "Origin": {"https://evil.example"}}, 101},
		{"wrong key", http.Header{"Authorization": {"Bearer sbk_x"}}, 401},
		{"cookie from our page", http.Header{"Cookie": {cookie}, "Origin": {origin}}, 101},
		{"cookie without an origin", http.Header{"Cookie": {cookie}}, 403},
		{"cookie from a foreign page", http.Header{"Cookie": {cookie}, "Origin": {"https://evil.example"}}, 403},
		{"cookie from another scheme", http.Header{"Cookie": {cookie}, "Origin": {strings.Replace(origin, "http", "https", 1)}}, 403},
		{"cookie from another port", http.Header{"Cookie": {cookie}, "Origin": {"http://127.0.0.1"}}, 403},
		{"cookie from nowhere", http.Header{"Cookie": {cookie}, "Origin": {"null"}}, 403},
		{"wrong cookie", http.Header{"Cookie": {"sb_session=x"}, "Origin": {origin}}, 401},
	} {
		if _, res := d.dial("/events/socket", c.header); res.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.name, res.StatusCode, c.status)
		}
	}
	if _, res := d.dial("/events/socket?after=nonsense", http.Header{"Authorization": {"Bearer " + d.keys["ana"]}}); res.StatusCode != 422 {
		t.Errorf("wrong cursor: %d", res.StatusCode)
	}
	d.send(d.request("GET", "/events/socket", nil)).want(t, http.StatusUpgradeRequired)
}

func TestSocketFirstFrame(t *testing.T) {
	d := newDesk(t)
	c, _ := d.dial("/events/socket", nil)
	c.WriteJSON(map[string]any{"type": "auth", "key": d.keys["ana"]})
	if f := c.next(); f.Type != "ready" {
		t.Errorf("frame %+v", f)
	}
	d.note(d.open, "hello")
	if f := c.next(); f.Type != "event" {
		t.Errorf("frame %+v", f)
	}
	for _, first := range []any{map[string]any{"type": "auth", "key": "sbk_x"}, map[string]any{"type": "auth"}, map[string]any{"type": "presence"}, "hello"} {
		c, _ := d.dial("/events/socket", nil)
		c.WriteJSON(first)
		if code := c.closed(); code != websocket.ClosePolicyViolation {
			t.Errorf("%v: closed with %d", first, code)
		}
	}
}

func TestPresence(t *testing.T) {
	d := newDesk(t)
	ana, ben, sam := d.follow("ana", ""), d.follow("ben", ""), d.follow("sam", "")
	say := func(c *client, kind string, f fixture, state string) {
		t.Helper()
		if err := c.WriteJSON(map[string]any{"type": kind, "conversation_id": f.id, "state": state}); err != nil {
			t.Fatal(err)
		}
	}
	// Agents neither send nor receive signals about conversations they may not see.
	say(ana, "presence", d.secret, "viewing")
	say(ana, "presence", d.open, "dancing")
	say(ana, "unknown", d.open, "viewing")
	say(sam, "presence", d.secret, "replying")
	say(ana, "presence", d.open, "replying")
	want := func(c *client, who string, kind string, from desk.Agent, data string) {
		t.Helper()
		f := c.next()
		if f.Type != "signal" || f.Kind != kind || f.Topic != d.open.id.String() || f.From != from.ID.String() || string(f.Data) != data {
			t.Errorf("%s hears %+v %s", who, f, f.Data)
		}
	}
	want(ben, "ben", live.SignalPresence, d.people["ana"], `{"state":"replying","name":"Ana"}`)
	want(sam, "sam", live.SignalPresence, d.people["ana"], `{"state":"replying","name":"Ana"}`)
	say(ben, "typing", d.open, "")
	want(ana, "ana", live.SignalTyping, d.people["ben"], `{"state":"","name":"Ben"}`) // and none of her own signals before
	// Signals of visitors' sessions are not forwarded.
	d.hub.PublishSignal(live.Signal{Topic: live.SessionTopic(desk.NewID[desk.SessionID]()), Kind: live.SignalChatPush})
	d.hub.PublishSignal(live.Signal{Topic: live.ConversationTopic(d.open.id), Kind: live.SignalTyping, From: "visitor"})
	if f := ana.next(); f.From != "visitor" {
		t.Errorf("ana hears %+v", f)
	}
}

func TestInvalidFrames(t *testing.T) {
	d := newDesk(t)
	for name, c := range map[string]struct {
		kind int
		body []byte
		n    int
		code int
	}{
		"not JSON":  {websocket.TextMessage, []byte("{"), 1, websocket.CloseUnsupportedData},
		"binary":    {websocket.BinaryMessage, []byte("{}"), 1, websocket.CloseUnsupportedData},
		"too large": {websocket.TextMessage, []byte(`"` + strings.Repeat("x", socket.MaxFrame) + `"`), 1, websocket.CloseMessageTooBig},
		"too many":  {websocket.TextMessage, []byte("{}"), 2 * socket.FrameBurst, websocket.ClosePolicyViolation},
	} {
		s := d.follow("ana", "")
		for range c.n {
			if err := s.WriteMessage(c.kind, c.body); err != nil {
				break // already closed
			}
		}
		if code := s.closed(); code != c.code {
			t.Errorf("%s: closed with %d, want %d", name, code, c.code)
		}
	}
}

// A client that falls behind the hub is replayed to from the log and misses nothing.
func TestSlowClientMissesNothing(t *testing.T) {
	d := newDesk(t)
	c := d.follow("ana", "")
	const n = 3 * socket.Buffer
	for i := range 3 {
		d.exec(`insert into events (at, conversation_id, account_id, seq, kind, actor, data)
			select now(), $1, $2, n, 'note.added', 'system', jsonb_build_object('pad', repeat('x', 4000)) from generate_series($3::int, $4::int) n`,
			d.open.id, d.account, 3+i*socket.Buffer, 2+(i+1)*socket.Buffer)
		d.tail.Wake()
	}
	for want := int64(3); want < 3+n; want++ {
		if f := c.next(); f.Event.Seq != want {
			t.Fatalf("number %d, want %d", f.Event.Seq, want)
		}
	}
}

// A socket ends when its agent is disabled, signs out or loses the key.
func TestSocketIsRevoked(t *testing.T) {
	d := newDeskWith(t, func(c *Config) { c.PingInterval = 10 * time.Millisecond })
	cookie := d.signIn("ana@desk.example", password)
	for name, header := range map[string]http.Header{
		"key": {"Authorization": {"Bearer " + d.keys["ben"]}}, "session": {"Cookie": {cookie.String()}, "Origin": {d.srv.URL}},
	} {
		c, _ := d.dial("/events/socket", header)
		if f := c.next(); f.Type != "ready" {
			t.Errorf("%s: frame %+v", name, f)
		}
		pings, pong := 0, c.PingHandler()
		c.SetPingHandler(func(data string) error {
			if pings++; pings == 3 { // the socket outlives the checks while the credentials are valid
				if name == "key" {
					d.exec(`update agents set disabled = true where email = 'ben@desk.example'`)
				} else {
					d.with(cookie, "DELETE", "/session", nil).want(t, 204)
				}
			}
			return pong(data)
		})
		if code := c.closed(); code != websocket.ClosePolicyViolation {
			t.Errorf("%s: closed with %d, want %d", name, code, websocket.ClosePolicyViolation)
		}
		if pings < 3 {
			t.Errorf("%s: closed after %d pings, with valid credentials", name, pings)
		}
	}
}

func TestShutdownClosesSockets(t *testing.T) {
	d := newDesk(t)
	clients := []*client{d.follow("ana", ""), d.follow("ben", "")}
	done := make(chan error, 1)
	go func() { done <- d.h.Shutdown(t.Context()) }()
	for _, c := range clients {
		if code := c.closed(); code != websocket.CloseServiceRestart {
			t.Errorf("closed with %d", code)
		}
		c.Close()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	c, _ := d.dial("/events/socket", http.Header{"Authorization": {"Bearer " + d.keys["ana"]}})
	if code := c.closed(); code != websocket.CloseServiceRestart {
		t.Errorf("a client after shutdown is closed with %d", code)
	}
}

// One query serves all subscribers of an event.
func TestVisibilityIsCached(t *testing.T) {
	d := newDesk(t)
	g := d.h.s.visible
	e := []desk.Event{{ConversationID: d.secret.id, Seq: 5}}
	for i := range 100 {
		a := desk.Agent{ID: desk.NewID[desk.AgentID](), Tiers: []desk.Tier{desk.Tier(i % 4)}}
		out, err := g.Live(t.Context(), a, e...)
		if err != nil || (len(out) == 1) != (i%4 == 3) {
			t.Fatalf("agent of tier %d: %d events, %v", i%4, len(out), err)
		}
	}
	d.exec(`update conversations set restricted = false where id = $1`, d.secret.id)
	ana := desk.Agent{ID: desk.NewID[desk.AgentID]()}
	if out, _ := g.Live(t.Context(), ana, e...); len(out) != 0 {
		t.Error("the same event caused a second query") // within the cache's TTL
	}
	if out, _ := g.Log(t.Context(), ana, e); len(out) != 1 {
		t.Error("the log was filtered by cached rules")
	}
	if out, _ := g.Live(t.Context(), ana, desk.Event{ConversationID: d.secret.id, Seq: 6}); len(out) != 1 {
		t.Error("a newer event was filtered by an older rule")
	}
	gone := []desk.Event{{ConversationID: desk.NewID[desk.ConversationID](), Seq: 1}}
	if out, _ := g.Log(t.Context(), ana, gone); len(out) != 0 {
		t.Error("events of a deleted conversation are visible")
	}
}

// TestSocketMakesAgentsPresent: an agent is available while a socket is open, and offline
// some minutes after the last one was.
func TestSocketMakesAgentsPresent(t *testing.T) {
	d := newDesk(t)
	state := func() desk.Availability {
		t.Helper()
		var s Session
		d.as("ana", "GET", "/session", nil).want(t, 200).json(t, &s)
		return s.Agent.Availability.State
	}
	if got := state(); got != desk.Offline {
		t.Errorf("before connecting: %s", got)
	}
	c := d.follow("ana", "")
	if got := state(); got != desk.Available {
		t.Errorf("connected: %s", got)
	}
	// The end is recorded too, not only the beginning.
	d.exec("update agent_presence set seen_at = now() - interval '1 hour'")
	c.Close()
	for deadline := time.Now().Add(time.Minute); state() != desk.Available; <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the end of the connection is not recorded")
		}
	}
	d.exec("update agent_presence set seen_at = now() - interval '5 minutes'")
	if got := state(); got != desk.Offline {
		t.Errorf("disconnected: %s", got)
	}
}
