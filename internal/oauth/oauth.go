// Package oauth obtains and renews OAuth 2.0 access tokens for mail accounts (RFC
// 6749), with a refresh token granted by the account's owner or with client
// credentials. New refresh tokens are stored, so that they survive a restart and
// are shared by all processes.
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

// Config describes a token server and the grant to use.
type Config struct {
	Name     string // the account's key in the Keeper
	TokenURL string
	ClientID string
	// ClientSecret may be empty for a public client that has a RefreshToken.
	ClientSecret string
	// RefreshToken is the one first granted by the account's owner; later ones are
	// stored in the Keeper. Empty: use client credentials (RFC 6749 section 4.4).
	RefreshToken string
	Scopes       []string // may be empty: the scopes that were granted (RFC 6749 section 6)
	// InBody sends the client credentials in the request body, which some servers
	// require. Otherwise the library detects the style by trying.
	InBody bool
}

// Keeper stores encrypted tokens by account name.
type Keeper interface {
	// Token returns the last token passed to KeepToken; nil if there is none.
	Token(ctx context.Context, name string) ([]byte, error)
	KeepToken(ctx context.Context, name string, sealed []byte) error
}

// Source provides access tokens for one account. It is safe for concurrent use,
// and several processes may use the same Keeper.
type Source struct {
	cfg    Config
	keeper Keeper
	log    *slog.Logger
	client *http.Client

	mu      sync.Mutex
	grant   clientcredentials.Config
	token   oauth2.Token
	unsaved bool // the refresh token is not stored in the Keeper yet
}

// requestTimeout bounds one request to a token server.
const requestTimeout = 30 * time.Second

// New returns a Source. It makes no request yet.
func New(cfg Config, keeper Keeper, log *slog.Logger) *Source {
	s := &Source{cfg: cfg, keeper: keeper, log: log, client: &http.Client{
		Timeout: requestTimeout,
		// Credentials are sent to the configured server only.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	s.grant = clientcredentials.Config{ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, TokenURL: cfg.TokenURL, Scopes: cfg.Scopes}
	if cfg.InBody {
		s.grant.AuthStyle = oauth2.AuthStyleInParams
	}
	return s
}

// Token returns an access token that has not expired and differs from refused,
// which is the one the mail server has just rejected, or "". The error may be an
// *Error.
func (s *Source) Token(ctx context.Context, refused string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.usable(refused) {
		if err := s.renew(ctx, refused); err != nil {
			return "", err
		}
	}
	if err := s.save(ctx); err != nil {
		return "", err
	}
	return s.token.AccessToken, nil
}

func (s *Source) usable(refused string) bool {
	return s.token.Valid() && s.token.AccessToken != refused
}

// renew requests a new token unless another process has just stored one.
func (s *Source) renew(ctx context.Context, refused string) error {
	if s.cfg.RefreshToken == "" {
		fresh, err := s.request(ctx, nil)
		if err == nil {
			s.token = *fresh
		}
		return err
	}
	if err := s.load(ctx); err != nil || s.usable(refused) {
		return err
	}
	for {
		used := s.refreshToken()
		fresh, err := s.request(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {used}})
		if err == nil {
			s.token, s.unsaved = *fresh, true
			return nil
		}
		// Another process may have used this refresh token and stored its successor.
		if loadErr := s.load(ctx); loadErr != nil || s.refreshToken() == used {
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

// request makes one token request. It uses the library's client credentials grant
// for both kinds, because its refresh does not send the scopes, without which
// Microsoft may issue a token for a different resource.
func (s *Source) request(ctx context.Context, params url.Values) (*oauth2.Token, error) {
	s.grant.EndpointParams = params
	token, err := s.grant.Token(context.WithValue(ctx, oauth2.HTTPClient, s.client))
	if err != nil {
		return nil, s.explain(err)
	}
	s.log.Info("TokenRenewed", "expires", token.Expiry)
	return token, nil
}

// context binds an encrypted token to its account: it cannot be decrypted for
// another one.
func (s *Source) context() string {
	return strings.Join([]string{s.cfg.Name, s.cfg.TokenURL, s.cfg.ClientID}, "\x00")
}

// load reads the stored token. It is encrypted with the configured refresh token,
// so that the database alone gives no access to the account, and a new refresh
// token in the configuration replaces the stored one.
func (s *Source) load(ctx context.Context) error {
	if s.unsaved { // the stored token is older
		return nil
	}
	sealed, err := s.keeper.Token(ctx, s.cfg.Name)
	if err != nil {
		return fmt.Errorf("read the stored token: %w", err)
	}
	if sealed == nil {
		return nil
	}
	plain, err := credential.Open(s.cfg.RefreshToken, s.context(), sealed)
	if err != nil {
		s.log.Info("StoredTokenIgnored", "reason", "it was encrypted with another refresh_token; using the configured one")
		return nil
	}
	var stored oauth2.Token
	if err := json.Unmarshal(plain, &stored); err != nil {
		return fmt.Errorf("read the stored token: %w", err)
	}
	s.token = stored
	return nil
}

// save stores a new token before it is used: the refresh token it replaces may be
// invalid already, so it must not be lost with this process.
func (s *Source) save(ctx context.Context) error {
	if !s.unsaved {
		return nil
	}
	plain, err := json.Marshal(s.token)
	if err != nil {
		return fmt.Errorf("store the token: %w", err)
	}
	sealed, err := credential.Seal(s.cfg.RefreshToken, s.context(), plain)
	if err != nil {
		return fmt.Errorf("store the token: %w", err)
	}
	if err := s.keeper.KeepToken(ctx, s.cfg.Name, sealed); err != nil {
		return fmt.Errorf("store the token: %w", err)
	}
	s.unsaved = false
	return nil
}

// Error is a refusal by the token server, or a failure to reach it.
type Error struct {
	Err     error
	Advice  string // what to do, in one or two sentences
	Refused bool   // retrying soon is useless
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// explain returns an *Error without secrets and without the response body.
func (s *Source) explain(err error) error {
	host := s.cfg.TokenURL
	if u, parseErr := url.Parse(s.cfg.TokenURL); parseErr == nil {
		host = u.Host
	}
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		// The error's own text is "Post URL: dial tcp ...", which does not help operators.
		what, advice := netfault.Explain(host, err)
		if what == "" {
			return &Error{Err: fmt.Errorf("token server %s: %w", host, err),
				Advice: "The token server's response is invalid; check token_url. This is retried automatically."}
		}
		return &Error{Err: errors.New("token server: " + what), Advice: advice + " The address is set by token_url. This is retried automatically."}
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
		out.Advice = "The token server is temporarily unavailable; this is retried automatically."
	case code == "invalid_client" || code == "unauthorized_client":
		out.Advice, out.Refused = "The token server rejects client_id with this client_secret. Check both; the secret may have expired.", true
	case code == "invalid_scope":
		out.Advice, out.Refused = "The token server does not grant these scopes; set the ones the application was given for mail.", true
	case code == "invalid_grant" || code == "interaction_required" || code == "consent_required":
		out.Advice, out.Refused = "The permission to access the account has expired or was revoked. Have its owner grant it again, put the new refresh_token into the configuration and restart.", true
	default:
		out.Advice, out.Refused = "The token server refused the request; check token_url, client_id, refresh_token and the scopes.", status >= 400
	}
	return out
}
