package mailbox

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// guard is the connection below the IMAP library, which waits for ever for an
// answer and reads whatever a server sends. While an answer is due, the guard
// wants some octets every stall, all of it by end, and no more of it than budget.
type guard struct {
	net.Conn

	mu     sync.Mutex
	stall  time.Duration // 0: nothing is due
	end    time.Time
	budget int64
	cause  error // why the connection ended; nil as long as it is whole
	cut    bool  // it ended below us, not because of what the server said
	closed bool  // by us
}

var errBudget = errors.New("the server sends far more than was asked for")

const (
	quietBudget = 256 << 10 // unasked for: flags, EXISTS, "still here"
	slowest     = 4 << 10   // octets per second that a whole answer must reach
)

// expect begins the wait for an answer of about size octets.
func (g *guard) expect(stall time.Duration, size int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.stall, g.budget = stall, quietBudget+size+size/4
	g.end = now.Add(4*stall + time.Duration(size/slowest)*time.Second)
	g.Conn.SetReadDeadline(g.deadline(now))
}

// quiet ends it: the server may be silent for as long as it likes.
func (g *guard) quiet() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stall, g.budget = 0, quietBudget
	g.Conn.SetReadDeadline(time.Time{})
}

func (g *guard) deadline(now time.Time) time.Time {
	if g.stall == 0 {
		return time.Time{}
	}
	if at := now.Add(g.stall); at.Before(g.end) {
		return at
	}
	return g.end
}

// Read implements net.Conn.
func (g *guard) Read(p []byte) (int, error) {
	g.mu.Lock()
	if g.budget <= 0 && g.cause == nil {
		g.cause = errBudget
	}
	if g.cause != nil {
		defer g.mu.Unlock()
		return 0, g.cause
	}
	g.Conn.SetReadDeadline(g.deadline(time.Now()))
	stall := g.stall
	g.mu.Unlock()
	n, err := g.Conn.Read(p)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.budget -= int64(n)
	if err != nil && !g.closed {
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			err = fmt.Errorf("the server fell silent for %s while an answer was due: %w", stall, err)
		}
		g.cause, g.cut = err, true
	}
	return n, err
}

// Close implements net.Conn; what it causes is not the server's fault.
func (g *guard) Close() error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	return g.Conn.Close()
}

// SetReadDeadline does nothing: the library's deadlines are not ours.
func (g *guard) SetReadDeadline(time.Time) error { return nil }

// SetDeadline does nothing either; the library does not use it.
func (g *guard) SetDeadline(time.Time) error { return nil }

// explain replaces an error of the library by the guard's reason, if it has one.
func (g *guard) explain(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil || g.cause == nil {
		return err
	}
	return g.cause
}

// wasCut reports whether the connection broke below us.
func (g *guard) wasCut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cut
}
