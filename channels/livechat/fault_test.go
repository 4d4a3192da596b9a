package livechat_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"switchboard/channels/livechat"
	"switchboard/live"
)

// secondNode starts the chat of a second node with the same database. Its hub receives
// nothing, as if every signal were lost.
func (o *deskFixture) secondNode(t testing.TB, cfg livechat.Config) (host string) {
	t.Helper()
	cfg.Widgets = map[string]livechat.Widget{"shop": {Key: "shop"}}
	server := livechat.New(cfg, o.gate.Store().Visitors(), live.New(), slog.New(slog.DiscardHandler))
	h := httptest.NewServer(server)
	t.Cleanup(h.Close)
	e := &endpoint{server, o.gate.Store(), strings.TrimPrefix(h.URL, "http://")}
	e.run(t, o.gate.Sink())
	return e.host
}

func TestLostHintsDelayAndLoseNothing(t *testing.T) {
	o := startGateway(t)
	b := dial(t, o.secondNode(t, livechat.Config{}), "shop", nil)
	b.say(map[string]any{"type": "message", "id": "1", "text": "x"})
	b.want("welcome")
	line := b.want("message", "ack")
	start := time.Now()
	o.reply(t, line.Epoch, "y")
	if m := b.want("message", "ack"); m.Text != "y" {
		t.Fatalf("%+v", m)
	}
	if waited := time.Since(start); waited > 3*time.Second {
		t.Errorf("it took %s, want less than 3 s", waited)
	}
}

// A visitor who does not read is disconnected within the write deadline, does not
// delay other visitors, and gets everything after reconnecting.
func TestSlowReader(t *testing.T) {
	o := startGateway(t)
	host := o.secondNode(t, livechat.Config{WriteWait: 300 * time.Millisecond, PollEvery: 50 * time.Millisecond})
	b := dial(t, host, "shop", nil)
	b.say(map[string]any{"type": "message", "id": "1", "text": "x"})
	secret := b.want("welcome").Session
	line := b.want("message", "ack")
	b.Close()
	const answers = 100
	text := strings.Repeat("y", 90_000)
	for i := range answers {
		o.reply(t, line.Epoch, fmt.Sprintf("%d %s", i, text))
	}

	dialer := websocket.Dialer{NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		}
		return conn, err
	}}
	stalled, _, err := dialer.DialContext(t.Context(), "ws://"+host+"/chat?widget=shop", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stalled.Close()
	if err := stalled.WriteJSON(map[string]any{"type": "hello", "session": secret, "after": line.Seq}); err != nil {
		t.Fatal(err)
	}
	quick := dial(t, host, "shop", nil)
	quick.say(map[string]any{"type": "hello"})
	quick.want("welcome")
	start := time.Now()
	quick.say(map[string]any{"type": "message", "id": "q", "text": "z"})
	quick.want("ack", "message")
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("the other visitor waited %s", took)
	}
	// The server has closed the connection: what it had sent arrives, but not everything.
	last, got := line.Seq, 0
	<-time.After(time.Second) // the visitor reads nothing for longer than the deadline
	for {
		var f frame
		if err := stalled.ReadJSON(&f); err != nil {
			break
		}
		if f.Type == "message" {
			last, got = f.Seq, got+1
		}
	}
	if got >= answers {
		t.Fatalf("%d messages fitted into the buffers: the test proves nothing", got)
	}
	b = dial(t, host, "shop", nil)
	b.say(map[string]any{"type": "hello", "session": secret, "after": last})
	b.want("welcome")
	for i := got; i < answers; i++ {
		if m := b.want("message"); !strings.HasPrefix(m.Text, fmt.Sprintf("%d ", i)) {
			t.Fatalf("received message %.10q, want number %d", m.Text, i)
		}
	}
}

// unstableVisitor is a visitor whose connection breaks repeatedly.
type unstableVisitor struct {
	host, secret, epoch string
	seq                 int64
	random              *rand.Rand
	lines               []string // received texts, in order
	acked               map[string]bool
	cuts                int
}

// exchange reconnects and sends own lines until all of them are acknowledged and n
// lines were received.
func (r *unstableVisitor) exchange(ctx context.Context, own, n int) error {
	for ctx.Err() == nil {
		conn, _, err := websocket.DefaultDialer.DialContext(ctx, "ws://"+r.host+"/chat?widget=shop", nil)
		if err != nil {
			return err
		}
		done, err := r.connected(conn, own, n)
		conn.NetConn().Close() // without a close frame
		if done || err != nil {
			return err
		}
		r.cuts++
	}
	return fmt.Errorf("%d of %d lines, %d of %d acknowledged: %w", len(r.lines), n, len(r.acked), own, ctx.Err())
}

func (r *unstableVisitor) connected(conn *websocket.Conn, own, n int) (done bool, err error) {
	hello := map[string]any{"type": "hello", "session": r.secret, "after": r.seq, "epoch": r.epoch}
	if conn.WriteJSON(hello) != nil {
		return false, nil
	}
	unread := 3 + r.random.IntN(12) // frames until the connection is cut
	for i := range own {
		id := fmt.Sprintf("m%d", i)
		if !r.acked[id] && unread > 6 {
			if conn.WriteJSON(map[string]any{"type": "message", "id": id, "text": "own " + id}) != nil {
				return false, nil
			}
		}
	}
	for ; unread > 0; unread-- {
		var f frame
		if conn.SetReadDeadline(time.Now().Add(time.Second)) != nil || conn.ReadJSON(&f) != nil {
			return false, nil
		}
		switch f.Type {
		case "welcome":
			r.secret = f.Session
		case "ack":
			r.acked[f.ID] = true
		case "message":
			if f.Seq <= r.seq {
				return false, fmt.Errorf("received message %d after %d", f.Seq, r.seq)
			}
			r.seq, r.epoch = f.Seq, f.Epoch
			r.lines = append(r.lines, f.Text)
		case "error":
			return false, fmt.Errorf("refused: %s", f.Code)
		}
		if len(r.acked) == own && len(r.lines) >= n {
			return true, nil
		}
	}
	return false, nil
}

// If connections are cut at any moment, each line is stored once, and each message is
// received once and in order.
func TestCutConnections(t *testing.T) {
	o := startGateway(t)
	const visitors, own, answers = 6, 8, 8
	var mu sync.Mutex
	cuts := 0
	var wg sync.WaitGroup
	for v := range visitors {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
			defer cancel()
			r := &unstableVisitor{host: o.gate.HTTPAddr().String(), random: rand.New(rand.NewPCG(7, uint64(v))), acked: map[string]bool{}}
			if err := r.exchange(ctx, own, 1); err != nil {
				t.Error(err)
				return
			}
			epoch, replied := r.epoch, make(chan struct{})
			go func() {
				defer close(replied)
				for i := range answers {
					if err := o.answer(ctx, epoch, fmt.Sprintf("answer %d", i)); err != nil {
						t.Error(err)
					}
				}
			}()
			err := r.exchange(ctx, own, own+answers)
			<-replied
			if err != nil || r.epoch != epoch {
				t.Errorf("%v; conversation %s, then %s", err, epoch, r.epoch)
			}
			seen := map[string]int{}
			for _, line := range r.lines {
				seen[line]++
			}
			if len(seen) != own+answers || len(r.lines) != own+answers {
				t.Errorf("%d lines, %d different, want %d: %v", len(r.lines), len(seen), own+answers, r.lines)
			}
			mu.Lock()
			defer mu.Unlock()
			cuts += r.cuts
		})
	}
	wg.Wait()
	if cuts < visitors {
		t.Errorf("only %d cuts: the test proves nothing", cuts)
	}
	t.Logf("visitors=%d cuts=%d lost=0 dup=0 reorder=0", visitors, cuts)
}

// BenchmarkAck measures the time of a line from the visitor's socket to its acknowledgement, durable
// in PostgreSQL, through the whole gateway.
func BenchmarkAck(b *testing.B) {
	o := startGateway(b)
	host := o.secondNode(b, livechat.Config{FrameRate: 1e9, FrameBurst: 1e9})
	c := dial(b, host, "shop", nil)
	c.say(map[string]any{"type": "hello"})
	c.want("welcome")
	n := 0
	for b.Loop() {
		n++
		c.say(map[string]any{"type": "message", "id": fmt.Sprint(n), "text": "how long does an acknowledgement take?"})
		c.want("ack", "message")
	}
}
