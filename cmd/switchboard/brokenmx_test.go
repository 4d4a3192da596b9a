package main_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/internal/mailtest"
)

// point is a moment of a mail transaction.
type point int

const (
	atConnect  point = iota // before the greeting
	atGreeting              // after it
	atEHLO
	atTLS // in the handshake
	atAuth
	atMail
	atRcpt
	atData
	inBody
	atDot     // the dot was read, and the message was not taken
	taken     // it was taken, and nothing is replied
	halfReply // it was taken, and the reply ends in the middle
	replied   // it was taken, and the client may have read that
	// The server also refuses for a while, and takes its time.
	refuses421
	refuses451
	slowReply
	points
)

var pointNames = [points]string{"connect", "greeting", "EHLO", "TLS", "AUTH", "MAIL", "RCPT", "DATA", "body", "dot", "taken", "half-reply", "replied", "421", "451", "slow"}

// fault is a planned failure: the server closes the connection, or a program is killed
// while the server waits.
type fault struct {
	at   point
	kill bool
}

// killRequest asks for the death of the program that is connected.
type killRequest struct {
	node, life int       // life: how often it was killed before it connected
	done       chan bool // whether it is dead now
}

// arrival is a copy of a message that the server has taken.
type arrival struct {
	begun   time.Time // of its transaction
	sum     [32]byte  // without the fields that a relay has put before ours, as Received
	content string
}

// brokenMX is the server that mail is submitted to. It fails as planned, and keeps what
// it took, whether or not it could say so.
type brokenMX struct {
	addrs []string // one for each program that connects
	roots string   // the certificate of its issuer, a file
	kills chan killRequest
	// after is called with each message taken, before the reply; may be nil.
	after func(content []byte)

	tls *tls.Config
	ctx context.Context

	mu                  sync.Mutex
	rnd                 *rand.Rand
	connects, transacts []fault              // still planned
	arrivals            map[string][]arrival // by envelope identifier
	cut, killed         [points]int          // faults that happened
	lives               []int                // how often each program was killed
}

// startMX starts a server for a number of programs that fails at each point cuts times by
// itself, and kills times by the death of the program.
func startMX(t *testing.T, programs, cuts, kills int) *brokenMX {
	t.Helper()
	cert, key := mailtest.Certificate(t)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	mx := &brokenMX{roots: filepath.Join(t.TempDir(), "roots.pem"), kills: make(chan killRequest, 100), tls: &tls.Config{Certificates: []tls.Certificate{pair}},
		rnd: rand.New(rand.NewPCG(1, uint64(programs))), arrivals: map[string][]arrival{}, lives: make([]int, programs)}
	if err := os.WriteFile(mx.roots, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	for p := range points {
		for range cuts {
			mx.plan(fault{at: p})
		}
		for range kills {
			if p <= replied {
				mx.plan(fault{p, true})
			}
		}
	}
	for _, list := range [][]fault{mx.connects, mx.transacts} {
		mx.rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	ctx, stop := context.WithCancel(context.Background())
	mx.ctx = ctx
	var wg sync.WaitGroup
	for i := range programs {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		mx.addrs = append(mx.addrs, l.Addr().String())
		context.AfterFunc(ctx, func() { l.Close() })
		wg.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				wg.Go(func() {
					defer conn.Close()
					defer context.AfterFunc(ctx, func() { conn.Close() })()
					s := &mxSession{brokenMX: mx, tcp: conn.(*net.TCPConn), conn: conn, node: i, life: mx.life(i)}
					s.fault = mx.draw(&mx.connects)
					s.talk()
					mx.restore(s.fault)
				})
			}
		})
	}
	t.Cleanup(func() { stop(); wg.Wait() })
	return mx
}

func (mx *brokenMX) plan(f fault) {
	if f.at < atMail {
		mx.connects = append(mx.connects, f)
	} else {
		mx.transacts = append(mx.transacts, f)
	}
}

// draw returns a planned fault, or nil: in half of all cases, and when none is left.
func (mx *brokenMX) draw(from *[]fault) *fault {
	mx.mu.Lock()
	defer mx.mu.Unlock()
	if len(*from) == 0 || mx.rnd.IntN(2) == 0 {
		return nil
	}
	f := (*from)[0]
	*from = (*from)[1:]
	return &f
}

// restore plans a fault again that did not happen, because the program was killed before.
func (mx *brokenMX) restore(f *fault) {
	if f == nil {
		return
	}
	mx.mu.Lock()
	defer mx.mu.Unlock()
	mx.plan(*f)
}

// planned returns how many faults have not been drawn.
func (mx *brokenMX) planned() int {
	mx.mu.Lock()
	defer mx.mu.Unlock()
	return len(mx.connects) + len(mx.transacts)
}

func (mx *brokenMX) life(node int) int {
	mx.mu.Lock()
	defer mx.mu.Unlock()
	return mx.lives[node]
}

// died records that a program was killed.
func (mx *brokenMX) died(node int) {
	mx.mu.Lock()
	defer mx.mu.Unlock()
	mx.lives[node]++
}

// mxSession is one connection.
type mxSession struct {
	*brokenMX
	tcp        *net.TCPConn
	conn       net.Conn // with TLS after STARTTLS
	in         *bufio.Reader
	node, life int
	fault      *fault
	envelope   string
	begun      time.Time
}

// fails reports whether this is the point at which the connection ends, after that has
// happened.
func (s *mxSession) fails(p point) bool {
	if s.fault == nil || s.fault.at != p {
		return false
	}
	if s.fault.kill {
		r := killRequest{s.node, s.life, make(chan bool, 1)}
		s.kills <- r
		dead := false
		select {
		case dead = <-r.done:
		case <-s.ctx.Done():
		}
		if !dead { // the kill comes later
			s.restore(s.fault)
			s.fault = &fault{at: p}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault.kill {
		s.killed[p]++
	} else {
		s.cut[p]++
	}
	s.fault = nil
	if s.rnd.IntN(2) == 0 {
		s.tcp.SetLinger(0) // the connection is reset
	}
	s.tcp.Close()
	return true
}

// once reports whether the server does what the fault says, which it does once.
func (s *mxSession) once(p point) bool {
	if s.fault == nil || s.fault.at != p {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut[p]++
	s.fault = nil
	return true
}

func (s *mxSession) say(lines string) { io.WriteString(s.conn, lines+"\r\n") }

func (s *mxSession) talk() {
	if s.fails(atConnect) {
		return
	}
	s.in = bufio.NewReader(s.conn)
	s.say("220 mx.example ESMTP")
	if s.fails(atGreeting) {
		return
	}
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return
		}
		if !s.command(strings.TrimSpace(line)) {
			return
		}
	}
}

// command answers a command; false: the connection has ended.
func (s *mxSession) command(line string) bool {
	verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
	switch verb {
	case "EHLO":
		if s.fails(atEHLO) {
			return false
		}
		last := "AUTH PLAIN"
		if s.conn == net.Conn(s.tcp) {
			last = "STARTTLS"
		}
		s.say("250-mx.example\r\n250-8BITMIME\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n250 " + last)
	case "STARTTLS":
		s.say("220 Go ahead")
		if s.fails(atTLS) {
			return false
		}
		s.conn = tls.Server(s.tcp, s.tls)
		s.in = bufio.NewReader(s.conn)
	case "AUTH":
		if s.fails(atAuth) {
			return false
		}
		s.say("235 2.7.0 Welcome")
	case "MAIL":
		s.begun = time.Now()
		if s.fault == nil {
			s.fault = s.draw(&s.transacts)
		}
		if s.fails(atMail) {
			return false
		}
		if s.once(refuses421) {
			s.say("421 4.3.2 Shutting down")
			return false
		}
		_, id, _ := strings.Cut(line, "ENVID=")
		s.envelope, _, _ = strings.Cut(id, " ")
		s.say("250 2.1.0 Ok")
	case "RCPT":
		if s.fails(atRcpt) {
			return false
		}
		s.say("250 2.1.5 Ok")
	case "DATA":
		return !s.fails(atData) && s.data()
	case "QUIT":
		s.say("221 2.0.0 Bye")
		return false
	default:
		s.say("250 2.0.0 Ok")
	}
	return true
}

// data receives the content.
func (s *mxSession) data() bool {
	s.say("354 Go ahead")
	var content strings.Builder
	for n := 0; ; n++ {
		if n == 5 && s.fails(inBody) {
			return false
		}
		line, err := s.in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		content.WriteString(strings.TrimPrefix(line, "."))
	}
	if s.fails(atDot) {
		return false
	}
	if s.once(refuses451) {
		s.say("451 4.3.0 Try again later")
		return true
	}
	s.take(content.String())
	if s.fails(taken) {
		return false
	}
	if s.fault != nil && s.fault.at == halfReply {
		io.WriteString(s.conn, "250 2.0")
		return !s.fails(halfReply)
	}
	if s.once(slowReply) {
		<-time.After(2 * time.Second)
	}
	s.say("250 2.0.0 Ok: queued as " + s.envelope)
	if s.fails(replied) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rnd.IntN(3) > 0 // else it closes what the client keeps for the next message
}

// take keeps a message.
func (s *mxSession) take(content string) {
	s.mu.Lock()
	s.arrivals[s.envelope] = append(s.arrivals[s.envelope], arrival{s.begun, sha256.Sum256([]byte(content[max(0, strings.Index(content, "Date: ")):])), content})
	s.mu.Unlock()
	if s.after != nil {
		s.after([]byte(content))
	}
}

// faults returns what happened, for the log.
func (mx *brokenMX) faults() string {
	mx.mu.Lock()
	defer mx.mu.Unlock()
	var list []string
	for p := range points {
		list = append(list, fmt.Sprintf("%s=%d+%d", pointNames[p], mx.cut[p], mx.killed[p]))
	}
	return strings.Join(list, " ")
}
