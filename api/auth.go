package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"switchboard/desk"
	"switchboard/internal/credential"
)

const (
	sessionCookie = "sb_session"
	// sessionTTL is how long a session lives after its last use.
	sessionTTL = 12 * time.Hour
)

// openTo marks an operation that asks for nobody, by Operation.Metadata.
const openTo = "open"

// caller is who makes a request.
type caller struct {
	Agent desk.Agent
	// Cookie tells that the browser's session spoke, not a key.
	Cookie bool
}

// callerOf is who makes the request; the zero caller on open routes.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(keyCaller).(caller)
	return c
}

// agentOf is the agent who makes the request.
func agentOf(ctx context.Context) desk.Agent { return callerOf(ctx).Agent }

// authenticate lets a request through when it is signed in or the operation is open.
func (s *server) authenticate(ctx huma.Context, next func(huma.Context)) {
	if open, _ := ctx.Operation().Metadata[openTo].(bool); open {
		next(ctx)
		return
	}
	r, w := humago.Unwrap(ctx)
	who, err := s.identify(ctx.Context(), r, w)
	if err != nil {
		p := s.explain(ctx.Context(), err)
		if p.Status == http.StatusForbidden {
			p = unauthorized("the key or session is unknown or has expired")
		}
		writeProblem(w, r, p)
		return
	}
	if who.Agent.ID.IsZero() {
		writeProblem(w, r, unauthorized("sign in, or send an API key as Authorization: Bearer"))
		return
	}
	next(huma.WithValue(ctx, keyCaller, who))
}

func unauthorized(detail string) *ProblemDetails {
	p := problem(http.StatusUnauthorized, detail)
	p.headers = http.Header{"Www-Authenticate": {`Bearer realm="switchboard"`}}
	return p
}

// identify finds who a request comes from. A header counts before the cookie,
// and a wrong one does not fall back to it. Nobody is the zero caller; a secret
// that is not known is KindDenied. w, when it is not nil, gets the renewed cookie.
func (s *server) identify(ctx context.Context, r *http.Request, w http.ResponseWriter) (caller, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, key, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return caller{}, desk.Errorf(desk.KindDenied, "unknown authorization scheme")
		}
		return s.byKey(ctx, strings.TrimSpace(key))
	}
	cookie, err := r.Cookie(sessionCookie)
	if err != nil || cookie.Value == "" {
		return caller{}, nil // no cookie: nobody
	}
	return s.bySession(ctx, cookie.Value, r, w)
}

// identifyQuietly is identify for who is known already, without counting as a use
// of the session: an open page alone does not keep it alive.
func (s *server) identifyQuietly(ctx context.Context, r *http.Request) (caller, error) {
	if r.Header.Get("Authorization") == "" {
		cookie, err := r.Cookie(sessionCookie)
		if err != nil {
			return caller{}, desk.Errorf(desk.KindDenied, "no session")
		}
		a, _, err := s.Sessions.SessionAgent(ctx, credential.Digest(cookie.Value), 0)
		return caller{Agent: a, Cookie: true}, err
	}
	return s.identify(ctx, r, nil)
}

func (s *server) byKey(ctx context.Context, key string) (caller, error) {
	if !strings.HasPrefix(key, credential.KeyPrefix) {
		return caller{}, desk.Errorf(desk.KindDenied, "not an API key")
	}
	a, err := s.Keys.KeyAgent(ctx, credential.Digest(key))
	return caller{Agent: a}, err
}

func (s *server) bySession(ctx context.Context, token string, r *http.Request, w http.ResponseWriter) (caller, error) {
	a, extended, err := s.Sessions.SessionAgent(ctx, credential.Digest(token), sessionTTL)
	if err != nil {
		return caller{}, err
	}
	if extended && w != nil {
		http.SetCookie(w, s.cookie(r, token, sessionTTL))
	}
	return caller{Agent: a, Cookie: true}, nil
}

// cookie carries a session's token; a negative ttl takes it away.
func (s *server) cookie(r *http.Request, token string, ttl time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", MaxAge: int(ttl.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure(r),
	}
}
