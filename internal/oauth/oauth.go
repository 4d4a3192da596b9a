// Package oauth gets access tokens of mail accounts (RFC 6749) and keeps them
// fresh: by a refresh token that somebody granted, or by the program's own
// credentials. What a token server gives in exchange for a refresh token is kept,
// so that a restart goes on where another process stopped.
package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"switchboard/internal/credential"
	"switchboard/internal/netfault"
)

// Config names a token server and what it is asked for.
type Config struct {
	Name     string // what Keeper knows the account by
	TokenURL string
	ClientID string
	// ClientSecret may be empty for a public client that has a RefreshToken.
	ClientSecret string
	// RefreshToken is what the owner of the account granted first; later ones are
	// kept. Empty: the program's own credentials are enough (RFC 6749 section 4.4).
	RefreshToken string
	Scopes       []string // may be empty: what was granted (RFC 6749 section 6)
	// InBody sends the client's credentials in the body, as some servers want it;
	// else that is found out by trying.
	InBody bool
}

// Keeper keeps tokens, sealed, by the account's name.
type Keeper interface {
	// Token returns what KeepToken kept last; nil if that is nothing.
	Token(ctx context.Context, name string) ([]byte, error)
	KeepToken(ctx context.Context, name string, sealed []byte) error
}

// Source gives access tokens of one account. It is safe for concurrent use, also
// by several processes with one Keeper.
type Source struct {
	cfg    Config
	keeper Keeper
	log    *slog.Logger
	client *http.Client

	mu     sync.Mutex
	grant  clientcredentials.Config
	token  oauth2.Token
	unkept bool // the refresh token is not with the Keeper yet
}

// patience bounds one request to a token server.
const patience = 30 * time.Second

// New makes a Source that asks nobody yet.
func New(cfg Config, keeper Keeper, log *slog.Logger) *Source {
	s := &Source{cfg: cfg, keeper: keeper, log: log, client: &http.Client{
		Timeout: patience,
		// Credentials go nowhere but where the configuration says.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	s.grant = clientcredentials.Config{ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, TokenURL: cfg.TokenURL, Scopes: cfg.Scopes}
	if cfg.InBody {
		s.grant.AuthStyle = oauth2.AuthStyleInParams
	}
	return s
}

// Token returns an access token that has not expired and is not refused, which
// is one that the mail server has just turned down, or "". An error may be an
// *Error.
func (s *Source) Token(ctx context.Context, refused string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.usable(refused) {
		if err := s.renew(ctx, refused); err != nil {
			return "", err
		}
	}
	if err := s.keep(ctx); err != nil {
		return "", err
	}
	return s.token.AccessToken, nil
}

func (s *Source) usable(refused string) bool {
	return s.token.Valid() && s.token.AccessToken != refused
}

// renew asks the token server, unless another process has just done so.
func (s *Source) renew(ctx context.Context, refused string) error {
	if s.cfg.RefreshToken == "" {
		fresh, err := s.ask(ctx, nil)
		if err == nil {
			s.token = *fresh
		}
		return err
	}
	if err := s.recall(ctx); err != nil || s.usable(refused) {
		return err
	}
	for {
		used := s.refreshToken()
		fresh, err := s.ask(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {used}})
		if err == nil {
			s.token, s.unkept = *fresh, true
			return nil
		}
		// Another process that used this token may have been given the next one.
		if recallErr := s.recall(ctx); recallErr != nil || s.refreshToken() == used {
			return err
		}
		if s.usable(refused) {
			return nil
		}
	}
}

func (s *Source) refreshToken() string {
	if s.token.RefreshToken != "" {
		return s.token.RefreshToken
	}
	return s.cfg.RefreshToken
}

// ask makes one request. The library's grant by client credentials serves for
// both: its refresh alone would not send the scopes, without which Microsoft may
// give a token for something else.
func (s *Source) ask(ctx context.Context, params url.Values) (*oauth2.Token, error) {
	s.grant.EndpointParams = params
	token, err := s.grant.Token(context.WithValue(ctx, oauth2.HTTPClient, s.client))
	if err != nil {
		return nil, s.explain(err)
	}
	s.log.Info("Renewed", "expires", token.Expiry)
	return token, nil
}

// context binds what is sealed to its account: in another one it opens nothing.
func (s *Source) context() string {
	return strings.Join([]string{s.cfg.Name, s.cfg.TokenURL, s.cfg.ClientID}, "\x00")
}

// recall takes over what is kept. It is sealed with the refresh token of the
// configuration: the database alone opens no mailbox, and a new token in the
// configuration makes what was kept before void.
func (s *Source) recall(ctx context.Context) error {
	if s.unkept { // nothing kept can be newer
		return nil
	}
	sealed, err := s.keeper.Token(ctx, s.cfg.Name)
	if err != nil {
		return fmt.Errorf("read the token: %w", err)
	}
	if sealed == nil {
		return nil
	}
	plain, err := credential.Open(s.cfg.RefreshToken, s.context(), sealed)
	if err != nil {
		s.log.Info("the kept token belongs to another grant; the configured one counts")
		return nil
	}
	var kept oauth2.Token
	if err := json.Unmarshal(plain, &kept); err != nil {
		return fmt.Errorf("read the token: %w", err)
	}
	s.token = kept
	return nil
}

// keep comes before use: a refresh token that took the place of another one is
// not to be lost with this process.
func (s *Source) keep(ctx context.Context) error {
	if !s.unkept {
		return nil
	}
	plain, err := json.Marshal(s.token)
	if err != nil {
		return fmt.Errorf("keep the token: %w", err)
	}
	sealed, err := credential.Seal(s.cfg.RefreshToken, s.context(), plain)
	if err != nil {
		return fmt.Errorf("keep the token: %w", err)
	}
	if err := s.keeper.KeepToken(ctx, s.cfg.Name, sealed); err != nil {
		return fmt.Errorf("keep the token: %w", err)
	}
	s.unkept = false
	return nil
}

// Error is a token server's refusal, or its absence.
type Error struct {
	Err     error
	Advice  string // what a person can do, in a sentence or two
	Refused bool   // trying again soon is of no use
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// explain makes an *Error without the server's whole page and without secrets.
func (s *Source) explain(err error) error {
	host := s.cfg.TokenURL
	if u, parseErr := url.Parse(s.cfg.TokenURL); parseErr == nil {
		host = u.Host
	}
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		// What it says of itself is "Post URL: dial tcp ...", which no one needs to read.
		what, advice := netfault.Explain(host, err)
		if what == "" {
			return &Error{Err: fmt.Errorf("token server %s: %w", host, err),
				Advice: "The token server does not answer as it should; check token_url. This is tried again by itself."}
		}
		return &Error{Err: errors.New("token server: " + what), Advice: advice + " Its address is token_url. This is tried again by itself."}
	}
	status := answer.Response.StatusCode
	said := fmt.Sprintf("status %d", status)
	if answer.ErrorCode != "" {
		first, _, _ := strings.Cut(strings.TrimSpace(answer.ErrorDescription), "\n")
		said = strings.TrimSpace(fmt.Sprintf("%.60s %.200s", answer.ErrorCode, strings.TrimSpace(first)))
	}
	out := &Error{Err: fmt.Errorf("token server %s: %s", host, said)}
	switch code := answer.ErrorCode; { // RFC 6749 section 5.2
	case status >= 500 || status == http.StatusTooManyRequests || code == "temporarily_unavailable" || code == "server_error":
		out.Advice = "The token server cannot serve just now; this is tried again by itself."
	case code == "invalid_client" || code == "unauthorized_client":
		out.Advice, out.Refused = "The token server does not accept client_id with this client_secret. Check both; a secret may have run out and need a new one.", true
	case code == "invalid_scope":
		out.Advice, out.Refused = "The token server does not grant the scopes; set those that the application was given for IMAP.", true
	case code == "invalid_grant" || code == "interaction_required" || code == "consent_required":
		out.Advice, out.Refused = "The permission to read the account has expired or was withdrawn. Let its owner grant it again, put the new refresh_token into the configuration and restart.", true
	default:
		out.Advice, out.Refused = "The token server refused; check token_url, client_id, the grant and the scopes.", status >= 400
	}
	return out
}
