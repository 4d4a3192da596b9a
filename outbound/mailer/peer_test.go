package mailer

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

	"switchboard/desk"
)

// peer is a scripted SMTP server that fails at a chosen point. It counts the
// mails that reached it up to the final dot.
type peer struct {
	addr string
	mu   sync.Mutex
	dots int
	last []byte // the last mail, dots unstuffed
	seen []string
}

// reply is what the peer does at a point: what it says, and whether it cuts the
// connection after that. Without an entry it goes on as a good server would.
type reply struct {
	say   string // without CRLF; several lines are parted by LF
	cut   bool
	stall bool // say nothing more, read nothing more
	read  int  // at "body": octets to read before that
}

// points are named by the command that the peer has just read; "connect" is
// before the greeting, "body" within the message, "dot" after it.
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
				conn.(*net.TCPConn).SetReadBuffer(4096) // so that a stall is felt soon
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				p.talk(ctx, conn, s)
			})
		}
	})
	return p
}

func (p *peer) mails() int { p.mu.Lock(); defer p.mu.Unlock(); return p.dots }

func (p *peer) commands() []string { p.mu.Lock(); defer p.mu.Unlock(); return p.seen }

// at carries out the script's entry for a point; false: the talk is over.
func at(ctx context.Context, conn net.Conn, s script, point, otherwise string) bool {
	r, ok := s[point]
	if !ok {
		r = reply{say: otherwise}
	}
	if r.say != "" {
		line := strings.ReplaceAll(r.say, "\n", "\r\n")
		if !r.cut || !strings.HasSuffix(line, "...") { // "25..." is a reply cut in the middle
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

func (p *peer) talk(ctx context.Context, conn net.Conn, s script) {
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
		if verb == "DATA" && s[verb].say == "" && !p.body(ctx, conn, r, s) {
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
	return at(ctx, conn, s, "dot", "250 2.0.0 taken")
}

// shelf is an archive in memory.
type shelf struct {
	mu    sync.Mutex
	kept  map[desk.MessageID][]byte
	blobs map[string][]byte
}

func (s *shelf) Rendering(_ context.Context, id desk.MessageID) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.kept[id]
	return b, ok, nil
}

func (s *shelf) SaveRendering(_ context.Context, id desk.MessageID, b []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[desk.MessageID][]byte{}
	}
	if first, ok := s.kept[id]; ok {
		return first, nil
	}
	s.kept[id] = b
	return b, nil
}

func (s *shelf) Blob(_ context.Context, id string) ([]byte, error) {
	b, ok := s.blobs[id]
	if !ok {
		return nil, desk.Errorf(desk.KindNotFound, "no blob")
	}
	return b, nil
}

// mailerFor makes a Mailer with short limits for a plain peer.
func mailerFor(t *testing.T, addr string, change func(*Config)) *Mailer {
	t.Helper()
	cfg := Config{Addr: addr, TLS: TLSNone, Hostname: "desk.example", Timeout: 2 * time.Second, Answer: 2 * time.Second}
	if change != nil {
		change(&cfg)
	}
	m, err := New(cfg, &shelf{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func deliveryOf(m *desk.Message, to string) desk.Delivery {
	id := desk.NewID[desk.DeliveryID]()
	return desk.Delivery{ID: id, MessageID: m.ID, ConversationID: m.ConversationID, Channel: desk.ChannelEmail, Recipient: to,
		ReturnPath: "help@desk.example", EnvelopeID: id.String(), State: desk.DeliverySending, Attempts: 1}
}

func numbered() desk.Message {
	m := answer()
	m.ID, m.ConversationID = desk.NewID[desk.MessageID](), desk.NewID[desk.ConversationID]()
	return m
}
