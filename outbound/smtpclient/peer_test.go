package smtpclient

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// peer is a scripted SMTP server that fails at a chosen point. It counts the
// messages received up to the final dot.
type peer struct {
	addr string
	mu   sync.Mutex
	dots int
	last []byte // the last message, without dot-stuffing
	seen []string
}

// reply is what the peer does at a point. Without an entry in the script it behaves
// like a working server.
type reply struct {
	say   string // the reply, without CRLF; lines are separated by LF
	cut   bool   // close the connection afterwards
	stall bool   // afterwards neither send nor read anything
	read  int    // at "body": octets to read first
}

// script maps points to replies. A point is the command that the peer has just
// read; "connect" is before the greeting, "body" within the message, "dot" after it.
type script map[string]reply

func startPeer(t *testing.T, s script) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{addr: l.Addr().String()}
	var wg sync.WaitGroup
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(func() { end(); l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				conn.(*net.TCPConn).SetReadBuffer(4096) // so that a stalled peer soon blocks the writer
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				p.serve(ctx, conn, s)
			})
		}
	})
	return p
}

func (p *peer) mails() int { p.mu.Lock(); defer p.mu.Unlock(); return p.dots }

func (p *peer) commands() []string { p.mu.Lock(); defer p.mu.Unlock(); return p.seen }

// at runs the script's entry for a point; false: the session is over.
func at(ctx context.Context, conn net.Conn, s script, point, otherwise string) bool {
	r, ok := s[point]
	if !ok {
		r = reply{say: otherwise}
	}
	if r.say != "" {
		line := strings.ReplaceAll(r.say, "\n", "\r\n")
		if !r.cut || !strings.HasSuffix(line, "...") { // "25..." is a reply that breaks off
			line += "\r\n"
		}
		if _, err := io.WriteString(conn, strings.TrimSuffix(line, "...")); err != nil {
			return false
		}
	}
	if r.stall {
		<-ctx.Done()
	}
	return !r.cut && !r.stall
}

func (p *peer) serve(ctx context.Context, conn net.Conn, s script) {
	r := bufio.NewReader(conn)
	if !at(ctx, conn, s, "connect", "220 peer") {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		p.mu.Lock()
		p.seen = append(p.seen, strings.TrimSpace(line))
		p.mu.Unlock()
		verb, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		answers := map[string]string{"EHLO": "250-peer\n250-SIZE\n250 DSN", "DATA": "354 go on", "QUIT": "221 bye"}
		otherwise, ok := answers[verb]
		if !ok {
			otherwise = "250 ok"
		}
		if !at(ctx, conn, s, verb, otherwise) || verb == "QUIT" {
			return
		}
		goes := s[verb].say == "" || strings.Contains(s[verb].say, "\n354 ") // after the replies to other commands
		if verb == "DATA" && goes && !p.body(ctx, conn, r, s) {
			return
		}
	}
}

func (p *peer) body(ctx context.Context, conn net.Conn, r *bufio.Reader, s script) bool {
	if b, ok := s["body"]; ok {
		if _, err := io.CopyN(io.Discard, r, int64(b.read)); err != nil {
			return false
		}
		if !at(ctx, conn, s, "body", "") {
			return false
		}
	}
	var mail bytes.Buffer
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		mail.WriteString(strings.TrimPrefix(line, "."))
	}
	p.mu.Lock()
	p.dots++
	p.last = mail.Bytes()
	p.mu.Unlock()
	return at(ctx, conn, s, "dot", "250 2.0.0 accepted")
}

// clientFor returns a Client with short timeouts for an unencrypted peer.
func clientFor(t *testing.T, addr string, change func(*Config)) *Client {
	t.Helper()
	cfg := Config{Addr: addr, TLS: TLSNone, Hostname: "desk.example", Timeout: 2 * time.Second, Answer: 2 * time.Second}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// mailTo returns a message with lines that need dot-stuffing (RFC 5321
// §4.5.2).
func mailTo(to string) Mail {
	return Mail{From: "help@desk.example", To: to, EnvelopeID: "env-1", Data: []byte("From: Ana <help@desk.example>\r\nTo: " + to +
		"\r\nSubject: Re: Printer on fire\r\nMessage-ID: <out.1@desk.example>\r\n\r\nHello Jo,\r\n\r\nplease pull the plug.\r\n.\r\n..\r\nFrom here on it is easy.\r\n")}
}
