// Package submit accepts the answers that agents write in their mail programs (RFC 6409). An answer is a reply in the console's sense:
// it leaves on the customer's channel, with the same permissions, and not if the agent has not seen what is new.
package submit

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/deskmail"
	"switchboard/internal/deskmail/letter"
)

// Users finds who signs in.
type Users interface {
	// SignIn checks an app password, and counts failures; KindDenied with what to do.
	SignIn(ctx context.Context, addr net.Addr, email, password string) (desk.Agent, error)
	// Valid returns nil while the password is one of the agent's.
	Valid(ctx context.Context, email, password string) error
	// MailUser returns the agent as they are now, whose folders exist afterwards.
	MailUser(ctx context.Context, id desk.AgentID) (deskmail.User, error)
}

// Threads finds conversations.
type Threads interface {
	FindMail(ctx context.Context, as desk.Agent, headers []string, ids []desk.MessageID) ([]deskmail.Found, error)
	Conversation(ctx context.Context, as desk.Agent, ref view.ConversationRef) (view.Conversation, error)
	SeenUntil(ctx context.Context, as desk.Agent, id desk.ConversationID, seq, last int64) (int64, error)
	SetMailFlags(ctx context.Context, as desk.Agent, of map[desk.ConversationID][]int64, c deskmail.Change) error
}

// Keeper keeps what is not sent, and the files of what is.
type Keeper interface {
	Mailboxes(ctx context.Context, as desk.Agent) ([]deskmail.Mailbox, error)
	AddMailDraft(ctx context.Context, m *deskmail.Mailbox, text []byte, flags []string) (uint32, error)
	SaveDraft(ctx context.Context, as desk.Agent, d view.Draft, base view.DraftBase) (view.Draft, error)
	AddUpload(ctx context.Context, as desk.Agent, p desk.Part) (view.Upload, error)
}

// Notices tells agents what happened to a reply.
type Notices interface {
	TellWithheld(ctx context.Context, as desk.Agent, c desk.ConversationID, text string) error
}

// Once sends a mail once that is submitted again because its answer was lost.
type Once interface {
	ClaimRepeat(ctx context.Context, c view.Claim, fingerprint []byte) (view.Repeat, view.Answer, error)
	BindRepeat(ctx context.Context, c view.Claim) context.Context
	KeepRepeat(ctx context.Context, c view.Claim, a view.Answer) error
	ReleaseRepeat(ctx context.Context, c view.Claim) error
}

// Desk writes messages.
type Desk interface {
	Reply(ctx context.Context, by desk.Agent, c desk.ConversationID, r agent.Reply) (desk.Message, error)
	Note(ctx context.Context, by desk.Agent, c desk.ConversationID, text string) (desk.Message, error)
}

// Config configures a Server.
type Config struct {
	Addr   string      // host:port, where port 0 means any free port
	TLS    *tls.Config // nil: none
	Domain string      // host name in the greeting
	Site   letter.Site
	Own    func(address string) bool // the desk's addresses

	Users   Users
	Threads Threads
	Keeper  Keeper
	Notices Notices
	Once    Once
	Desk    Desk
	Changed func() // wakes the folders
	Log     *slog.Logger
}

const (
	maxSize       = 50 << 20 // octets of a mail
	maxRecipients = 150
	maxConns      = 500
	atOnce        = 4 // mails whose content is in memory
	timeout       = 5 * time.Minute
	commandTime   = time.Minute // for what happens after the content
)

// Server is the submission server.
type Server struct {
	cfg      Config
	listener net.Listener
	smtp     *smtp.Server
	ctx      context.Context
	stop     context.CancelFunc
	slots    chan struct{}
	conns    atomic.Int64
	pace     pace
}

// New returns a server that listens and does not serve yet.
func New(cfg Config) (*Server, error) {
	l, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, err
	}
	if cfg.TLS != nil {
		l = tls.NewListener(l, cfg.TLS)
	}
	s := &Server{cfg: cfg, listener: l, slots: make(chan struct{}, atOnce), pace: pace{of: map[desk.AgentID]*window{}}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.open))
	s.smtp.Domain, s.smtp.MaxRecipients, s.smtp.MaxMessageBytes = cfg.Domain, maxRecipients, maxSize
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = timeout, timeout
	s.smtp.AllowInsecureAuth = true // the configuration allows it on loopback only, and TLS is around the connection
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.ErrorLog = slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug)
	return s, nil
}

// Addr is the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close closes the listener and all connections.
func (s *Server) Close() error {
	s.stop()
	err := s.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	s.smtp.Close() //nolint:errcheck // the listener is closed already
	return err
}

// drainTime is how long mails that are being accepted may take when the server stops.
const drainTime = 10 * time.Second

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- s.smtp.Serve(&listener{s.listener, s}) }()
	select {
	case err := <-served:
		s.Close() //nolint:errcheck // the first error is returned
		if ctx.Err() == nil {
			return err
		}
	case <-ctx.Done():
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		s.smtp.Shutdown(drain) //nolint:errcheck // what is left is closed
		s.Close()              //nolint:errcheck // nothing else to do
	}
	return nil
}

// listener limits connections, and notices those that break.
type listener struct {
	net.Listener
	server *Server
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.server.conns.Add(1) <= maxConns {
			return &wire{Conn: c, server: l.server}, nil
		}
		l.server.conns.Add(-1)
		c.Close()
	}
}

// wire remembers that a connection broke: the library takes that for the end of a chunk.
type wire struct {
	net.Conn
	server *Server
	broken atomic.Bool
	once   sync.Once
}

// Read implements net.Conn.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err != nil {
		w.broken.Store(true)
	}
	return n, err
}

// Close implements net.Conn.
func (w *wire) Close() error {
	w.once.Do(func() { w.server.conns.Add(-1) })
	return w.Conn.Close()
}

// pace limits how many mails an agent submits.
type pace struct {
	mu sync.Mutex
	of map[desk.AgentID]*window
}

type window struct {
	from time.Time
	n    int
}

// perMinute is how many mails an agent may submit in a minute.
const perMinute = 60

// take reports whether an agent may submit another mail now.
func (p *pace) take(id desk.AgentID, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.of[id]
	if w == nil || now.Sub(w.from) >= time.Minute {
		w = &window{from: now}
		p.of[id] = w
	}
	w.n++
	return w.n <= perMinute
}
