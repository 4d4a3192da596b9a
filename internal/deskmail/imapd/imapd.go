// Package imapd lets the agents' mail programs read inboxes by IMAP (RFC 3501, with MOVE, IDLE, SPECIAL-USE, UIDPLUS and CONDSTORE).
// Each session has its own view of the folder that it has selected, which it compares with the database after each
// command, and while it idles when something has happened.
package imapd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/internal/deskmail"
	"switchboard/internal/deskmail/letter"
	"switchboard/live"
)

// Users finds who signs in.
type Users interface {
	// SignIn checks an app password, and counts failures; KindDenied with what to do.
	SignIn(ctx context.Context, addr net.Addr, email, password string) (desk.Agent, error)
	// Valid returns nil while the password is one of the agent's.
	Valid(ctx context.Context, email, password string) error
	// MailUser returns the agent as they are now; KindDenied if they may not work at the desk any more.
	MailUser(ctx context.Context, id desk.AgentID) (deskmail.User, error)
}

// Folders reads which messages are where.
type Folders interface {
	NumberMail(ctx context.Context) error
	MailChanged(ctx context.Context, since uint64) (folders []int64, users []desk.AgentID, newest uint64, err error)
	Mailboxes(ctx context.Context, as desk.Agent) ([]deskmail.Mailbox, error)
	MailEntries(ctx context.Context, as desk.Agent, m *deskmail.Mailbox, since uint64) (all []deskmail.Entry, next uint32, modseq uint64, err error)
}

// Messages reads messages.
type Messages interface {
	MailContents(ctx context.Context, as desk.Agent, ids []desk.MessageID, head int) ([]deskmail.Content, error)
	KeepMailTexts(ctx context.Context, as desk.Agent, texts map[desk.MessageID][]byte) error
	MailDraft(ctx context.Context, m *deskmail.Mailbox, uid uint32, head int) (deskmail.Content, error)
	MatchMail(ctx context.Context, as desk.Agent, m *deskmail.Mailbox, field, text string) (map[uint32]bool, error)
}

// Flags changes flags and drafts.
type Flags interface {
	SetMailFlags(ctx context.Context, as desk.Agent, of map[desk.ConversationID][]int64, c deskmail.Change) error
	AddMailDraft(ctx context.Context, m *deskmail.Mailbox, text []byte, flags []string) (uint32, error)
	FlagMailDraft(ctx context.Context, m *deskmail.Mailbox, uid uint32, flags []string) error
	DropMailDrafts(ctx context.Context, m *deskmail.Mailbox, uids []uint32) error
}

// Desk is what agents do to conversations.
type Desk interface {
	Assign(ctx context.Context, by desk.Agent, c desk.ConversationID, to desk.AgentID) (desk.Conversation, error)
	Move(ctx context.Context, by desk.Agent, c desk.ConversationID, m agent.Move) (desk.Conversation, error)
	SetStatus(ctx context.Context, by desk.Agent, c desk.ConversationID, s agent.Status) (desk.Conversation, error)
	SetPriority(ctx context.Context, by desk.Agent, c desk.ConversationID, to desk.Priority) (desk.Conversation, error)
}

// Config configures a Server.
type Config struct {
	Addr string      // host:port, where port 0 means any free port
	TLS  *tls.Config // nil: none
	Site letter.Site

	Users    Users
	Folders  Folders
	Messages Messages
	Flags    Flags
	Desk     Desk
	Hub      *live.Hub
	Log      *slog.Logger

	MaxConns    int // at the same time; 2000
	MaxSessions int // of an agent; 30
	// CommandTimeout bounds what one command does; 2 min.
	CommandTimeout time.Duration
}

// Server is the IMAP server.
type Server struct {
	cfg      Config
	listener net.Listener
	imap     *imapserver.Server
	ctx      context.Context // of all commands; ends when the server does
	stop     context.CancelFunc

	wake chan struct{}

	mu       sync.Mutex
	conns    int
	sessions map[*session]struct{}
}

// New returns a server that listens and does not serve yet.
func New(cfg Config) (*Server, error) {
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 2000
	}
	if cfg.MaxSessions == 0 {
		cfg.MaxSessions = 30
	}
	if cfg.CommandTimeout == 0 {
		cfg.CommandTimeout = 2 * time.Minute
	}
	l, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, err
	}
	if cfg.TLS != nil {
		l = tls.NewListener(l, cfg.TLS)
	}
	s := &Server{cfg: cfg, listener: l, wake: make(chan struct{}, 1), sessions: map[*session]struct{}{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	caps := imap.CapSet{}
	for _, c := range []imap.Cap{imap.CapIMAP4rev1, imap.CapNamespace, imap.CapUIDPlus, imap.CapESearch, imap.CapListExtended, imap.CapListStatus,
		imap.CapMove, imap.CapStatusSize, imap.CapChildren, imap.CapSpecialUse} {
		caps[c] = struct{}{}
	}
	s.imap = imapserver.New(&imapserver.Options{NewSession: s.open, Caps: caps, InsecureAuth: true, // the configuration allows it on loopback only
		Logger: quiet{cfg.Log}})
	return s, nil
}

// quiet logs what the library says, which is mostly about clients that go away.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(format string, args ...any) {
	q.log.Debug("IMAPSession", "error", fmt.Sprintf(format, args...))
}

// Addr is the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Sessions returns how many agents' programs are signed in.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for c := range s.sessions {
		if c.signedIn() {
			n++
		}
	}
	return n
}

// Close closes the listener and all sessions.
func (s *Server) Close() error {
	s.stop()
	err := s.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	s.imap.Close() //nolint:errcheck // the listener is closed already
	return err
}

// byeTime is how long the sessions may take to say goodbye when the server stops.
const byeTime = 2 * time.Second

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	sub := s.cfg.Hub.Notify(1, s.Wake, live.Everything)
	defer sub.Close()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watch(ctx, sub)
	}()
	served := make(chan error, 1)
	go func() { served <- s.imap.Serve(s.limited()) }()
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		s.goodbye()
	}
	s.Close() //nolint:errcheck // nothing else to do
	<-watched
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("imap: %w", err)
	}
	return nil
}

// goodbye tells the sessions that the server stops.
func (s *Server) goodbye() {
	s.mu.Lock()
	open := make([]*session, 0, len(s.sessions))
	for c := range s.sessions {
		open = append(open, c)
	}
	s.mu.Unlock()
	var wg sync.WaitGroup
	for _, c := range open {
		c.conn.NetConn().SetWriteDeadline(time.Now().Add(byeTime)) //nolint:errcheck // the connection is closed anyway
		wg.Go(func() { c.conn.Bye("The server is stopping; connect again") })
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(byeTime):
	}
}

// Wake makes the sessions look for changes.
func (s *Server) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

const (
	// watchInterval is how often changes are looked for that no event of this node has announced: another node's.
	watchInterval = 5 * time.Second
	// watchPause is the least time between two looks, so that many events are one.
	watchPause = 50 * time.Millisecond
)

// watch numbers new messages, and wakes the sessions whose folder or flags have changed.
func (s *Server) watch(ctx context.Context, sub *live.Subscription) {
	var since uint64
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-tick.C:
		}
		sub.Take()
		folders, users, newest, err := s.look(ctx, since)
		if err != nil {
			if ctx.Err() == nil {
				s.cfg.Log.WarnContext(ctx, "MailNotNumbered", "error", err)
			}
			continue
		}
		since = newest
		s.mu.Lock()
		for c := range s.sessions {
			c.notify(folders, users)
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(watchPause):
		}
	}
}

func (s *Server) look(ctx context.Context, since uint64) (folders []int64, users []desk.AgentID, newest uint64, err error) {
	if err := s.cfg.Folders.NumberMail(ctx); err != nil {
		return nil, nil, since, err
	}
	return s.cfg.Folders.MailChanged(ctx, since)
}
