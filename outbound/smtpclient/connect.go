package smtpclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"switchboard/internal/oauth"
	"switchboard/outbound/smtpreply"
)

// connect opens a session and logs in. On failure it returns the phase it got to.
func (c *Client) connect(ctx context.Context) (*session, smtpreply.Phase, error) {
	if c.cfg.Tokens == nil {
		return c.dial(ctx, "")
	}
	token, err := c.cfg.Tokens.Token(ctx, "")
	if err != nil {
		return nil, smtpreply.PhaseToken, err
	}
	s, phase, err := c.dial(ctx, token)
	if !errors.Is(err, smtpreply.ErrTokenRefused) {
		return s, phase, err
	}
	// The token may have been revoked before it expired: retry once with a new one.
	if token, err = c.cfg.Tokens.Token(ctx, token); err != nil {
		return nil, smtpreply.PhaseToken, err
	}
	return c.dial(ctx, token)
}

// dial connects and logs in with the access token, or with the password if token
// is empty. If TLS fails where it is opportunistic, it connects again without.
func (c *Client) dial(ctx context.Context, token string) (*session, smtpreply.Phase, error) {
	s, phase, err := c.dialWith(ctx, token, c.cfg.TLS)
	if err != nil && phase == smtpreply.PhaseTLS && c.cfg.TLS == TLSOpportunistic && ctx.Err() == nil {
		return c.dialWith(ctx, token, TLSNone)
	}
	return s, phase, err
}

// connectTimeout bounds the wait for a connection: a server that works answers SYN at once.
const connectTimeout = 30 * time.Second

func (c *Client) dialWith(ctx context.Context, token string, mode TLSMode) (*session, smtpreply.Phase, error) {
	dialer := net.Dialer{Timeout: min(c.cfg.Timeout, connectTimeout), Control: c.cfg.Control}
	conn, err := dialer.DialContext(ctx, "tcp", c.cfg.Addr)
	if err != nil {
		return nil, smtpreply.PhaseConnect, err
	}
	s := &session{conn: newDeadlineConn(conn, c.cfg.Timeout), cfg: &c.cfg, server: c.server}
	defer context.AfterFunc(ctx, s.abort)()
	if phase, err := s.open(token, mode); err != nil {
		s.abort()
		if ctx.Err() != nil { // the reason the connection broke
			err = ctx.Err()
		}
		return nil, phase, err
	}
	return s, smtpreply.PhaseMail, nil
}

// open starts TLS, greets the server and logs in.
func (s *session) open(token string, mode TLSMode) (smtpreply.Phase, error) {
	switch mode {
	case TLSImplicit:
		s.speak(tls.Client(s.conn, s.cfg.TLSConfig))
	case TLSNone:
		s.speak(s.conn)
	default:
		if phase, err := s.exchange(mode == TLSStart); err != nil {
			return phase, err
		}
	}
	if err := s.client.Hello(s.cfg.Hostname); err != nil {
		return smtpreply.PhaseGreeting, err
	}
	s.pipelining, _ = s.client.Extension("PIPELINING")
	switch {
	case token != "":
		return smtpreply.PhaseAuth, s.loginWithToken(token)
	case s.cfg.User != "":
		return smtpreply.PhaseAuth, s.loginWithPassword()
	}
	return smtpreply.PhaseAuth, nil
}

// speak begins SMTP on a connection.
func (s *session) speak(conn net.Conn) {
	s.pipe = newPipeline(conn)
	s.client = smtp.NewClient(s.pipe)
}

func (s *session) loginWithPassword() error {
	switch {
	case s.client.SupportsAuth(sasl.Plain):
		return s.client.Auth(sasl.NewPlainClient("", s.cfg.User, s.cfg.Password))
	case s.client.SupportsAuth(sasl.Login):
		return s.client.Auth(sasl.NewLoginClient(s.cfg.User, s.cfg.Password))
	}
	return smtpreply.ErrNoPasswordMechanism
}

// loginWithToken logs in with an access token (RFC 7628, RFC 4954 section 4).
func (s *session) loginWithToken(token string) error {
	bearer := &oauth.Bearer{User: s.cfg.User, Token: token}
	if bearer.Mechanism = oauth.Mechanism(s.client.SupportsAuth); bearer.Mechanism == "" {
		return smtpreply.ErrNoTokenMechanism
	}
	err := s.client.Auth(bearer)
	if reply, ok := errors.AsType[*smtp.SMTPError](err); ok && reply.Code/100 == 5 {
		return fmt.Errorf("%w: %w", smtpreply.ErrTokenRefused, err)
	}
	return err
}
