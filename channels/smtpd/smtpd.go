// Package smtpd receives mail by SMTP (RFC 5321) and LMTP (RFC 2033) with CHUNKING
// (RFC 3030), STARTTLS (RFC 3207) or TLS from the first octet (RFC 8314), SIZE
// (RFC 1870), 8BITMIME and SMTPUTF8. It is not a relay: it accepts mail for local
// addresses only, and replies 250 only after the journal has committed the message.
package smtpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"switchboard/channels"
	"switchboard/desk"
)

// Config configures a Server. A zero limit means the default that the field's comment
// gives.
type Config struct {
	// Addr is the host:port to listen on, where port 0 means any free port, or the
	// absolute path of a Unix socket.
	Addr   string
	LMTP   bool   // speak LMTP
	Domain string // host name used in the greeting, EHLO and Received; required
	// Recipients reports whether addr (without angle brackets, as the client sent it)
	// is a local address, including subaddresses and reply tokens. It is called from
	// many goroutines. RFC 5321 section 4.5.1 requires "postmaster" to be local.
	Recipients func(addr string) bool
	TLS        *tls.Config // if it is set, STARTTLS is offered
	// ImplicitTLS starts every connection with a TLS handshake. It requires TLS.
	ImplicitTLS bool
	// ProxyFrom are the proxies, which must send the client's address with the PROXY
	// protocol. From other peers the protocol is not accepted.
	ProxyFrom []netip.Prefix
	// Check examines a message after its content was received. It returns a *Refusal
	// to reject the message; after any other error the sender has to retry. May be nil.
	Check func(ctx context.Context, mail Reception) (Verdict, error)
	// Reserve waits for the memory that a large message of size octets needs until it is
	// journaled. Without it that memory is not limited.
	Reserve func(ctx context.Context, size int64) (release func(), err error)
	// Ready returns an error while nothing can be stored, so that senders are refused at
	// MAIL FROM, before they transfer the content. May be nil.
	Ready func() error
	Log   *slog.Logger

	MaxSize       int64 // size of one message in octets; 50 MiB
	MaxBuffered   int64 // total octets in memory of the messages being received; 128 MiB
	MaxSpooled    int64 // total octets in temporary files of the large ones; 2 GiB
	MaxRecipients int   // recipients of one message; 100 (RFC 5321 section 4.5.3.1.8)
	// MaxUnknown is how many unknown recipients a connection may name before it is ended
	// with a 421; 20. Negative, and with LMTP, whose client is a relay: any number.
	MaxUnknown    int
	MaxHops       int // Received fields above which a message is considered a loop; 50
	MaxConns      int // simultaneous connections; 4000
	MaxConnsPerIP int // simultaneous connections from one address, except loopback; 50

	CommandTimeout time.Duration // silence between commands; 5 min (RFC 5321 section 4.5.3.2.7)
	StallTimeout   time.Duration // silence within a message or a command; 30 s
	MinRate        int64         // octets per second below which the connection is closed; 256
	ReserveTimeout time.Duration // timeout of Reserve; 2 min
	CheckTimeout   time.Duration // timeout of Check; 60 s
	AcceptTimeout  time.Duration // timeout of the journal; 25 s
	DrainTimeout   time.Duration // for running transactions when the server stops; 10 s
}

// DefaultMaxSize is the default of Config.MaxSize.
const DefaultMaxSize = 50 * mebibyte

const (
	mebibyte        = 1 << 20
	defaultMaxHops  = 50
	endpoint        = "smtp"
	refusalDeadline = time.Second
)

func orDefault[T int | int64 | time.Duration](value *T, standard T) {
	if *value <= 0 {
		*value = standard
	}
}

// setDefaults replaces zero limits by their defaults.
func (c *Config) setDefaults() {
	orDefault(&c.MaxSize, DefaultMaxSize)
	orDefault(&c.MaxBuffered, 128*mebibyte)
	orDefault(&c.MaxSpooled, 2048*mebibyte)
	orDefault(&c.MaxRecipients, 100)
	if c.LMTP {
		c.MaxUnknown = -1
	} else if c.MaxUnknown == 0 {
		c.MaxUnknown = 20
	}
	orDefault(&c.MaxHops, defaultMaxHops)
	orDefault(&c.MaxConns, 4000)
	orDefault(&c.MaxConnsPerIP, 50)
	orDefault(&c.CommandTimeout, 5*time.Minute)
	orDefault(&c.StallTimeout, 30*time.Second)
	orDefault(&c.MinRate, 256)
	orDefault(&c.ReserveTimeout, 2*time.Minute)
	orDefault(&c.CheckTimeout, time.Minute)
	orDefault(&c.AcceptTimeout, 25*time.Second)
	orDefault(&c.DrainTimeout, 10*time.Second)
	if c.Reserve == nil {
		c.Reserve = func(context.Context, int64) (func(), error) { return func() {}, nil }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// Reception is a received message with its envelope.
type Reception struct {
	ClientIP netip.Addr // zero on a Unix socket
	Helo     string     // as the client sent it
	From     string     // reverse-path without angle brackets; "" is the null path
	To       []string   // forward-paths without angle brackets
	Content  []byte     // as it was sent, without the trace field that this server adds
}

// Verdict is the result of Config.Check, stored with the message.
type Verdict struct {
	AuthResults string // the value of an Authentication-Results field; may be empty
	// Quarantine is the reason why the message is accepted but held until an
	// administrator releases it; empty if it is not held.
	Quarantine string
}

// Apply stores the verdict in a raw item.
func (v Verdict) Apply(raw *desk.Raw) {
	raw.AuthResults = v.AuthResults
	if v.Quarantine != "" {
		raw.State, raw.Problem = desk.RawQuarantined, v.Quarantine
	}
}

// Server is the SMTP and LMTP channel.
type Server struct {
	cfg      Config
	buffered atomic.Int64 // octets in memory of the messages being received
	spooled  atomic.Int64 // octets in their temporary files

	mu       sync.Mutex
	listener net.Listener
	wires    map[*wire]struct{}
	perIP    map[string]int
	draining bool
}

// New checks the configuration and returns a Server that does not listen yet.
func New(cfg Config) (*Server, error) {
	if cfg.Domain == "" {
		return nil, errors.New("smtp: domain (the host name) is required")
	}
	if cfg.Recipients == nil {
		return nil, errors.New("smtp: recipients is required")
	}
	if cfg.ImplicitTLS && cfg.TLS == nil {
		return nil, errors.New("smtp: implicit TLS requires a certificate")
	}
	cfg.setDefaults()
	return &Server{cfg: cfg, wires: map[*wire]struct{}{}, perIP: map[string]int{}}, nil
}

// Listen opens the port and returns its address. Run calls it if it was not called
// before.
func (s *Server) Listen() (net.Addr, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		return s.listener.Addr(), nil
	}
	l, err := listen(s.cfg.Addr)
	if err != nil {
		return nil, &channels.Fault{
			Err:    fmt.Errorf("smtp: %w", err),
			Advice: "Check that " + s.cfg.Addr + " is an address of this machine, that no other program is listening on it, and that this user may use ports below 1024.",
		}
	}
	s.listener = l
	return l.Addr(), nil
}

// Run receives mail until ctx is done, then waits up to Config.DrainTimeout for running
// transactions to finish.
func (s *Server) Run(ctx context.Context, sink channels.Sink) error {
	if _, err := s.Listen(); err != nil {
		return err
	}
	s.mu.Lock()
	l := s.listener
	s.draining = false
	s.mu.Unlock()
	defer func() {
		l.Close()
		s.mu.Lock()
		s.listener = nil
		s.mu.Unlock()
	}()

	server := s.protocol(context.WithoutCancel(ctx), sink)
	served := make(chan error, 1)
	if len(s.cfg.ProxyFrom) > 0 {
		l = behindProxies(l, &s.cfg)
	}
	go func() { served <- server.Serve(&limitedListener{Listener: l, server: s}) }()
	channels.Healthy(sink)
	select {
	case err := <-served:
		server.Close()
		return fmt.Errorf("smtp: %w", err)
	case <-ctx.Done():
	}
	s.drain()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.DrainTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		s.cfg.Log.Warn("TransactionsAborted", "error", err)
		s.closeAll()
	}
	return nil
}

// protocol returns the library's server. The wire below it enforces line lengths and
// deadlines and handles TLS, because the library has one deadline for the whole of
// DATA and does not detect a connection that breaks within a chunk.
func (s *Server) protocol(ctx context.Context, sink channels.Sink) *smtp.Server {
	backend := smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		w, ok := c.Conn().(*wire)
		if !ok {
			return nil, errInternal
		}
		return &session{ctx: ctx, server: s, sink: sink, conn: c, wire: w}, nil
	})
	server := smtp.NewServer(backend)
	server.Domain = s.cfg.Domain
	server.LMTP = s.cfg.LMTP
	server.MaxRecipients = s.cfg.MaxRecipients
	server.MaxMessageBytes = s.cfg.MaxSize + 1 // the library refuses a message of exactly the limit
	server.MaxLineLength = 0
	server.EnableSMTPUTF8 = true
	server.ErrorLog = slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn)
	return server
}

// drain closes idle connections now and the others when their transaction ends.
func (s *Server) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	for w := range s.wires {
		w.drain()
	}
}

// closeAll closes all connections, including those in a transaction.
func (s *Server) closeAll() {
	s.mu.Lock()
	wires := slices.Collect(maps.Keys(s.wires))
	s.mu.Unlock()
	for _, w := range wires { // Close takes s.mu
		w.Close()
	}
}
