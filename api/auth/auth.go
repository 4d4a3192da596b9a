// Package auth authenticates API requests, by API key or by session cookie, and
// signs agents in and out.
package auth

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/api/problem"
	"switchboard/api/site"
	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/internal/scope"
	"switchboard/internal/signinlimit"
)

// Names of the session cookie. Over TLS it has the prefix with which browsers accept it
// only from this very host (RFC 6265bis §4.1.3.2), so that a neighbouring site cannot
// plant one; without TLS browsers would refuse that name.
const (
	Cookie      = "__Host-" + PlainCookie
	PlainCookie = "sb_session"
)

// AgentHeader names the agent whom the client believes to be signed in. A request by
// anyone else is refused: the session of a browser may have changed in another tab.
const AgentHeader = "Switchboard-Agent"

// sessionTTL is how long a session lasts after its last use.
const sessionTTL = 12 * time.Hour

// Public is a key of huma.Operation.Metadata: true for operations that need no
// authentication. All others do, so that a forgotten check denies access.
const Public = "public"

// Scope is a key of huma.Operation.Metadata: what an API key with scopes needs for the operation (internal/scope);
// empty: nothing.
const Scope = "scope"

// ExpiredDetail is the text of a 401 for credentials that are not valid (any more).
const ExpiredDetail = "the API key or session is invalid or has expired"

// People finds agents who can sign in.
type People interface {
	// AgentByEmail returns an agent with the password's hash; KindNotFound when
	// there is none or it is disabled.
	AgentByEmail(ctx context.Context, email string) (desk.Agent, string, error)
}

// Sessions stores the digests of session tokens.
type Sessions interface {
	CreateSession(ctx context.Context, digest []byte, id desk.AgentID, ttl time.Duration) error
	// SessionAgent returns the session's agent and whether its expiry was moved to
	// ttl from now; KindDenied when there is no such session. A ttl of 0 never
	// moves it.
	SessionAgent(ctx context.Context, digest []byte, ttl time.Duration) (a desk.Agent, extended bool, err error)
	DeleteSession(ctx context.Context, digest []byte) error
	// ChangePassword sets an agent's password and ends all their sessions and API keys,
	// which it counts. With a digest it starts a session in their place.
	ChangePassword(ctx context.Context, id desk.AgentID, hash string, digest []byte, ttl time.Duration) (sessions, keys int, err error)
}

// Keys finds the agent an API key belongs to.
type Keys interface {
	// KeyAgent returns the agent whose permissions a key carries, and its scopes; KindDenied when
	// there is no such key.
	KeyAgent(ctx context.Context, digest []byte) (desk.Agent, []string, error)
}

// Authenticator authenticates requests and manages browser sessions.
type Authenticator struct {
	people   People
	sessions Sessions
	keys     Keys
	site     site.Site
	log      *slog.Logger
	attempts *signinlimit.Limiter
	hashing  chan struct{} // bounds concurrent password checks
}

// New returns an Authenticator.
func New(people People, sessions Sessions, keys Keys, site site.Site, log *slog.Logger) *Authenticator {
	return &Authenticator{
		people: people, sessions: sessions, keys: keys, site: site, log: log,
		attempts: signinlimit.New(time.Now), hashing: make(chan struct{}, 2),
	}
}

type (
	agentKey  struct{}
	scopesKey struct{}
)

// AgentOf returns the agent who makes the request; zero on public operations.
func AgentOf(ctx context.Context) desk.Agent {
	a, _ := ctx.Value(agentKey{}).(desk.Agent)
	return a
}

// Scopes returns the scopes of the API key that makes the request; empty if it has none, or for a
// session.
func Scopes(ctx context.Context) []string {
	scopes, _ := ctx.Value(scopesKey{}).([]string)
	return scopes
}

// Middleware is a huma middleware. It answers 401 unless the request is
// authenticated or the operation is Public.
func (a *Authenticator) Middleware(ctx huma.Context, next func(huma.Context)) {
	if public, _ := ctx.Operation().Metadata[Public].(bool); public {
		next(ctx)
		return
	}
	r, w := humago.Unwrap(ctx)
	who, scopes, err := a.identify(ctx.Context(), r, w)
	if err != nil {
		p := problem.Explain(ctx.Context(), a.log, err)
		if p.Status == http.StatusForbidden {
			p = problem.Unauthorized(ExpiredDetail)
		}
		problem.Write(w, r, p)
		return
	}
	if who.ID.IsZero() {
		problem.Write(w, r, problem.Unauthorized("sign in, or send an API key as Authorization: Bearer KEY"))
		return
	}
	if expected := r.Header.Get(AgentHeader); expected != "" && expected != who.ID.String() {
		problem.Write(w, r, problem.New(http.StatusPreconditionFailed, "you are signed in as "+who.Name+" now; nothing was changed"))
		return
	}
	need, _ := ctx.Operation().Metadata[Scope].(string)
	if !scope.Allow(scopes, need) {
		problem.Write(w, r, problem.New(http.StatusForbidden, lacksScope(need)))
		return
	}
	next(huma.WithValue(huma.WithValue(ctx, agentKey{}, who), scopesKey{}, scopes))
}

func lacksScope(need string) string { return "the API key lacks the scope " + need }

// Identify returns the agent who makes a request: zero when it carries no
// credentials, KindDenied when they are not valid, and a problem if its API key lacks a
// scope. The Authorization header takes precedence over the cookie, and there is no fallback.
func (a *Authenticator) Identify(ctx context.Context, r *http.Request, need string) (desk.Agent, error) {
	who, scopes, err := a.identify(ctx, r, nil)
	if err == nil && !scope.Allow(scopes, need) {
		return desk.Agent{}, problem.New(http.StatusForbidden, lacksScope(need))
	}
	return who, err
}

// identify returns who makes a request, and the scopes of their API key. A renewed cookie is set on w unless that is nil.
func (a *Authenticator) identify(ctx context.Context, r *http.Request, w http.ResponseWriter) (desk.Agent, []string, error) {
	if r.Header.Get("Authorization") != "" {
		return a.byHeader(ctx, r)
	}
	cookie, err := r.Cookie(a.cookieName(r))
	if err != nil || cookie.Value == "" {
		return desk.Agent{}, nil, nil
	}
	who, extended, err := a.sessions.SessionAgent(ctx, credential.Digest(cookie.Value), sessionTTL)
	if err != nil {
		return desk.Agent{}, nil, err
	}
	if extended && w != nil {
		http.SetCookie(w, a.cookie(r, cookie.Value, sessionTTL))
	}
	return who, nil, nil
}

// Recheck authenticates an earlier request again. Unlike Identify it does not
// extend the session, because an open page alone must not keep it alive.
func (a *Authenticator) Recheck(ctx context.Context, r *http.Request) (desk.Agent, error) {
	if r.Header.Get("Authorization") != "" {
		who, _, err := a.byHeader(ctx, r)
		return who, err
	}
	cookie, err := r.Cookie(a.cookieName(r))
	if err != nil {
		return desk.Agent{}, desk.Errorf(desk.KindDenied, "no session")
	}
	who, _, err := a.sessions.SessionAgent(ctx, credential.Digest(cookie.Value), 0)
	return who, err
}

func (a *Authenticator) byHeader(ctx context.Context, r *http.Request) (desk.Agent, []string, error) {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return desk.Agent{}, nil, desk.Errorf(desk.KindDenied, "unknown authorization scheme")
	}
	return a.byKey(ctx, strings.TrimSpace(key))
}

// Credential returns the secret that authenticates a request, a key or a session
// token; "" if it has none.
func Credential(r *http.Request) string {
	if _, key, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		return strings.TrimSpace(key)
	}
	if c := anyCookie(r); c != nil {
		return c.Value
	}
	return ""
}

// HasCookie reports whether a browser sent a session cookie, valid or not.
func HasCookie(r *http.Request) bool { return anyCookie(r) != nil }

func anyCookie(r *http.Request) *http.Cookie {
	for _, name := range []string{Cookie, PlainCookie} {
		if c, err := r.Cookie(name); err == nil {
			return c
		}
	}
	return nil
}

// ByKey returns the agent an API key belongs to; KindDenied when it is not valid, or lacks a scope.
func (a *Authenticator) ByKey(ctx context.Context, key, need string) (desk.Agent, error) {
	who, scopes, err := a.byKey(ctx, key)
	if err == nil && !scope.Allow(scopes, need) {
		return desk.Agent{}, desk.Errorf(desk.KindDenied, "%s", lacksScope(need))
	}
	return who, err
}

func (a *Authenticator) byKey(ctx context.Context, key string) (desk.Agent, []string, error) {
	if !strings.HasPrefix(key, credential.KeyPrefix) {
		return desk.Agent{}, nil, desk.Errorf(desk.KindDenied, "not an API key")
	}
	return a.keys.KeyAgent(ctx, credential.Digest(key))
}

// cookieName returns the name of the session cookie for a request's browser.
func (a *Authenticator) cookieName(r *http.Request) string {
	if a.site.Secure(r) {
		return Cookie
	}
	return PlainCookie
}

// cookie carries a session token; a negative ttl deletes it.
func (a *Authenticator) cookie(r *http.Request, token string, ttl time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: a.cookieName(r), Value: token, Path: "/", MaxAge: int(ttl.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.site.Secure(r),
	}
}
