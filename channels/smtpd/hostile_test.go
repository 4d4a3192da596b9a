package smtpd

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/channels/channeltest"
	"switchboard/internal/mailtest"
)

// Some servers take these sequences for the end of a message and others do not. What
// follows them here would be a second, forged message.
func TestSmuggling(t *testing.T) {
	const forged = "MAIL FROM:<ceo@desk.example>\r\nRCPT TO:<" + support + ">\r\nDATA\r\nSubject: forged\r\n\r\nx\r\n.\r\n"
	for _, ending := range []string{
		"\n.\n", "\n.\r\n", "\r\n.\n", "\r\n.\r", "\r.\r", "\r.\r\n", "\n.\r", "\r\n.\r\r\n", "\r\r\n.\r\n", "\n\r.\n\r", "\x00\n.\x00\n", "\r\n\x00.\r\n\n",
	} {
		t.Run(fmt.Sprintf("%q", ending), func(t *testing.T) {
			t.Parallel()
			sink := channeltest.NewSink()
			c := greeted(t, serve(t, sink, nil))
			c.envelope()
			c.do("354", "DATA")
			io.WriteString(c, mail("bait")+"first"+ending+forged)
			c.want("550 5.6.0")
			c.wantClosed()
			if raws := sink.Raws(); len(raws) != 0 {
				t.Errorf("stored %d mails, the last of which is %q", len(raws), raws[len(raws)-1].Bytes)
			}
		})
	}
}

// Within a chunk the same sequences are content: BDAT counts octets (RFC 3030).
func TestBareLineEndsInAChunkAreContent(t *testing.T) {
	sink := channeltest.NewSink()
	c := greeted(t, serve(t, sink, nil))
	for range 2 {
		c.envelope()
		if got := c.content(mail("bait")+"\n.\n\r.\rMAIL FROM:<a@b>\r\n", true); !strings.HasPrefix(got, "250") {
			t.Fatalf("reply %q", got)
		}
	}
	// The next mail is not affected.
	c.envelope()
	if got := c.content(mail("clean"), false); !strings.HasPrefix(got, "250") {
		t.Fatalf("reply %q", got)
	}
	if raws := sink.Raws(); len(raws) != 2 || !strings.HasSuffix(string(raws[0].Bytes), "\n.\n\r.\rMAIL FROM:<a@b>\r\n") {
		t.Errorf("stored %d mails", len(raws))
	}
}

// A line of a chunk may be longer than any command, because BDAT counts octets
// (RFC 3030). An endless command between two chunks is still refused.
func TestLongLinesInChunks(t *testing.T) {
	sink := channeltest.NewSink()
	addr := serve(t, sink, nil)
	c := greeted(t, addr)
	c.envelope()
	text := mail("long line") + strings.Repeat("x", 3*maxChunkLine) + "\r\n"
	if got := c.content(text, true); !strings.HasPrefix(got, "250") {
		t.Fatalf("reply %q", got)
	}
	if raws := sink.Raws(); len(raws) != 1 || !strings.HasSuffix(string(raws[0].Bytes), text) {
		t.Errorf("stored %d mails", len(raws))
	}
	c = greeted(t, addr)
	c.envelope()
	c.do("250", "BDAT 6\r\nhello\n")
	go fmt.Fprint(c, strings.Repeat("N", 4*maxChunkLine)) // until the connection is closed
	for {
		got, err := c.reply()
		if err != nil {
			break
		}
		if strings.HasPrefix(got, "2") {
			t.Fatalf("reply %q", got)
		}
	}
	if raws := sink.Raws(); len(raws) != 1 {
		t.Errorf("stored %d mails", len(raws))
	}
}

func TestSlowSenders(t *testing.T) {
	slow := func(cfg *Config) {
		cfg.StallTimeout, cfg.CommandTimeout, cfg.MinRate = 150*time.Millisecond, 300*time.Millisecond, 10_000
	}
	begin := map[string]func(*client){
		"data":    func(c *client) { c.envelope(); c.do("354", "DATA") },
		"chunk":   func(c *client) { c.envelope(); fmt.Fprintf(c, "BDAT 2000000 LAST\r\n") },
		"command": func(c *client) { io.WriteString(c, "MAIL FROM:<") },
	}
	for name, begin := range begin {
		t.Run(name+" that stops", func(t *testing.T) {
			t.Parallel()
			sink := channeltest.NewSink()
			c := greeted(t, serve(t, sink, slow))
			begin(c)
			io.WriteString(c, "Subject: x")
			c.want("421")
			c.wantClosed()
			if len(sink.Raws()) != 0 {
				t.Error("stored an incomplete message")
			}
		})
		t.Run(name+" that trickles", func(t *testing.T) {
			t.Parallel()
			sink := channeltest.NewSink()
			c := greeted(t, serve(t, sink, slow))
			begin(c)
			done := make(chan struct{})
			defer close(done)
			go trickle(c.Conn, done)
			c.want("421")
			if len(sink.Raws()) != 0 {
				t.Error("stored an incomplete message")
			}
		})
	}
	t.Run("silence after the greeting", func(t *testing.T) {
		t.Parallel()
		c := greeted(t, serve(t, channeltest.NewSink(), slow))
		c.want("421")
		c.wantClosed()
	})
	t.Run("steady sender, for longer than the timeout", func(t *testing.T) {
		t.Parallel()
		sink := channeltest.NewSink()
		c := greeted(t, serve(t, sink, slow))
		c.envelope()
		c.do("354", "DATA")
		io.WriteString(c, mail("steady"))
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for range 30 { // 0.6 s, four times StallTimeout
			<-tick.C
			io.WriteString(c, strings.Repeat("y", 998)+"\r\n")
		}
		c.do("250", ".")
	})
}

// trickle writes an octet every 20 ms until done.
func trickle(w io.Writer, done <-chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := w.Write([]byte("z")); err != nil {
				return
			}
		case <-done:
			return
		}
	}
}

// Two hundred slow senders do not block a normal one.
func TestMailAmongSlowSenders(t *testing.T) {
	sink := channeltest.NewSink()
	addr := serve(t, sink, func(cfg *Config) {
		cfg.MaxConns, cfg.StallTimeout, cfg.MinRate = 250, 500*time.Millisecond, 10_000
	})
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 200 {
		c := greeted(t, addr)
		c.envelope()
		c.do("354", "DATA")
		wg.Go(func() { trickle(c.Conn, done) })
	}
	mailtest.SMTPSource(t, addr, "-m", "300", "-s", "8", "-l", "2000", "-f", customer, "-t", support)
	close(done)
	wg.Wait()
	if got := len(sink.Raws()); got != 300 {
		t.Errorf("good=%d/300", got)
	}
}

func TestConnectionLimit(t *testing.T) {
	addr := serve(t, channeltest.NewSink(), func(cfg *Config) { cfg.MaxConns = 2 })
	first, _ := greeted(t, addr), greeted(t, addr)
	third := dial(t, addr)
	third.want("421 4.7.0 mx.desk.example too many connections")
	third.wantClosed()
	first.do("221", "QUIT")
	first.wantClosed()
	greeted(t, addr)
}

func TestConnectionLimitPerAddress(t *testing.T) {
	s := newServer(t, func(cfg *Config) { cfg.MaxConnsPerIP = 2 })
	from := func(ip string) string {
		_, reason := s.admit(remote{addr: &net.TCPAddr{IP: net.ParseIP(ip), Port: 1}})
		return reason
	}
	for _, test := range []struct{ ip, want string }{
		{"192.0.2.1", ""}, {"192.0.2.1", ""}, {"192.0.2.1", "too many connections from your address, try again later"},
		{"192.0.2.2", ""}, {"127.0.0.1", ""}, {"127.0.0.1", ""}, {"127.0.0.1", ""},
		{"2001:db8::1", ""}, {"2001:db8::2", ""}, {"2001:db8::3", "too many connections from your address, try again later"}, {"2001:db8:0:1::1", ""},
	} {
		if got := from(test.ip); got != test.want {
			t.Errorf("%s: %q, want %q", test.ip, got, test.want)
		}
	}
}

// remote is a connection that only has an address.
type remote struct {
	net.Conn
	addr net.Addr
}

func (r remote) RemoteAddr() net.Addr { return r.addr }

func TestSTARTTLS(t *testing.T) {
	server, trust := certified(t)
	sink := channeltest.NewSink()
	addr := serve(t, sink, func(cfg *Config) { cfg.TLS = server })

	c := dial(t, addr)
	c.want("220")
	if caps := c.do("250", "EHLO client.example"); !strings.Contains(caps, "\n250-STARTTLS\r\n") && !strings.Contains(caps, "\n250 STARTTLS\r\n") {
		t.Errorf("not offered in %q", caps)
	}
	s := secured(t, addr, trust)
	if caps := s.do("250", "EHLO client.example"); strings.Contains(caps, "STARTTLS") {
		t.Errorf("offered again in %q", caps)
	}
	s.envelope()
	if got := s.content(mail("secret"), false); !strings.HasPrefix(got, "250") {
		t.Fatalf("reply %q", got)
	}
	if raws := sink.Raws(); len(raws) != 1 || !strings.Contains(string(raws[0].Bytes), "with ESMTPS id") {
		t.Errorf("the trace field does not mention TLS: %q", raws[0].Bytes)
	}
	s.do("5", "STARTTLS")
}

// Commands sent unencrypted after STARTTLS must not be executed after the handshake.
func TestSTARTTLSInjection(t *testing.T) {
	server, trust := certified(t)
	sink := channeltest.NewSink()
	c := greeted(t, serve(t, sink, func(cfg *Config) { cfg.TLS = server }))
	io.WriteString(c, "STARTTLS\r\nMAIL FROM:<injected@evil.example>\r\n")
	c.want("220")
	c.Conn = tls.Client(c.Conn, trust)
	c.r.Reset(c.Conn)
	c.do("250", "EHLO client.example")
	c.do("5", "RCPT TO:<%s>", support)
}

func TestFailedHandshake(t *testing.T) {
	server, _ := certified(t)
	c := greeted(t, serve(t, channeltest.NewSink(), func(cfg *Config) { cfg.TLS = server }))
	c.do("220", "STARTTLS")
	io.WriteString(c, "this is not a ClientHello, but long enough to be read as one\r\n")
	rest, _ := io.ReadAll(c.r)
	if strings.Contains(string(rest), "250") {
		t.Errorf("continued without encryption: %q", rest)
	}
}

// Stopping waits for a transaction to finish and disconnects idle clients.
func TestDrain(t *testing.T) {
	sink := channeltest.NewSink()
	s := newServer(t, nil)
	addr, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, sink) }()
	idle, busy := greeted(t, addr.String()), greeted(t, addr.String())
	busy.envelope()
	busy.do("354", "DATA")
	cancel()
	idle.want("421")
	idle.wantClosed()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for line := range strings.Lines(mail("late") + strings.Repeat("More.\r\n", 50) + ".\r\n") { // several reads
		io.WriteString(busy, line)
		<-tick.C
	}
	busy.want("250")
	busy.want("421")
	busy.wantClosed()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if len(sink.Raws()) != 1 {
		t.Errorf("%d mails stored, want the one in progress", len(sink.Raws()))
	}
	if _, err := net.Dial("tcp", addr.String()); err == nil {
		t.Error("still listening")
	}
}

// A client that never finishes does not delay the stop.
func TestDrainDeadline(t *testing.T) {
	s := newServer(t, func(cfg *Config) { cfg.DrainTimeout = 100 * time.Millisecond })
	addr, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, channeltest.NewSink()) }()
	c := greeted(t, addr.String())
	c.envelope()
	c.do("354", "DATA")
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("Run waited for a client that never finishes")
	}
	c.wantClosed()
}

func TestTooMuchMailAtOnce(t *testing.T) {
	sink := channeltest.NewSink()
	addr := serve(t, sink, func(cfg *Config) { cfg.MaxBuffered = 100_000 })
	c := greeted(t, addr)
	c.envelope()
	if got := c.content(mail("big")+strings.Repeat(strings.Repeat("y", 98)+"\r\n", 2000), false); !strings.HasPrefix(got, "452 4.3.1") {
		t.Errorf("reply %q", got)
	}
	c.envelope()
	if got := c.content(mail("small"), false); !strings.HasPrefix(got, "250") {
		t.Errorf("the memory was not released: %q", got)
	}
}
