package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// client keeps a connection for every request that may be open at once.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: answeredVisitors}}

// key creates an admin and an API key through the program's own interfaces, so that
// any revision of the schema works.
func (s *served) key() string {
	const email, password = "ana@acme.example", "correct horse battery staple"
	add := exec.Command(s.r.program, "user", "add", email, "--name", "Ana Ruiz", "--tiers", "1", "--admin", "--config", s.config)
	add.Stdin = strings.NewReader(password + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		s.r.Fatalf("user add: %v: %s", err, out)
	}
	signedIn := s.request(http.MethodPost, "/session", map[string]string{"email": email, "password": password}, http.StatusOK, nil, nil)
	var made struct{ Secret string }
	s.request(http.MethodPost, "/keys", map[string]string{"name": "bench"}, http.StatusCreated, func(h http.Header) {
		h.Set("Origin", "http://"+s.http)
		for _, c := range signedIn.Cookies() {
			h.Add("Cookie", c.Name+"="+c.Value)
		}
	}, &made)
	return made.Secret
}

// post sends a request that creates something, as the key's agent.
func (s *served) post(key, path string, body any) {
	s.request(http.MethodPost, path, body, http.StatusCreated, func(h http.Header) { h.Set("Authorization", "Bearer "+key) }, nil)
}

// request calls the API and decodes the answer into answer, if that is not nil.
func (s *served) request(method, path string, body any, want int, sign func(http.Header), answer any) *http.Response {
	text, err := json.Marshal(body)
	s.r.must(err)
	request, err := http.NewRequestWithContext(s.r.Context(), method, "http://"+s.http+"/api/v1"+path, bytes.NewReader(text))
	s.r.must(err)
	request.Header.Set("Content-Type", "application/json")
	if sign != nil {
		sign(request.Header)
	}
	response, err := client.Do(request)
	s.r.must(err)
	defer response.Body.Close()
	if response.StatusCode != want {
		s.r.Fatalf("%s %s: %s", method, path, response.Status)
	}
	if answer != nil {
		s.r.must(json.NewDecoder(response.Body).Decode(answer))
	}
	return response
}

// watch is an agent's event socket. It records when each event arrived.
type watch struct {
	r    *run
	mu   sync.Mutex
	news chan struct{} // closed and replaced at each event
	seen map[happening][]time.Time
}

// happening is a kind of event in one conversation, or in all if that is empty.
type happening struct{ kind, conversation string }

const (
	received = "message.received"
	sent     = "message.sent"
)

// watch opens an event socket; only what happens from now on counts.
func (s *served) watch(key string) *watch {
	conn, _, err := websocket.DefaultDialer.DialContext(s.r.Context(), "ws://"+s.http+"/api/v1/events/socket",
		http.Header{"Authorization": {"Bearer " + key}})
	s.r.must(err)
	s.r.Cleanup(func() { conn.Close() })
	var ready struct{ Type string }
	s.r.must(conn.ReadJSON(&ready))
	w := &watch{r: s.r, news: make(chan struct{}), seen: map[happening][]time.Time{}}
	go w.read(conn)
	return w
}

// read records events until the socket is closed.
func (w *watch) read(conn *websocket.Conn) {
	for {
		var frame struct {
			Event struct {
				Kind         string
				Conversation string `json:"conversation_id"`
			}
		}
		if err := conn.ReadJSON(&frame); err != nil {
			stopped := websocket.IsCloseError(err, websocket.CloseServiceRestart) || errors.Is(err, net.ErrClosed)
			if !stopped {
				fmt.Fprintln(os.Stderr, "bench: the event socket ended:", err)
			}
			return
		}
		now := time.Now()
		w.mu.Lock()
		for _, h := range []happening{{frame.Event.Kind, frame.Event.Conversation}, {kind: frame.Event.Kind}} {
			w.seen[h] = append(w.seen[h], now)
		}
		close(w.news)
		w.news = make(chan struct{})
		w.mu.Unlock()
	}
}

// count is how many events of a kind have arrived.
func (w *watch) count(kind string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.seen[happening{kind: kind}])
}

// await returns when n events of a kind have arrived, and when the nth did.
func (w *watch) await(kind string, n int) time.Time {
	at, arrived := w.arrived(kind, n)
	if arrived < n {
		w.r.Fatalf("%d events %s arrived within %s, expected %d", arrived, kind, patience, n)
	}
	return at
}

// arrived waits until n events of a kind have arrived, or for as long as patience
// allows. It returns how many did, and when the last one did.
func (w *watch) arrived(kind string, n int) (last time.Time, count int) {
	late := time.After(patience)
	for {
		w.mu.Lock()
		seen, news := w.seen[happening{kind: kind}], w.news
		w.mu.Unlock()
		if len(seen) >= n {
			return seen[n-1], n
		}
		select {
		case <-news:
		case <-late:
			return time.Now(), len(seen)
		}
	}
}

// forget drops what has been recorded.
func (w *watch) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.seen)
}

// since returns how long after each of the times the event of that line arrived. Both
// are in order, as the events of a conversation are. Events may still be missing.
func (w *watch) since(kind, conversation string, at []time.Time) (took []time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen[happening{kind, conversation}]
	if len(seen) > len(at) {
		w.r.Fatalf("%d events %s in %s, expected %d", len(seen), kind, conversation, len(at))
	}
	for i, t := range seen {
		took = append(took, t.Sub(at[i]))
	}
	return took
}

// percentiles sorts the durations and returns two percentiles.
func percentiles(took []time.Duration, low, high float64) (a, b time.Duration) {
	slices.Sort(took)
	return percentile(took, low), percentile(took, high)
}

// percentile returns a percentile of sorted durations, 0 if there are none.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}
