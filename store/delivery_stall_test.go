package store_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchboard/desk"
	"switchboard/internal/dbtest"
	"switchboard/outbound"
	"switchboard/store"
)

// staller is a mail exchanger that stops at one point of its first session and works
// from then on.
type staller struct {
	addr    string
	stalled chan struct{} // closed when it has stopped
	took    atomic.Int32  // messages with their final dot
}

func startStaller(t *testing.T, point string) *staller {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &staller{addr: l.Addr().String(), stalled: make(chan struct{})}
	ctx, end := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { end(); l.Close(); wg.Wait() })
	var reached atomic.Bool
	stall := func(at string) {
		if at == point && reached.CompareAndSwap(false, true) {
			close(x.stalled)
			<-ctx.Done()
		}
	}
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				x.talk(conn, stall)
			})
		}
	})
	return x
}

func (x *staller) talk(conn net.Conn, stall func(string)) {
	stall("connect")
	io.WriteString(conn, "220 mx\r\n")
	inMail := false
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		verb, _, _ := strings.Cut(lines.Text(), " ")
		reply := "250 ok"
		switch {
		case inMail && verb != ".":
			stall("content")
			continue
		case inMail:
			inMail = false
			x.took.Add(1)
			verb = "dot"
		case verb == "DATA":
			inMail = true
			reply = "354 go on"
		}
		stall(verb)
		io.WriteString(conn, reply+"\r\n")
	}
}

// TestKilledBeforeContent: an attempt that was killed before it sent any content is
// repeated as soon as a program starts, and is not counted.
func TestKilledBeforeContent(t *testing.T) {
	for _, point := range []string{"connect", "MAIL", "RCPT", "DATA"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			dsn := dbtest.New(t)
			o := openOfficeAt(t, dsn)
			o.answered(t)
			x := killAt(t, dsn, point)
			o.await(t, 1, "select count(*) from deliveries where state = 'sent' and settled and attempts = 1 and owner is null")
			if got := x.took.Load(); got != 1 {
				t.Errorf("%d copies", got)
			}
			if got := o.number(t, "select count(*) from delivery_attempts"); got != 1 {
				t.Errorf("%d attempts", got)
			}
			o.tiled(t)
		})
	}
}

// TestKilledAfterContent: an attempt that was killed when it may have sent the message
// is shown as unknown as soon as a program starts.
func TestKilledAfterContent(t *testing.T) {
	for _, point := range []string{"content", "dot"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			dsn := dbtest.New(t)
			o := openOfficeAt(t, dsn)
			o.answered(t)
			killAt(t, dsn, point)
			o.await(t, 1, "select count(*) from delivery_attempts where state = 'unknown' and attempt = 1")
			o.tiled(t)
		})
	}
}

// killAt kills a sender when the exchanger has stalled at a point, and starts another.
func killAt(t *testing.T, dsn, point string) *staller {
	t.Helper()
	x := startStaller(t, point)
	kill := startSender(t, dsn, x.addr, 5*time.Minute)
	select {
	case <-x.stalled:
	case <-time.After(time.Minute):
		t.Fatal("the sender did not come so far")
	}
	kill()
	startSender(t, dsn, x.addr, 5*time.Minute)
	return x
}

// TestJoinSparesTheLiving: claims of a program that holds its lock are not touched. One
// that lost its lock can neither send nor record what another one has claimed since.
func TestJoinSparesTheLiving(t *testing.T) {
	dsn := dbtest.New(t)
	o := openOfficeAt(t, dsn)
	o.answered(t)
	if _, err := o.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	jobs, err := o.Outbox().Claim(t.Context(), desk.ChannelEmail, 9, time.Minute)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("%+v, %v", jobs, err)
	}
	join := func() []outbound.Job {
		t.Helper()
		s, err := store.Open(t.Context(), store.Options{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		if _, err := s.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		claimed, err := s.Outbox().Claim(t.Context(), desk.ChannelEmail, 9, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return claimed
	}
	if taken := join(); len(taken) != 0 {
		t.Fatalf("taken from a running program: %+v", taken)
	}
	o.exec(t, "select pg_terminate_backend(pid, 5000) from pg_locks where locktype = 'advisory' and objsubid = 2 and pid <> pg_backend_pid()")
	taken := join()
	if len(taken) != 1 || taken[0].Abandoned || taken[0].Delivery.Attempts != 1 {
		t.Fatalf("%+v", taken)
	}
	// The first program runs on without its lock: it must neither send nor record anything.
	if _, err := o.BeginContent(t.Context(), jobs[0].Delivery, nil); desk.KindOf(err) != desk.KindConflict {
		t.Errorf("it may send: %v", err)
	}
	if err := o.Outbox().Complete(t.Context(), jobs[0].Delivery, desk.Result{State: desk.DeliverySent}, time.Time{}); desk.KindOf(err) != desk.KindConflict {
		t.Errorf("it completed: %v", err)
	}
	if err := o.Outbox().Complete(t.Context(), taken[0].Delivery, desk.Result{State: desk.DeliverySent}, time.Time{}); err != nil {
		t.Error(err)
	}
}

// TestRunningProgramTakesOver: what a killed program was sending is repeated by one that
// is running, without a start and long before the lease runs out.
func TestRunningProgramTakesOver(t *testing.T) {
	t.Parallel()
	dsn := dbtest.New(t)
	o := openOfficeAt(t, dsn)
	o.answered(t)
	x := startStaller(t, "DATA")
	kill := startSender(t, dsn, x.addr, 5*time.Minute)
	select {
	case <-x.stalled:
	case <-time.After(time.Minute):
		t.Fatal("the sender did not come so far")
	}
	startSender(t, dsn, x.addr, 5*time.Minute)
	// The lock that writers share is the last that a program takes.
	o.await(t, 2, "select count(*) from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and granted and database = (select oid from pg_database where datname = current_database())")
	kill()
	o.await(t, 1, "select count(*) from deliveries where state = 'sent' and settled and attempts = 1 and lease_until is null")
	if got := x.took.Load(); got != 1 {
		t.Errorf("%d copies", got)
	}
}
