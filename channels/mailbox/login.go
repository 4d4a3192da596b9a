package mailbox

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
)

const xoauth2 = "XOAUTH2" // what Google and Microsoft spoke before RFC 7628

var (
	errNoLogin      = errors.New("the server allows no login with a password on this connection")
	errNoTokens     = errors.New("the server allows no login with an access token on this connection")
	errTokenRefused = errors.New("the access token was refused")
)

// login uses the token, or the password if that is "".
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

// password prefers LOGIN, which every server has, unless it says that it does not.
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
	b := &bearer{user: s.cfg.User, token: token}
	caps := s.client.Caps()
	switch {
	case caps.Has(imap.AuthCap(sasl.OAuthBearer)):
		b.mechanism = sasl.OAuthBearer
	case caps.Has(imap.AuthCap(xoauth2)):
		b.mechanism = xoauth2
	default:
		return errNoTokens
	}
	err := s.client.Authenticate(b)
	refused, ok := errors.AsType[*imap.Error](err)
	switch {
	case !ok || later(refused):
		return err
	case b.reason != "":
		return fmt.Errorf("%w: %w (%s)", errTokenRefused, err, b.reason)
	}
	return fmt.Errorf("%w: %w", errTokenRefused, err)
}

// later reports whether a refusal is the server's own trouble.
func later(refused *imap.Error) bool {
	switch refused.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeServerBug, imap.ResponseCodeLimit:
		return true
	}
	return false
}

// bearer is a SASL client for OAUTHBEARER and XOAUTH2.
type bearer struct {
	mechanism, user, token string
	reason                 string // why the server refuses, in its words; may be ""
}

// Start implements sasl.Client.
func (b *bearer) Start() (mechanism string, response []byte, err error) {
	if b.mechanism == sasl.OAuthBearer {
		return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: b.user, Token: b.token}).Start()
	}
	return b.mechanism, []byte("user=" + b.user + "\x01auth=Bearer " + b.token + "\x01\x01"), nil
}

// Next implements sasl.Client. A challenge is always a refusal with its reason;
// the server says NO after a dummy answer (RFC 7628 section 3.2.3). The library's
// own client would leave the command open instead.
func (b *bearer) Next(challenge []byte) (response []byte, err error) {
	var refusal struct{ Status string }
	if json.Unmarshal(challenge, &refusal) == nil {
		b.reason = fmt.Sprintf("%.60s", refusal.Status)
	}
	return []byte{1}, nil
}
