package store

import (
	"context"
	"database/sql"
	"net"
	"strings"
	"time"
	"unicode"

	"github.com/lib/pq"
)

func openDB(c *pq.Connector) *sql.DB { return sql.OpenDB(c) }

// stall is how long a connection waits for the server without receiving a byte:
// a stopped server would otherwise block Exec far past its context.
const stall = 60 * time.Second

// dialer makes connections that carry a deadline on every read and write.
type dialer struct{}

func (dialer) Dial(network, address string) (net.Conn, error) {
	return dialer{}.DialContext(context.Background(), network, address)
}

func (dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return dialer{}.DialContext(ctx, network, address)
}

func (dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &deadlineConn{Conn: c}, nil
}

// deadlineConn renews its deadline before each operation, at most once a second,
// because setting a deadline costs about as much as a small write.
type deadlineConn struct {
	net.Conn
	read, write time.Time
}

func (c *deadlineConn) Read(b []byte) (int, error) {
	if now := time.Now(); now.Sub(c.read) > time.Second {
		c.read = now
		if err := c.Conn.SetReadDeadline(now.Add(stall)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(b)
}

func (c *deadlineConn) Write(b []byte) (int, error) {
	if now := time.Now(); now.Sub(c.write) > time.Second {
		c.write = now
		if err := c.Conn.SetWriteDeadline(now.Add(stall)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(b)
}

// snake maps a Go field name to its column: LastInboundAt to last_inbound_at,
// AccountID to account_id.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) || (i+1 < len(runes) && unicode.IsLower(runes[i+1]))) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
