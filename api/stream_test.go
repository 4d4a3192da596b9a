package api

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/desk"
)

// streamed is a server-sent event (HTML standard §9.2.6), without data: a comment.
type streamed struct {
	event, id, comment string
	data               frame
}

// eventStream reads server-sent events.
type eventStream struct {
	*http.Response
	lines *bufio.Scanner
	t     *testing.T
}

// stream opens the stream of events as an agent, with the id of the last event.
func (d *desks) stream(who, last string) *eventStream {
	d.t.Helper()
	q := d.request("GET", "/events/stream", nil)
	q.Header.Set("Authorization", "Bearer "+d.keys[who])
	if last != "" {
		q.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" {
		d.t.Fatalf("stream: %d %v", res.StatusCode, res.Header)
	}
	s := &eventStream{res, bufio.NewScanner(res.Body), d.t}
	s.lines.Buffer(nil, 1<<20)
	return s
}

// next reads an event; io.EOF: the stream has ended.
func (s *eventStream) next() (e streamed, err error) {
	s.t.Helper()
	late := time.AfterFunc(time.Minute, func() { s.Body.Close() })
	defer late.Stop()
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "event":
			e.event = value
		case "id":
			e.id = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e.data); err != nil {
				s.t.Fatalf("%v: %s", err, value)
			}
		case "":
			if value != "" {
				e.comment = value
			} else if e.event != "" || e.comment != "" {
				return e, nil
			}
		}
	}
	return e, io.EOF
}

func (s *eventStream) want(event string) streamed {
	s.t.Helper()
	for {
		e, err := s.next()
		if err != nil {
			s.t.Fatalf("the stream ended before %q", event)
		}
		if e.event == event {
			if e.data.Type != event {
				s.t.Errorf("%q has the frame %+v", event, e.data)
			}
			return e
		}
	}
}

// TestStreamResumes: a client that connects again after any event gets each later one once, in
// their order, and nothing that its agent may not see.
func TestStreamResumes(t *testing.T) {
	d := newDesk(t)
	s := d.stream("ana", "")
	ready := s.want("ready")
	if ready.id == "" || ready.id != ready.data.Cursor {
		t.Errorf("ready %+v", ready)
	}
	var ids, texts []string
	for _, text := range []string{"one", "two", "three"} {
		d.note(d.secret, text)
		d.note(d.open, text)
		e := s.want("event")
		if e.data.Event.ConversationID != d.open.id || e.data.Event.Kind != desk.EventNoteAdded || e.id != string(e.data.Event.Cursor) {
			t.Errorf("event %+v", e)
		}
		ids, texts = append(ids, e.id), append(texts, string(e.data.Event.Data))
	}
	for i := range ids {
		again := d.stream("ana", ids[i])
		again.want("ready")
		for j := i + 1; j < len(ids); j++ {
			if e := again.want("event"); e.id != ids[j] || string(e.data.Event.Data) != texts[j] {
				t.Errorf("after %d comes %+v", i, e)
			}
		}
	}
	q := d.request("GET", "/events/stream", nil)
	q.Header.Set("Authorization", "Bearer "+d.keys["ana"])
	q.Header.Set("Last-Event-ID", "nonsense")
	d.send(q).want(t, 422)
	d.as("ana", "GET", "/events/stream?after=nonsense", nil).want(t, 422)
	d.send(d.request("GET", "/events/stream", nil)).want(t, 401)
}

// TestStreamEnds: a stream is kept open by comments, and ends when its agent may not sign in any more, and when
// the program ends.
func TestStreamEnds(t *testing.T) {
	d := newDeskWith(t, func(c *Config) { c.PingInterval = 10 * time.Millisecond })
	ben, ana := d.stream("ben", ""), d.stream("ana", "")
	pings := 0
	for {
		e, err := ben.next()
		if err != nil {
			break
		}
		if e.comment == "ping" {
			if pings++; pings == 3 {
				d.exec(`update agents set disabled = true where email = 'ben@desk.example'`)
			}
		}
	}
	if pings < 3 {
		t.Errorf("it ended after %d pings", pings)
	}
	done := make(chan error, 1)
	go func() { done <- d.h.Shutdown(t.Context()) }()
	for {
		if _, err := ana.next(); err != nil {
			break
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	d.as("ana", "GET", "/events/stream", nil).want(t, 503)
}
