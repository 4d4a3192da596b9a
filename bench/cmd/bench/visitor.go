package main

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// visitor is the widget's end of a chat.
type visitor struct {
	r     *run
	conn  *websocket.Conn
	write sync.Mutex // gorilla allows one writer at a time

	mu           sync.Mutex
	conversation string                   // known once the first line has come back
	waiting      map[string]chan struct{} // for the ack of an id, or an agent's text
	sent         []time.Time              // of the lines of the present burst
	due          map[string]time.Time     // lines of it without an ack, by id
	acks         []time.Duration
	lastAck      time.Time
	n            int
}

const chatConfig = "[[widget]]\nkey = 'wk_bench'\nname = 'Bench'\n"

// dial opens a WebSocket that is closed when the part ends.
func (r *run) dial(url string) *websocket.Conn {
	conn, _, err := websocket.DefaultDialer.DialContext(r.Context(), url, nil)
	r.must(err)
	r.Cleanup(func() { conn.Close() })
	return conn
}

// visitors open n chats and send a first line each, which opens a conversation.
func (s *served) visitors(n int) []*visitor {
	all := make([]*visitor, n)
	for i := range all {
		all[i] = s.visit(i)
		back := all[i].expect("back")
		all[i].line("first")
		s.r.within(back, "a first line")
	}
	s.awaitIdle()
	return all
}

// visit opens the ith visitor's chat and waits for the welcome.
func (s *served) visit(i int) *visitor {
	v := &visitor{r: s.r, conn: s.r.dial("ws://" + s.http + "/chat?widget=wk_bench"), waiting: map[string]chan struct{}{}, due: map[string]time.Time{}}
	welcome := v.expect("welcome")
	go v.read()
	s.r.must(v.conn.WriteJSON(map[string]string{"type": "hello", "name": fmt.Sprintf("Visitor %d", i), "email": fmt.Sprintf("visitor@shop%d.example", i)}))
	s.r.within(welcome, "a welcome")
	return v
}

// expect returns a channel that is closed when the frame named by what arrives: "welcome",
// the ID of an ack, an agent's text, or "back" for the visitor's own line.
func (v *visitor) expect(what string) <-chan struct{} {
	c := make(chan struct{})
	v.mu.Lock()
	defer v.mu.Unlock()
	v.waiting[what] = c
	return c
}

// within waits for c, but not longer than patience.
func (r *run) within(c <-chan struct{}, what string) {
	select {
	case <-c:
	case <-time.After(patience):
		r.Fatalf("no %s within %s", what, patience)
	}
}

// line sends a line and waits for its ack.
func (v *visitor) line(text string) {
	v.mu.Lock()
	v.n++
	id := fmt.Sprintf("line-%d", v.n)
	v.mu.Unlock()
	ack := v.expect(id)
	v.say(id, text)
	v.r.within(ack, "an ack")
}

// sendNoWait sends a line of a burst without waiting.
func (v *visitor) sendNoWait(text string) {
	v.mu.Lock()
	v.n++
	id, now := fmt.Sprintf("line-%d", v.n), time.Now()
	v.sent = append(v.sent, now)
	v.due[id] = now
	v.mu.Unlock()
	v.say(id, text)
}

// say writes a message frame.
func (v *visitor) say(id, text string) {
	frame, err := json.Marshal(map[string]string{"type": "message", "id": id, "text": text})
	v.r.must(err)
	v.write.Lock()
	defer v.write.Unlock()
	v.r.must(v.conn.WriteMessage(websocket.TextMessage, frame))
}

// begin starts a burst.
func (v *visitor) begin() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sent, v.acks = nil, nil
	clear(v.due)
}

// read handles frames until the connection is closed.
func (v *visitor) read() {
	for {
		_, text, err := v.conn.ReadMessage()
		if err != nil {
			return // closed at the end
		}
		now := time.Now()
		var f struct{ Type, ID, From, Text, Epoch, Code, Detail string }
		if json.Unmarshal(text, &f) == nil {
			v.take(now, f.Type, f.ID, f.From, f.Text, f.Epoch, f.Code+" "+f.Detail)
		}
	}
}

// take records a frame and notifies whoever expects it.
func (v *visitor) take(now time.Time, kind, id, from, text, epoch, why string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	what := ""
	switch {
	case kind == "welcome":
		what = kind
	case kind == "ack":
		what = id
		if at, ok := v.due[id]; ok {
			delete(v.due, id)
			v.acks, v.lastAck = append(v.acks, now.Sub(at)), now
		}
	case kind == "message" && from == "agent":
		what = text
	case kind == "message":
		what, v.conversation = "back", epoch
	case kind == "error":
		fmt.Println("bench: a line was refused:", why)
	}
	if c := v.waiting[what]; c != nil {
		close(c)
		delete(v.waiting, what)
	}
}
