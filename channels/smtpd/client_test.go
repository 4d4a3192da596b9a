package smtpd

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"switchboard/channels/channeltest"
	"switchboard/internal/mailtest"
)

const (
	customer = "ann@customer.example"
	support  = "support@desk.example"
)

// serve starts a server on a free port and returns its address.
func serve(t testing.TB, sink *channeltest.Sink, change func(*Config)) string {
	t.Helper()
	s := newServer(t, change)
	addr, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, sink) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return addr.String()
}

func newServer(t testing.TB, change func(*Config)) *Server {
	t.Helper()
	cfg := Config{
		Addr: "127.0.0.1:0", Domain: "mx.desk.example",
		Recipients: func(addr string) bool {
			return strings.HasSuffix(strings.ToLower(addr), "@desk.example") || addr == "postmaster"
		},
		DrainTimeout: 2 * time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// client speaks SMTP line by line.
type client struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return &client{t, conn, bufio.NewReader(conn)}
}

// greeted returns a client after EHLO.
func greeted(t testing.TB, addr string) *client {
	t.Helper()
	c := dial(t, addr)
	c.want("220")
	c.do("250", "EHLO client.example")
	return c
}

// reply reads one reply with all its lines.
func (c *client) reply() (string, error) {
	var all strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		all.WriteString(line)
		if err != nil {
			return all.String(), err
		}
		if len(line) > 3 && line[3] == ' ' {
			return all.String(), nil
		}
	}
}

func (c *client) want(prefix string) string {
	c.t.Helper()
	reply, err := c.reply()
	if err != nil || !strings.HasPrefix(reply, prefix) {
		c.t.Fatalf("reply %q, %v; want %s", reply, err, prefix)
	}
	return reply
}

// do sends a line and expects a reply that begins with prefix.
func (c *client) do(prefix, format string, args ...any) string {
	c.t.Helper()
	fmt.Fprintf(c, format+"\r\n", args...)
	return c.want(prefix)
}

// envelope sends MAIL and RCPT.
func (c *client) envelope() {
	c.t.Helper()
	c.do("250", "MAIL FROM:<%s>", customer)
	c.do("250", "RCPT TO:<%s>", support)
}

// wantClosed expects the server to close the connection without another reply.
func (c *client) wantClosed() {
	c.t.Helper()
	rest, err := io.ReadAll(c.r)
	var reset *net.OpError
	if len(rest) > 0 || err != nil && !errors.As(err, &reset) {
		c.t.Fatalf("got %q, %v; want the end of the connection", rest, err)
	}
}

func mail(subject string) string {
	return "From: " + customer + "\r\nTo: " + support + "\r\nMessage-ID: <" + subject + "@customer.example>\r\nSubject: " + subject + "\r\n\r\nHello.\r\n"
}

// certified returns the TLS configurations of a server and of a client that trusts it.
func certified(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	cert, key := mailtest.Certificate(t)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	return &tls.Config{Certificates: []tls.Certificate{pair}}, &tls.Config{RootCAs: roots, ServerName: "localhost", ClientSessionCache: tls.NewLRUClientSessionCache(8)}
}

// secured returns a client after STARTTLS and EHLO.
func secured(t testing.TB, addr string, config *tls.Config) *client {
	t.Helper()
	c := greeted(t, addr)
	c.do("220", "STARTTLS")
	c.Conn = tls.Client(c.Conn, config)
	c.r = bufio.NewReader(c.Conn)
	c.do("250", "EHLO client.example")
	return c
}

func dialContext(ctx context.Context, t testing.TB, addr string) (*client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	} else {
		conn.SetDeadline(time.Now().Add(time.Minute))
	}
	return &client{t, conn, bufio.NewReader(conn)}, nil
}

// send runs a whole session with one mail. It returns an error unless the reply is 250.
func (c *client) send(mail string) error {
	steps := []struct{ line, want string }{
		{"", "220"}, {"EHLO client.example\r\n", "250"}, {"MAIL FROM:<" + customer + ">\r\n", "250"},
		{"RCPT TO:<" + support + ">\r\n", "250"}, {"DATA\r\n", "354"}, {mail + ".\r\n", "250"}, {"QUIT\r\n", "221"},
	}
	for _, step := range steps {
		if _, err := c.Write([]byte(step.line)); err != nil {
			return err
		}
		if reply, err := c.reply(); err != nil || !strings.HasPrefix(reply, step.want) {
			return fmt.Errorf("%q was answered %q, %v", step.line, reply, err)
		}
	}
	return nil
}

// content sends a message's content and returns the reply.
func (c *client) content(mail string, chunked bool) string {
	c.t.Helper()
	if chunked {
		fmt.Fprintf(c, "BDAT %d LAST\r\n%s", len(mail), mail)
	} else {
		c.do("354", "DATA")
		fmt.Fprintf(c, "%s.\r\n", mail)
	}
	reply, err := c.reply()
	if err != nil {
		c.t.Fatalf("no reply to the content: %v", err)
	}
	return reply
}
