package imapd

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"switchboard/desk"
	"switchboard/internal/deskmail"
	"switchboard/internal/deskmail/condstore"
)

// session is one connection. Its methods are called one at a time, except Close while Idle runs.
type session struct {
	server *Server
	conn   *imapserver.Conn
	wire   *condstore.Conn
	woken  chan struct{}

	mu       sync.Mutex // guards user and folder for notify, and use
	email    string
	password string
	checked  time.Time // when the password was
	user     deskmail.User

	use    sync.Mutex // held by what works on the view
	folder *folder    // nil: none is selected
	late   bool       // the client has not been told of new messages
}

// folder is the selected folder as the client knows it.
type folder struct {
	deskmail.Mailbox
	name     string
	readOnly bool
	entries  []deskmail.Entry // in the order of their UIDs; the index and one is the sequence number
	modseq   uint64           // up to which entries are known
}

func (s *session) signedIn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.user.Agent.ID.IsZero()
}

// notify wakes a session that idles, if what it shows has changed.
func (s *session) notify(folders []int64, users []desk.AgentID) {
	s.mu.Lock()
	concerned := s.folder != nil && slices.Contains(folders, s.folder.ID) || slices.Contains(users, s.user.Agent.ID)
	s.mu.Unlock()
	if concerned {
		select {
		case s.woken <- struct{}{}:
		default:
		}
	}
}

// Close implements imapserver.Session.
func (s *session) Close() error {
	s.server.mu.Lock()
	delete(s.server.sessions, s)
	s.server.mu.Unlock()
	return nil
}

// Login implements imapserver.Session.
func (s *session) Login(email, password string) error {
	ctx, cancel := s.context()
	defer cancel()
	a, err := s.server.cfg.Users.SignIn(ctx, s.conn.NetConn().RemoteAddr(), email, password)
	if err != nil {
		if desk.KindOf(err) == desk.KindDenied {
			return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeAuthenticationFailed, Text: plain(err.Error())}
		}
		return s.failure(err)
	}
	u, err := s.server.cfg.Users.MailUser(ctx, a.ID)
	if err != nil {
		return s.failure(err)
	}
	if err := s.server.cfg.Folders.NumberMail(ctx); err != nil {
		return s.failure(err)
	}
	n := 0
	s.server.mu.Lock()
	for other := range s.server.sessions {
		if other.is(a.ID) {
			n++
		}
	}
	s.server.mu.Unlock()
	if n >= s.server.cfg.MaxSessions {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeLimit, Text: "You have too many sessions; close a mail program"}
	}
	s.mu.Lock()
	s.user, s.email, s.password, s.checked = u, email, password, time.Now()
	s.mu.Unlock()
	s.server.cfg.Log.InfoContext(ctx, "IMAPSignedIn", "agent", a.ID)
	return nil
}

func (s *session) is(id desk.AgentID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user.Agent.ID == id
}

// context returns the context of a command.
func (s *session) context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.server.ctx, s.server.cfg.CommandTimeout)
}

// passwordInterval is how often the password is checked again.
const passwordInterval = 5 * time.Second

// begin returns the context of a command, and the agent as they are now. If they have lost or gained rights, the session ends:
// another set of messages is theirs, for which programs have to start again.
func (s *session) begin() (context.Context, context.CancelFunc, desk.Agent, error) {
	ctx, cancel := s.context()
	if err := s.check(ctx); err != nil {
		cancel()
		return nil, nil, desk.Agent{}, err
	}
	return ctx, cancel, s.user.Agent, nil
}

func (s *session) check(ctx context.Context) error {
	u, err := s.server.cfg.Users.MailUser(ctx, s.user.Agent.ID)
	if err == nil && time.Since(s.checked) > passwordInterval {
		err = s.server.cfg.Users.Valid(ctx, s.email, s.password)
		s.checked = time.Now()
	}
	switch {
	case err != nil && (desk.KindOf(err) == desk.KindDenied || desk.KindOf(err) == desk.KindNotFound):
		s.conn.Bye("You may not sign in any more") //nolint:errcheck // the connection is closed
		return errEnded
	case err != nil:
		return s.failure(err)
	case u.Epoch != s.user.Epoch:
		s.conn.Bye("Your permissions have changed; connect again") //nolint:errcheck // the connection is closed
		return errEnded
	}
	s.mu.Lock()
	s.user = u
	s.mu.Unlock()
	return nil
}

var errEnded = &imap.Error{Type: imap.StatusResponseTypeNo, Text: "The session has ended"}

// failure returns what a client is told about an error.
func (s *session) failure(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if s.user.Agent.Masked() {
		text = s.server.cfg.Site.Mask(text)
	}
	answer := &imap.Error{Type: imap.StatusResponseTypeNo, Text: plain(text)}
	switch desk.KindOf(err) {
	case desk.KindDenied:
		answer.Code = imap.ResponseCodeNoPerm
	case desk.KindNotFound:
		answer.Code, answer.Text = imap.ResponseCode("EXPUNGED"), "There is no such message any more"
	case desk.KindInvalid, desk.KindConflict:
		answer.Code = imap.ResponseCodeCannot
	case desk.KindTemporary:
		answer.Code, answer.Text = imap.ResponseCodeUnavailable, "The database does not answer; try again"
	default:
		s.server.cfg.Log.Error("IMAPFailed", "error", err)
		answer.Code, answer.Text = imap.ResponseCodeServerBug, "Something went wrong; the log says what"
	}
	return answer
}

// plain returns a text as responses have it.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, strings.NewReplacer("“", `"`, "”", `"`, "’", "'", "–", "-", "…", "...").Replace(text))
}

func refuse(code imap.ResponseCode, text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
}
