package smtpclient

import (
	"net"
	"sync/atomic"
	"time"
)

// deadlineConn is a connection that sets a deadline before every read and write.
// go-smtp sets deadlines for commands only: writing a message to a peer that has
// stopped reading would block forever.
type deadlineConn struct {
	net.Conn
	readTimeout, writeTimeout atomic.Int64 // time.Duration
	shortWrite                atomic.Bool
}

func newDeadlineConn(c net.Conn, timeout time.Duration) *deadlineConn {
	d := &deadlineConn{Conn: c}
	d.setTimeout(timeout)
	return d
}

// setTimeout bounds each following read and write.
func (c *deadlineConn) setTimeout(d time.Duration) {
	c.readTimeout.Store(int64(d))
	c.writeTimeout.Store(int64(d))
}

// setReadTimeout bounds each following read.
func (c *deadlineConn) setReadTimeout(d time.Duration) { c.readTimeout.Store(int64(d)) }

// writeFailed reports whether any write was incomplete.
func (c *deadlineConn) writeFailed() bool { return c.shortWrite.Load() }

func (c *deadlineConn) Read(b []byte) (int, error) {
	if err := c.Conn.SetReadDeadline(time.Now().Add(time.Duration(c.readTimeout.Load()))); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c *deadlineConn) Write(b []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(time.Duration(c.writeTimeout.Load()))); err != nil {
		c.shortWrite.Store(true)
		return 0, err
	}
	n, err := c.Conn.Write(b)
	if n < len(b) {
		c.shortWrite.Store(true)
	}
	return n, err
}

// go-smtp's own deadlines would override the ones set above.

func (c *deadlineConn) SetDeadline(time.Time) error      { return nil }
func (c *deadlineConn) SetReadDeadline(time.Time) error  { return nil }
func (c *deadlineConn) SetWriteDeadline(time.Time) error { return nil }
