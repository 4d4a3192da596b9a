package mailer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"switchboard/internal/oauth"
)

var (
	errNoPasswords  = errors.New("the server offers neither AUTH PLAIN nor AUTH LOGIN")
	errNoTokens     = errors.New("the server offers neither AUTH OAUTHBEARER nor AUTH XOAUTH2")
	errTokenRefused = errors.New("the access token was refused")
)

// connect opens a session. Without one, it says how far it got.
func (m *Mailer) connect(ctx context.Context) (*session, phase, error) {
	if m.cfg.Tokens == nil {
		return m.dial(ctx, "")
	}
	token, err := m.cfg.Tokens.Token(ctx, "")
	if err != nil {
		return nil, phaseToken, err
	}
	s, p, err := m.dial(ctx, token)
	if !errors.Is(err, errTokenRefused) {
		return s, p, err
	}
	// It may have been withdrawn before its time: once more with another one.
	if token, err = m.cfg.Tokens.Token(ctx, token); err != nil {
		return nil, phaseToken, err
	}
	return m.dial(ctx, token)
}

// dial is connect with a token in hand, or "" for the password.
func (m *Mailer) dial(ctx context.Context, token string) (*session, phase, error) {
	dialer := net.Dialer{Timeout: m.cfg.Timeout}
	conn, err := dialer.DialContext(ctx, "tcp", m.cfg.Addr)
	if err != nil {
		return nil, phaseConnect, err
	}
	s := &session{wire: newWire(conn, m.cfg.Timeout), cfg: &m.cfg}
	defer context.AfterFunc(ctx, s.abort)()
	if p, err := s.open(token); err != nil {
		s.abort()
		if ctx.Err() != nil { // what broke the connection
			err = ctx.Err()
		}
		return nil, p, err
	}
	return s, phaseMail, nil
}

func (s *session) open(token string) (phase, error) {
	switch s.cfg.TLS {
	case TLSImplicit:
		s.client = smtp.NewClient(tls.Client(s.wire, s.cfg.TLSConfig))
	case TLSNone:
		s.client = smtp.NewClient(s.wire)
	default:
		// The library greets as "localhost" before STARTTLS; RFC 3207 §4.2 makes the
		// server forget that name, and it gets the real one below.
		c, err := smtp.NewClientStartTLS(s.wire, s.cfg.TLSConfig)
		if err != nil {
			return phaseTLS, err
		}
		s.client = c
	}
	if err := s.client.Hello(s.cfg.Hostname); err != nil {
		return phaseGreeting, err
	}
	switch {
	case token != "":
		return phaseAuth, s.bearer(token)
	case s.cfg.User != "":
		return phaseAuth, s.password()
	}
	return phaseAuth, nil
}

func (s *session) password() error {
	switch {
	case s.client.SupportsAuth(sasl.Plain):
		return s.client.Auth(sasl.NewPlainClient("", s.cfg.User, s.cfg.Password))
	case s.client.SupportsAuth(sasl.Login):
		return s.client.Auth(sasl.NewLoginClient(s.cfg.User, s.cfg.Password))
	}
	return errNoPasswords
}

// bearer logs in with an access token (RFC 7628, RFC 4954 section 4).
func (s *session) bearer(token string) error {
	b := &oauth.Bearer{User: s.cfg.User, Token: token}
	if b.Mechanism = oauth.Mechanism(s.client.SupportsAuth); b.Mechanism == "" {
		return errNoTokens
	}
	err := s.client.Auth(b)
	if refused, ok := errors.AsType[*smtp.SMTPError](err); ok && refused.Code/100 == 5 {
		return fmt.Errorf("%w: %w", errTokenRefused, err)
	}
	return err
}
