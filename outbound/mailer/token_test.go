package mailer

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
)

// bearers is a submission server that takes access tokens, and nothing else, by
// one mechanism.
type bearers struct {
	submission
	tokens *mailtest.TokenServer
}

type bearing struct {
	submitter
	b *bearers
}

func (b *bearers) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &bearing{submitter{s: &b.submission, c: c}, b}, nil
}

func (u *bearing) Auth(string) (sasl.Server, error) {
	check := func(user, token string) bool {
		u.signed = user == "desk" && u.b.tokens.User(token) == "desk"
		return u.signed
	}
	if u.b.mechanism == sasl.OAuthBearer {
		return firm{sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
			if check(o.Username, o.Token) {
				return nil
			}
			return &sasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer"}
		})}, nil
	}
	return &xoauth2Server{check: check}, nil
}

// firm says 535 where the library would say "later".
type firm struct{ sasl.Server }

func (f firm) Next(response []byte) (challenge []byte, done bool, err error) {
	if challenge, done, err = f.Server.Next(response); err != nil {
		err = &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "Authentication failed"}
	}
	return challenge, done, err
}

// xoauth2Server refuses as Google does: with a challenge that wants an answer.
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

type drawer map[string][]byte

func (d drawer) Token(_ context.Context, name string) ([]byte, error) { return d[name], nil }

func (d drawer) KeepToken(_ context.Context, name string, sealed []byte) error {
	d[name] = sealed
	return nil
}

// TestTokens: mail goes out with an access token, with a new one when it has been
// withdrawn, and the end of the permission is told with what to do.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{sasl.OAuthBearer, oauth.XOAuth2} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			tokens := mailtest.NewTokenServer(t)
			cert, pool := certify(t)
			backend := &bearers{submission{mechanism: mechanism}, tokens}
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

			var told *Fault
			kept := drawer{}
			granted := func(refresh, secret string) *Mailer {
				grant := oauth.Config{Name: "smarthost", TokenURL: tokens.TokenURL, ClientID: tokens.ClientID, ClientSecret: secret, RefreshToken: refresh}
				return mailerFor(t, l.Addr().String(), func(cfg *Config) {
					cfg.TLS, cfg.User, cfg.TLSConfig = TLSStart, "desk", &tls.Config{RootCAs: pool}
					cfg.Tokens = oauth.New(grant, kept, slog.New(slog.DiscardHandler))
					cfg.Report = func(f *Fault) { told = f }
				})
			}
			send := func(m *Mailer, state desk.DeliveryState) {
				t.Helper()
				m.Close() // each on a connection of its own
				msg := numbered()
				if r, err := m.Send(t.Context(), msg, deliveryOf(&msg, "jo@acme.example")); err != nil || r.State != state {
					t.Fatalf("got %+v, %v, want %s", r, err, state)
				}
			}
			m := granted(tokens.Grant("desk"), tokens.ClientSecret)
			send(m, desk.DeliverySent)
			tokens.Expire() // which only the server knows
			send(m, desk.DeliverySent)
			if n := len(tokens.Asked()); n != 2 || told != nil {
				t.Errorf("%d tokens asked for, want 2; told %v", n, told)
			}
			tokens.Revoke()
			send(m, desk.DeliveryDelayed)
			if told == nil || !told.Unauthorised || !strings.Contains(told.Advice, "put the new refresh_token") {
				t.Errorf("told %+v", told)
			}
			send(granted(tokens.Grant("desk"), "wrong"), desk.DeliveryDelayed)
			if !strings.Contains(told.Advice, "client_secret") {
				t.Errorf("told %+v", told)
			}
			send(granted(tokens.Grant("ceo"), tokens.ClientSecret), desk.DeliveryDelayed)
			if !strings.Contains(told.Advice, `even a fresh access token for "desk"`) {
				t.Errorf("told %+v", told)
			}
			send(granted(tokens.Grant("desk"), tokens.ClientSecret), desk.DeliverySent)
			if told != nil {
				t.Errorf("told %+v", told)
			}
		})
	}
}
