package mailer

import (
	"net"
	"sync/atomic"
	"time"
)

// wire is a connection whose every read and write has a deadline of its own. The
// SMTP library sets deadlines for commands only: writing a body to a peer that
// has stopped reading would block for good.
type wire struct {
	net.Conn
	read, write atomic.Int64 // time.Duration
	short       atomic.Bool  // a write did not go out in full
}

func newWire(c net.Conn, timeout time.Duration) *wire {
	w := &wire{Conn: c}
	w.limit(timeout)
	return w
}

// limit bounds each following read and write.
func (w *wire) limit(d time.Duration) {
	w.read.Store(int64(d))
	w.write.Store(int64(d))
}

// patience bounds each following read.
func (w *wire) patience(d time.Duration) { w.read.Store(int64(d)) }

// cut reports whether bytes were lost on the way out.
func (w *wire) cut() bool { return w.short.Load() }

func (w *wire) Read(b []byte) (int, error) {
	if err := w.Conn.SetReadDeadline(time.Now().Add(time.Duration(w.read.Load()))); err != nil {
		return 0, err
	}
	return w.Conn.Read(b)
}

func (w *wire) Write(b []byte) (int, error) {
	if err := w.Conn.SetWriteDeadline(time.Now().Add(time.Duration(w.write.Load()))); err != nil {
		w.short.Store(true)
		return 0, err
	}
	n, err := w.Conn.Write(b)
	if n < len(b) {
		w.short.Store(true)
	}
	return n, err
}

// The library's own deadlines would lift ours.

func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }
