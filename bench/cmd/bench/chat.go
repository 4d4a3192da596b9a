package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/bench/limit"
	"switchboard/bench/table"
	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/store"
)

const (
	sockets  = 100
	chatRate = 200 // lines a second over all sockets
	chatTime = 5 * time.Second
)

// chat has sockets visitors who write a line each in turn, then an agent who
// answers them in turn.
func (r *run) chat() {
	s := r.serve("[[widget]]\nkey = 'wk_bench'\nname = 'Bench'\n")
	key := s.key()
	visitors := make([]*visitor, sockets)
	for i := range visitors {
		visitors[i] = r.visit("ws://"+s.http+"/chat?widget=wk_bench", i)
		visitors[i].line("first") // opens the conversation
	}
	s.rested()
	lineCPU := s.each()
	lines := r.paced(chatTime, func(i, n int) { visitors[i].line(fmt.Sprintf("Where is parcel %d?", n)) })

	s.rested()
	lineStack := lineCPU(len(lines))
	conversations := s.conversations()
	answerCPU := s.each()
	answers := r.paced(chatTime, func(i, n int) {
		text := fmt.Sprintf("Parcel %d comes tomorrow.", n)
		got := visitors[i].expect(text)
		s.post(key, "/conversations/"+conversations[visitors[i].email]+"/replies", map[string]string{"text": text})
		r.within(got, "an answer")
	})

	answerStack := answerCPU(len(answers))

	echo, err := limit.NewEcho()
	r.must(err)
	defer echo.Close() //nolint:errcheck // measured already
	var plain []*websocket.Conn
	for range sockets {
		plain = append(plain, r.dial(echo.URL))
	}
	frame := bytes.Repeat([]byte("x"), 200)
	floor := r.paced(chatTime, func(i, _ int) {
		r.must(plain[i].WriteMessage(websocket.TextMessage, frame))
		_, _, err := plain[i].ReadMessage()
		r.must(err)
	})
	for _, f := range []struct {
		figure string
		took   []time.Duration
		stack  time.Duration
	}{{"chat line to its durable ack", lines, lineStack}, {"agent's POST to the visitor's socket", answers, answerStack}} {
		p50, p99 := percentile(f.took, .5), percentile(f.took, .99)
		r.table.Add(f.figure+", p50, p99", table.Short(p50)+", "+table.Short(p99)).
			Beside(table.Short(percentile(floor, .5))+", "+table.Short(percentile(floor, .99))+" echo", float64(percentile(floor, .5))/float64(p50)).
			Want("p99 ≤ 20 ms", p99 <= 20*time.Millisecond)
		r.table.Add("  CPU of each, program and database", table.Short(f.stack))
	}
	r.table.Add("  sockets, lines a second over all", fmt.Sprintf("%d, %d", sockets, chatRate))
}

// paced calls f for each socket in turn, chatRate times a second in all, and
// returns how long the calls took. A socket whose call takes long is late and
// not asked twice at once.
func (r *run) paced(total time.Duration, f func(socket, n int)) (took []time.Duration) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin, every := time.Now(), time.Second*sockets/chatRate
	for i := range sockets {
		wg.Go(func() {
			next := begin.Add(every * time.Duration(i) / sockets)
			for n := i; next.Before(begin.Add(total)); n += sockets {
				<-time.After(time.Until(next))
				next = next.Add(every)
				t := time.Now()
				f(i, n)
				mu.Lock()
				took = append(took, time.Since(t))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	return took
}

func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

// visitor is the widget's end of a chat.
type visitor struct {
	r     *run
	conn  *websocket.Conn
	email string
	sent  int

	mu      sync.Mutex
	waiting map[string]chan struct{} // for the ack of an id, or an agent's text
}

func (r *run) dial(url string) *websocket.Conn {
	conn, _, err := websocket.DefaultDialer.DialContext(r.Context(), url, nil)
	r.must(err)
	r.Cleanup(func() { conn.Close() })
	return conn
}

func (r *run) visit(url string, i int) *visitor {
	v := &visitor{r: r, conn: r.dial(url), email: fmt.Sprintf("visitor@shop%d.example", i), waiting: map[string]chan struct{}{}}
	welcome := v.expect("welcome")
	go v.read()
	r.must(v.conn.WriteJSON(map[string]string{"type": "hello", "name": fmt.Sprintf("Visitor %d", i), "email": v.email}))
	r.within(welcome, "a welcome")
	return v
}

func (v *visitor) expect(what string) <-chan struct{} {
	c := make(chan struct{})
	v.mu.Lock()
	defer v.mu.Unlock()
	v.waiting[what] = c
	return c
}

// within waits for what must come soon.
func (r *run) within(c <-chan struct{}, what string) {
	select {
	case <-c:
	case <-time.After(patience):
		r.Fatalf("no %s within %s", what, patience)
	}
}

// line sends a line and waits for its ack.
func (v *visitor) line(text string) {
	v.sent++
	id := fmt.Sprintf("line-%d", v.sent)
	ack := v.expect(id)
	v.r.must(v.conn.WriteJSON(map[string]string{"type": "message", "id": id, "text": text}))
	v.r.within(ack, "an ack")
}

func (v *visitor) read() {
	for {
		var f struct{ Type, ID, From, Text string }
		if v.conn.ReadJSON(&f) != nil {
			return // closed at the end
		}
		what := map[string]string{"welcome": "welcome", "ack": f.ID}[f.Type]
		if f.Type == "message" && f.From == "agent" {
			what = f.Text
		}
		v.mu.Lock()
		if c := v.waiting[what]; c != nil {
			close(c)
			delete(v.waiting, what)
		}
		v.mu.Unlock()
	}
}

// key makes an agent and a key of his.
func (s *served) key() string {
	st, err := store.Open(s.r.Context(), store.Options{DSN: s.dsn, MaxConns: 2})
	s.r.must(err)
	defer st.Close()
	ana := desk.Agent{Name: "Ana Ruiz", Email: "ana@acme.example", Tiers: []desk.Tier{1}, Admin: true}
	ana.ID, err = st.SaveAgent(s.r.Context(), ana, "")
	s.r.must(err)
	key := credential.NewKey()
	_, err = st.CreateKey(s.r.Context(), "bench", credential.Digest(key), ana, time.Time{})
	s.r.must(err)
	return key
}

// conversations finds each visitor's by his address.
func (s *served) conversations() map[string]string {
	found, err := s.db.Query(`select email, 'cv_' || replace(conversation_id::text, '-', '') from chat_sessions where conversation_id is not null`)
	s.r.must(err)
	defer found.Close()
	of := map[string]string{}
	for found.Next() {
		var email, id string
		s.r.must(found.Scan(&email, &id))
		of[email] = id
	}
	s.r.must(found.Err())
	return of
}

func (s *served) post(key, path string, body any) {
	text, err := json.Marshal(body)
	s.r.must(err)
	request, err := http.NewRequestWithContext(s.r.Context(), http.MethodPost, "http://"+s.http+"/api/v1"+path, bytes.NewReader(text))
	s.r.must(err)
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	s.r.must(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		s.r.Fatalf("POST %s: %s", path, response.Status)
	}
}

// client keeps a connection for every socket that may be answered at once.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: sockets}}
