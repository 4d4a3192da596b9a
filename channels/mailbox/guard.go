package mailbox

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
)

// guard wraps the connection of the IMAP library, which has no timeouts and no limit
// on what it reads. While a response is due, the guard requires some octets within
// every stall interval, the whole response by end, and at most budget octets.
type guard struct {
	net.Conn

	mu     sync.Mutex
	stall  time.Duration // 0 if no response is due
	end    time.Time
	budget int64
	cause  error  // why the connection ended; nil while it is open
	cut    bool   // it broke, as opposed to being closed because of the server's response
	closed bool   // by us
	first  []byte // the server's first octets, which identify its protocol
}

var (
	errBudget  = errors.New("the server sends far more than was requested")
	errSilent  = errors.New("no response in time")
	errUnsaid  = errors.New("the connection was closed before the server sent anything")
	errNotIMAP = errors.New("the server does not speak IMAP")
)

// otherProtocol is the first line of a server that speaks another protocol.
type otherProtocol struct{ line string }

func (o *otherProtocol) Error() string { return fmt.Sprintf("the server sent %q", o.line) }

func (o *otherProtocol) Is(target error) bool { return target == errNotIMAP }

const (
	quietBudget = 256 << 10 // unsolicited: flags, EXISTS, keep-alives
	firstOctets = 80
	slowest     = 4 << 10 // lowest average rate of a response, in octets per second
)

// expect starts waiting for a response of about size octets.
func (g *guard) expect(stall time.Duration, size int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.stall, g.budget = stall, quietBudget+size+size/4
	g.end = now.Add(4*stall + time.Duration(size/slowest)*time.Second)
	g.Conn.SetReadDeadline(g.deadline(now))
}

// quiet ends the wait: from now on the server may be silent.
func (g *guard) quiet() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stall, g.budget = 0, quietBudget
	g.Conn.SetReadDeadline(time.Time{})
}

// deadline returns the deadline of the next read, the zero time if no response is due.
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
	if room := firstOctets - len(g.first); room > 0 {
		g.first = append(g.first, p[:min(n, room)]...)
	}
	if err != nil && !g.closed {
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			err = fmt.Errorf("the server sent nothing for %s while a response was due: %w", stall, errors.Join(errSilent, err))
		}
		g.cause, g.cut = err, true
	}
	return n, err
}

// Close implements net.Conn. Errors that it causes are not the server's fault.
func (g *guard) Close() error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	return g.Conn.Close()
}

// SetReadDeadline does nothing: the guard sets its own deadlines.
func (g *guard) SetReadDeadline(time.Time) error { return nil }

// SetDeadline does nothing; the library does not use it.
func (g *guard) SetDeadline(time.Time) error { return nil }

// explain returns the guard's reason for a library error, or the error itself.
func (g *guard) explain(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil || g.cause == nil {
		return err
	}
	return g.cause
}

// greeting explains the library's error about the greeting by naming the protocol
// that the server speaks, if it is recognized (RFC 9051 section 7.1).
func (g *guard) greeting(err error) error {
	g.mu.Lock()
	first := string(g.first)
	g.mu.Unlock()
	why := g.explain(err)
	if first == "" && !errors.Is(why, errSilent) {
		return fmt.Errorf("%w: %w", errUnsaid, why)
	}
	if _, answered := errors.AsType[*imap.Error](err); answered || first == "" || strings.HasPrefix(first, "* ") {
		return why
	}
	if strings.HasPrefix(first, "\x15\x03") { // a TLS alert (RFC 8446 section 5.1)
		return fmt.Errorf("%w: it speaks TLS", errUnsaid)
	}
	line, _, _ := strings.Cut(first, "\n")
	return &otherProtocol{strings.TrimSpace(strings.ToValidUTF8(line, ""))}
}

// wasCut reports whether the connection broke.
func (g *guard) wasCut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cut
}
