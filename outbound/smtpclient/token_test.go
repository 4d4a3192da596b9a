package smtpclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"switchboard/desk"
	"switchboard/internal/mailtest"
	"switchboard/internal/oauth"
	"switchboard/outbound/smtpreply"
)

// tokenSubmission is a submission server that accepts only access tokens, by one
// mechanism.
type tokenSubmission struct {
	submission
	tokens *mailtest.TokenServer
}

type tokenSession struct {
	submitter
	b *tokenSubmission
}

func (b *tokenSubmission) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &tokenSession{submitter{s: &b.submission, c: c}, b}, nil
}

func (u *tokenSession) Auth(string) (sasl.Server, error) {
	check := func(user, token string) bool {
		u.signed = user == "desk" && u.b.tokens.User(token) == "desk"
		return u.signed
	}
	if u.b.mechanism == sasl.OAuthBearer {
		return permanent{sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
			if check(o.Username, o.Token) {
				return nil
			}
			return &sasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer"}
		})}, nil
	}
	return &xoauth2Server{check: check}, nil
}

// permanent replies 535 where go-smtp would reply with a temporary error.
type permanent struct{ sasl.Server }

func (f permanent) Next(response []byte) (challenge []byte, done bool, err error) {
	if challenge, done, err = f.Server.Next(response); err != nil {
		err = &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "Authentication failed"}
	}
	return challenge, done, err
}

// xoauth2Server rejects a token like Google does: with a challenge that the client
// has to answer.
type xoauth2Server struct {
	check   func(user, token string) bool
	refused bool
}

func (x *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	if x.refused {
		return nil, true, &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "Username and Password not accepted"}
	}
	fields := bytes.Split(response, []byte("\x01"))
	if len(fields) != 4 {
		return nil, true, errors.New("malformed")
	}
	user, _ := strings.CutPrefix(string(fields[0]), "user=")
	token, _ := strings.CutPrefix(string(fields[1]), "auth=Bearer ")
	if x.check(user, token) {
		return nil, true, nil
	}
	x.refused = true
	return []byte(`{"status":"401","schemes":"Bearer"}`), false, nil
}

type memoryKeeper map[string][]byte

func (d memoryKeeper) Token(_ context.Context, name string) ([]byte, error) { return d[name], nil }

func (d memoryKeeper) KeepToken(_ context.Context, name string, sealed []byte) error {
	d[name] = sealed
	return nil
}

// TestTokens: messages are sent with an access token, with a new one if it was
// revoked, and the end of the permission is reported with advice.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{sasl.OAuthBearer, oauth.XOAuth2} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			tokens := mailtest.NewTokenServer(t)
			cert, pool := certify(t)
			backend := &tokenSubmission{submission{mechanism: mechanism}, tokens}
			server := smtp.NewServer(backend)
			server.Domain, server.ErrorLog = "smarthost", log.New(io.Discard, "", 0)
			server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- server.Serve(l) }()
			t.Cleanup(func() { server.Close(); <-ended })

			var reported *smtpreply.Fault
			kept := memoryKeeper{}
			granted := func(refresh, secret string) *Client {
				grant := oauth.Config{Name: "smarthost", TokenURL: tokens.TokenURL, ClientID: tokens.ClientID, ClientSecret: secret, RefreshToken: refresh}
				return clientFor(t, l.Addr().String(), func(cfg *Config) {
					cfg.TLS, cfg.User, cfg.TLSConfig = TLSStart, "desk", &tls.Config{RootCAs: pool}
					cfg.Tokens = oauth.New(grant, kept, slog.New(slog.DiscardHandler))
					cfg.Report = func(f *smtpreply.Fault) { reported = f }
				})
			}
			send := func(m *Client, state desk.DeliveryState) {
				t.Helper()
				m.Close() // so that each message uses a new connection
				if r := m.Submit(t.Context(), mailTo("jo@acme.example")); r.State != state {
					t.Fatalf("got %+v, want %s", r, state)
				}
			}
			m := granted(tokens.Grant("desk"), tokens.ClientSecret)
			send(m, desk.DeliverySent)
			tokens.Expire() // only the server knows
			send(m, desk.DeliverySent)
			if n := len(tokens.Requests()); n != 2 || reported != nil {
				t.Errorf("%d tokens asked for, want 2; reported %v", n, reported)
			}
			tokens.Revoke()
			send(m, desk.DeliveryDelayed)
			if reported == nil || !reported.Unauthorised || !strings.Contains(reported.Advice, "put the new refresh_token") {
				t.Errorf("reported %+v", reported)
			}
			send(granted(tokens.Grant("desk"), "wrong"), desk.DeliveryDelayed)
			if !strings.Contains(reported.Advice, "client_secret") {
				t.Errorf("reported %+v", reported)
			}
			send(granted(tokens.Grant("ceo"), tokens.ClientSecret), desk.DeliveryDelayed)
			if !strings.Contains(reported.Advice, `even a new access token for "desk"`) {
				t.Errorf("reported %+v", reported)
			}
			send(granted(tokens.Grant("desk"), tokens.ClientSecret), desk.DeliverySent)
			if reported != nil {
				t.Errorf("reported %+v", reported)
			}
		})
	}
}
