package mailbox

import (
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"

	"switchboard/internal/oauth"
)

var (
	errNoLogin      = errors.New("the server does not accept a password on this connection")
	errNoTokens     = errors.New("the server does not accept an access token on this connection")
	errTokenRefused = errors.New("the access token was refused")
)

// login logs in with the token, or with the password if token is "".
func (s *session) login(token string) error {
	if s.client.State() == imap.ConnStateAuthenticated {
		return nil // PREAUTH
	}
	s.expect(0)
	var err error
	if token != "" {
		err = s.bearer(token)
	} else {
		err = s.password()
	}
	if err != nil {
		return s.cfg.fault("login", s.guard.explain(err))
	}
	return nil
}

// password logs in with LOGIN, which every server supports unless it says otherwise.
func (s *session) password() error {
	caps := s.client.Caps()
	switch {
	case !caps.Has(imap.CapLoginDisabled):
		return s.client.Login(s.cfg.User, s.cfg.Password).Wait()
	case caps.Has(imap.AuthCap(sasl.Plain)):
		return s.client.Authenticate(sasl.NewPlainClient("", s.cfg.User, s.cfg.Password))
	}
	return errNoLogin
}

// bearer logs in with an access token.
func (s *session) bearer(token string) error {
	caps := s.client.Caps()
	b := &oauth.Bearer{User: s.cfg.User, Token: token}
	if b.Mechanism = oauth.Mechanism(func(m string) bool { return caps.Has(imap.AuthCap(m)) }); b.Mechanism == "" {
		return errNoTokens
	}
	err := s.client.Authenticate(b)
	refused, ok := errors.AsType[*imap.Error](err)
	switch {
	case !ok || later(refused):
		return err
	case b.Reason != "":
		return fmt.Errorf("%w: %w (%s)", errTokenRefused, err, b.Reason)
	}
	return fmt.Errorf("%w: %w", errTokenRefused, err)
}

// later reports whether the refusal is temporary and not the account's fault.
func later(refused *imap.Error) bool {
	switch refused.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeServerBug, imap.ResponseCodeLimit:
		return true
	}
	return false
}
