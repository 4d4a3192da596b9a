package store_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/outbound"
	"switchboard/outbound/mailer"
	"switchboard/outbound/smtpclient"
	"switchboard/store"
)

// slowness is how long the exchanger takes to answer the final dot: the time in
// which a kill leaves an outcome that nobody knows.
const slowness = 30 * time.Millisecond

// exchanger is a mail exchanger that cuts the connection at random points and
// remembers every copy that it took, whether or not it could say so.
type exchanger struct {
	addr   string
	mu     sync.Mutex
	took   map[string][][32]byte // by Message-ID
	news   chan struct{}         // a token for each copy taken
	visits [12]int
	cuts   [12]int
	// stop closes every connection and waits; afterwards x is read without its lock.
	stop func()
}

func startExchanger(t *testing.T, seed uint64) *exchanger {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &exchanger{addr: l.Addr().String(), took: map[string][][32]byte{}, news: make(chan struct{}, 1000)}
	rnd := rand.New(rand.NewPCG(seed, 0))
	for i := range x.visits {
		x.visits[i] = 20 + rnd.IntN(10) // every point breaks within its first ten visits
	}
	var wg sync.WaitGroup
	ctx, end := context.WithCancel(context.Background())
	x.stop = func() { end(); l.Close(); wg.Wait() }
	t.Cleanup(x.stop)
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				x.talk(conn)
			})
		}
	})
	return x
}

// cut breaks at a point every thirtieth time.
func (x *exchanger) cut(point int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.visits[point]++; x.visits[point]%30 != 0 {
		return false
	}
	x.cuts[point]++
	return true
}

// talk has twelve points to break at: before and in an answer, in the body,
// before the dot counts, after it, and by a temporary refusal.
func (x *exchanger) talk(conn net.Conn) {
	r := bufio.NewReader(conn)
	say := func(s string) bool { _, err := io.WriteString(conn, s+"\r\n"); return err == nil }
	if x.cut(0) || !say("220 mx") {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch strings.ToUpper(line[:4]) {
		case "EHLO":
			if x.cut(1) || !say("250 mx") {
				return
			}
		case "MAIL":
			if x.cut(2) {
				return
			}
			if x.cut(3) {
				say("421 4.3.2 later")
				return
			}
			say("250 ok")
		case "RCPT":
			if x.cut(4) {
				return
			}
			if x.cut(5) {
				say("450 4.2.1 later")
				continue
			}
			say("250 ok")
		case "DATA":
			if x.cut(6) || !say("354 go on") || !x.body(r, say) {
				return
			}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (x *exchanger) body(r *bufio.Reader, say func(string) bool) bool {
	if x.cut(7) {
		return false
	}
	h := sha256.New()
	var id string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		if v, ok := strings.CutPrefix(line, "Message-ID: <"); ok {
			id = strings.TrimSuffix(v, ">\r\n")
		}
		io.WriteString(h, line)
	}
	if x.cut(8) {
		return say("451 4.3.0 disk full")
	}
	x.mu.Lock()
	x.took[id] = append(x.took[id], [32]byte(h.Sum(nil)))
	x.mu.Unlock()
	x.news <- struct{}{}
	<-time.After(slowness)
	switch {
	case x.cut(9):
		return false
	case x.cut(10):
		say("250")
		return false
	case x.cut(11):
		say("250 taken")
		return false
	}
	return say("250 taken")
}

// awaitNews waits for n more copies, or for so long.
func (x *exchanger) awaitNews(n int, limit time.Duration) {
	timeout := time.After(limit)
	for range n {
		select {
		case <-x.news:
		case <-timeout:
			return
		}
	}
}

// TestSenderProcess is what TestSenderKilled runs and kills; by itself, without
// a database to work on, it has nothing to do.
func TestSenderProcess(t *testing.T) {
	dsn, rest, ok := strings.Cut(os.Getenv("SWITCHBOARD_TEST_SENDER"), "\n")
	if !ok {
		return
	}
	addr, wait, _ := strings.Cut(rest, "\n")
	patience, err := time.ParseDuration(wait)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	client, err := smtpclient.New(smtpclient.Config{Addr: addr, TLS: smtpclient.TLSNone, Timeout: patience, Answer: patience})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The lease is longer than the tests: only Join ends the claims of a killed process.
	l := outbound.New(s.Outbox(), mail(mailer.New(client, s, mailer.Options{})), outbound.Options{Lease: 5 * time.Minute, Poll: 20 * time.Millisecond,
		Schedule: outbound.Schedule{Pauses: []time.Duration{100 * time.Millisecond}, UnknownPause: 300 * time.Millisecond}})
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// startSender runs TestSenderProcess with a sender that waits so long for the
// exchanger, and returns how to kill it.
func startSender(t *testing.T, dsn, addr string, patience time.Duration) (kill func()) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestSenderProcess$")
	child.Env = append(os.Environ(), "SWITCHBOARD_TEST_SENDER="+dsn+"\n"+addr+"\n"+patience.String())
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		if err := child.Process.Kill(); err != nil {
			t.Error(err)
		}
		child.Wait() // it was killed, which is an error
	})
	t.Cleanup(kill)
	return kill
}

// TestSenderKilled sends through an exchanger that breaks at twelve points, from
// a process that is killed again and again. Every answer must arrive, or be shown
// as unknown; and a second copy may only follow an outcome that nobody knew.
func TestSenderKilled(t *testing.T) {
	const conversations, replies = 40, 5
	seed := uint64(time.Now().UnixNano())
	dsn := dbtest.New(t)
	o := openOfficeAt(t, dsn)
	for range conversations {
		c := o.letter(t)
		for range replies {
			if _, err := o.desk.Reply(t.Context(), o.ana, c, agent.Reply{Text: "Pull the plug."}); err != nil {
				t.Fatal(err)
			}
		}
	}
	x := startExchanger(t, seed)
	rnd, kills := rand.New(rand.NewPCG(seed, 1)), 0
	for end := time.Now().Add(2 * time.Minute); o.number(t, "select count(*) from deliveries where not settled") > 0; {
		if time.Now().After(end) {
			t.Fatalf("stuck=%d", o.number(t, "select count(*) from deliveries where not settled"))
		}
		kill := startSender(t, dsn, x.addr, time.Second)
		x.awaitNews(5+rnd.IntN(20), 3*time.Second)
		kill()
		kills++
	}
	x.stop()
	x.check(t, o, conversations*replies, kills, seed)
}

// check compares what the desk believes with what the exchanger took.
func (x *exchanger) check(t *testing.T, o *office, sent, kills int, seed uint64) {
	t.Helper()
	rows, err := o.db.Query(`select m.message_id, d.state, (select count(*) from delivery_attempts a where a.delivery_id = d.id and a.state = 'unknown')
		from deliveries d join messages m on m.id = d.message_id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var lost, torn, dupAfterKnown, dupShown, unknown, seen int
	for rows.Next() {
		var id string
		var state desk.DeliveryState
		var unknowns int
		if err := rows.Scan(&id, &state, &unknowns); err != nil {
			t.Fatal(err)
		}
		seen++
		copies := x.took[id]
		if state == desk.DeliveryUnknown {
			unknown++
		} else if len(copies) == 0 || state != desk.DeliverySent {
			lost++
		}
		if extra := len(copies) - 1; extra > unknowns {
			dupAfterKnown++
		} else if extra > 0 {
			dupShown++
		}
		for _, c := range copies {
			if c != copies[0] {
				torn++
			}
		}
	}
	t.Logf("seed=%d kills=%d cuts=%v sent=%d lost=%d torn=%d dup_after_known=%d dup_shown=%d left_unknown=%d", seed, kills, x.cuts, seen, lost, torn, dupAfterKnown, dupShown, unknown)
	if seen != sent || lost+torn+dupAfterKnown > 0 {
		t.Error("an answer was lost, torn or repeated")
	}
	if unexplained := o.number(t, `select count(*) from deliveries d join conversations c on c.id = d.conversation_id where d.state = 'unknown' and c.status <> 'open'`); unexplained > 0 {
		t.Errorf("%d answers of unknown outcome were not put before an agent", unexplained)
	}
	for point, n := range x.cuts {
		if n == 0 {
			t.Errorf("the exchanger never broke at point %d: nothing was proved there", point)
		}
	}
	o.tiled(t)
}
