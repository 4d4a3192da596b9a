package limit

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/bench/corpus"
	"switchboard/bench/score"
	"switchboard/internal/dbtest"
	"switchboard/internal/mailtest"
)

func some(n int) (mails []corpus.Message, raws [][]byte) {
	mails = corpus.New(n, 1)
	for _, m := range mails {
		raws = append(raws, m.Raw)
	}
	return mails, raws
}

// The limits must really do the work that they measure.

func TestParse(t *testing.T) {
	mails, raws := some(200)
	for name, parser := range map[string]Parser{"enmime": Enmime, "go-message": GoMessage} {
		judged := 0
		cost, err := Parse(raws, parser, func(i int, text string) {
			judged++
			if !score.Holds(text, mails[i].Text) {
				t.Errorf("%s decodes mail %d (%s) incorrectly", name, i+1, mails[i].Charset)
			}
		})
		if err != nil || judged != 200 || cost.N != 200 || cost.Each() <= 0 {
			t.Errorf("%s: %d judged, %+v, %v", name, judged, cost, err)
		}
	}
}

func TestStore(t *testing.T) {
	mails, raws := some(300)
	dsn := dbtest.Empty(t)
	cost, err := Store(dsn, raws)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	want := map[string]bool{}
	for _, m := range mails {
		want[m.MessageID] = true
	}
	var messages, conversations, notices int
	if err := db.QueryRow("select (select count(*) from messages), (select count(*) from conversations), (select count(*) from outbox)").
		Scan(&messages, &conversations, &notices); err != nil {
		t.Fatal(err)
	}
	if messages != len(want) || conversations == 0 || conversations >= messages || notices != messages+conversations {
		t.Errorf("%d messages in %d conversations with %d notices, want %d messages", messages, conversations, notices, len(want))
	}
	if cost.N != 300 || cost.CPU <= 0 {
		t.Errorf("the cost of 300 mails is %+v", cost)
	}
}

func TestSink(t *testing.T) {
	s, err := NewSink(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	mailtest.SMTPSource(t, s.Addr, "-m", "20", "-s", "4", "-l", "2500", "-f", "a@shop.example", "-t", "b@acme.example")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestEcho(t *testing.T) {
	e, err := NewEcho()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, _, err := websocket.DefaultDialer.DialContext(ctx, e.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.ReadMessage(); err != nil || string(text) != "hello" {
		t.Errorf("the echo of hello is %q, %v", text, err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestComposed(t *testing.T) {
	rate, each := Composed(2, Cost{N: 10, CPU: time.Millisecond, Server: time.Millisecond}, Cost{N: 20, CPU: 6 * time.Millisecond})
	if each != 500*time.Microsecond || rate != 4000 {
		t.Errorf("composed to %v a mail and %v/s, want 500µs and 4000/s", each, rate)
	}
}
