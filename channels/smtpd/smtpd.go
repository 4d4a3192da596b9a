// Package smtpd receives mail by SMTP (RFC 5321) and LMTP (RFC 2033) with CHUNKING
// (RFC 3030), STARTTLS (RFC 3207) or TLS from the first octet (RFC 8314), SIZE
// (RFC 1870), 8BITMIME and SMTPUTF8. It is the end of a mail's way, not a relay:
// it takes mail for our own addresses only, and says 250 to it only after the
// journal has committed it.
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

// Config says where and from whom mail is received. Zero values of the limits
// mean the default named with each.
type Config struct {
	// Addr is the host:port to listen on, where port 0 takes a free one, or the
	// absolute path of a Unix socket.
	Addr   string
	LMTP   bool   // speak LMTP
	Domain string // our host name in the greeting, EHLO and Received; never empty
	// Recipients reports whether addr (no angle brackets, as the client wrote
	// it) is one of our own addresses, subaddresses and reply tokens included.
	// It is called from many goroutines. RFC 5321 section 4.5.1 wants
	// "postmaster" among them.
	Recipients func(addr string) bool
	TLS        *tls.Config // offers STARTTLS when set
	// ImplicitTLS begins every connection with the handshake; TLS must be set.
	ImplicitTLS bool
	// ProxyFrom are the proxies that tell the client's address with the PROXY
	// protocol, and must; nobody else is believed.
	ProxyFrom []netip.Prefix
	// Check looks at a mail that was received whole. It returns a *Refusal when the
	// mail must not be taken; any other error leaves the mail to its sender for
	// now. May be nil.
	Check func(ctx context.Context, mail Reception) (Verdict, error)
	Log   *slog.Logger

	MaxSize       int64 // octets of one message; 50 MiB
	MaxBuffered   int64 // octets of all messages being received at once; 256 MiB
	MaxRecipients int   // of one message; 100 (RFC 5321 section 4.5.3.1.8)
	MaxHops       int   // Received fields of a message that is not yet a loop; 50
	MaxConns      int   // connections at once; 4000
	MaxConnsPerIP int   // connections at once from one address, loopback excepted; 50

	CommandTimeout time.Duration // silence between commands; 5 min (RFC 5321 section 4.5.3.2.7)
	StallTimeout   time.Duration // silence within a message or a command; 30 s
	MinRate        int64         // octets per second below which a message is cut off; 256
	CheckTimeout   time.Duration // for Check; 60 s
	AcceptTimeout  time.Duration // wait for the journal; 25 s
	DrainTimeout   time.Duration // for transactions in flight at the end; 10 s
}

// DefaultMaxSize is Config.MaxSize when nobody sets it.
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

func (c *Config) setDefaults() {
	orDefault(&c.MaxSize, DefaultMaxSize)
	orDefault(&c.MaxBuffered, 256*mebibyte)
	orDefault(&c.MaxRecipients, 100)
	orDefault(&c.MaxHops, defaultMaxHops)
	orDefault(&c.MaxConns, 4000)
	orDefault(&c.MaxConnsPerIP, 50)
	orDefault(&c.CommandTimeout, 5*time.Minute)
	orDefault(&c.StallTimeout, 30*time.Second)
	orDefault(&c.MinRate, 256)
	orDefault(&c.CheckTimeout, time.Minute)
	orDefault(&c.AcceptTimeout, 25*time.Second)
	orDefault(&c.DrainTimeout, 10*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// Reception is a mail as a session told it.
type Reception struct {
	ClientIP netip.Addr // zero on a Unix socket
	Helo     string     // as the client wrote it
	From     string     // reverse-path without angle brackets; "" is the null path
	To       []string   // forward-paths without angle brackets
	Content  []byte     // as it was sent, without our trace field
}

// Verdict is what goes with a mail into the journal.
type Verdict struct {
	AuthResults string // the value of an Authentication-Results field; may be empty
	// Quarantine says why the mail is taken, but shown to nobody before an
	// administrator lets it through; empty for all others.
	Quarantine string
}

// Apply writes the verdict on a mail.
func (v Verdict) Apply(raw *desk.Raw) {
	raw.AuthResults = v.AuthResults
	if v.Quarantine != "" {
		raw.State, raw.Problem = desk.RawQuarantined, v.Quarantine
	}
}

// Server is the SMTP entrance; it implements channels.Channel.
type Server struct {
	cfg      Config
	buffered atomic.Int64

	mu       sync.Mutex
	listener net.Listener
	wires    map[*wire]struct{}
	perIP    map[string]int
	draining bool
}

// New checks the configuration and makes a Server that does not listen yet.
func New(cfg Config) (*Server, error) {
	if cfg.Domain == "" {
		return nil, errors.New("smtp: the domain (host name) is missing")
	}
	if cfg.Recipients == nil {
		return nil, errors.New("smtp: the list of own recipients is missing")
	}
	if cfg.ImplicitTLS && cfg.TLS == nil {
		return nil, errors.New("smtp: TLS from the first octet needs a certificate")
	}
	cfg.setDefaults()
	return &Server{cfg: cfg, wires: map[*wire]struct{}{}, perIP: map[string]int{}}, nil
}

// Listen opens the port and returns its address. Run does so itself if Listen
// was not called before.
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
			Advice: "Check that " + s.cfg.Addr + " is an address of this machine, that no other program listens there, and that ports below 1024 are allowed to this user.",
		}
	}
	s.listener = l
	return l.Addr(), nil
}

// Run receives mail until ctx is done, then lets the transactions in flight
// finish within Config.DrainTimeout.
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
		s.cfg.Log.Warn("transactions were cut off at the end", "error", err)
		s.closeAll()
	}
	return nil
}

// protocol makes the library's server. Limits of line length, deadlines and TLS
// are kept by the wire below it, because the library's cover the whole of DATA
// with one deadline and cannot see a link that breaks within a chunk.
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
	server.MaxMessageBytes = s.cfg.MaxSize + 1 // the library refuses a message of exactly its limit
	server.MaxLineLength = 0
	server.EnableSMTPUTF8 = true
	server.ErrorLog = slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn)
	return server
}

// drain ends idle connections now and the others at their transaction's end.
func (s *Server) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	for w := range s.wires {
		w.drain()
	}
}

func (s *Server) closeAll() {
	s.mu.Lock()
	wires := slices.Collect(maps.Keys(s.wires))
	s.mu.Unlock()
	for _, w := range wires { // Close takes s.mu
		w.Close()
	}
}
