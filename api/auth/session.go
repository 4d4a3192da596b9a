package auth

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/internal/credential"
	"switchboard/internal/forwarded"
)

// SignIn checks a password and starts a session. Unknown addresses, wrong
// passwords and agents without a password get the same 401 in the same time.
func (a *Authenticator) SignIn(ctx context.Context, r *http.Request, email, password string) (desk.Agent, *http.Cookie, error) {
	attempt := attempt{account: strings.ToLower(email), addr: forwarded.Addr(r.RemoteAddr)}
	if wait := a.attempts.take(attempt); wait > 0 {
		seconds := strconv.Itoa(int(wait.Seconds()) + 1)
		return desk.Agent{}, nil, problem.New(http.StatusTooManyRequests, "too many sign-in attempts; try again later").WithHeader("Retry-After", seconds)
	}
	who, hash, err := a.people.AgentByEmail(ctx, email)
	if err != nil && desk.KindOf(err) != desk.KindNotFound {
		return desk.Agent{}, nil, err
	}
	ok, err := a.verify(ctx, hash, password)
	if err != nil {
		return desk.Agent{}, nil, err
	}
	if !ok || who.ID.IsZero() {
		a.log.InfoContext(ctx, "SignInRefused", "request_id", problem.RequestID(ctx))
		return desk.Agent{}, nil, problem.Unauthorized("wrong email or password")
	}
	a.attempts.reset(attempt)
	// Always a new token, whatever cookie the request carries: no session fixation.
	token := credential.NewSession()
	if err := a.sessions.CreateSession(ctx, credential.Digest(token), who.ID, sessionTTL); err != nil {
		return desk.Agent{}, nil, err
	}
	return who, a.cookie(r, token, sessionTTL), nil
}

// verify checks a password, at most two at a time because each check takes 64 MiB.
func (a *Authenticator) verify(ctx context.Context, hash, password string) (bool, error) {
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
	case <-ctx.Done():
		return false, desk.Errorf(desk.KindTemporary, "sign in: %w", ctx.Err())
	}
	return credential.VerifyPassword(hash, password), nil
}

// SignOut ends the request's session, if it has one, and returns the cookie that
// deletes the browser's.
func (a *Authenticator) SignOut(ctx context.Context, r *http.Request) (*http.Cookie, error) {
	c, err := r.Cookie(Cookie)
	switch {
	case err == nil && c.Value != "":
		if err := a.sessions.DeleteSession(ctx, credential.Digest(c.Value)); err != nil {
			return nil, err
		}
	case err != nil && !errors.Is(err, http.ErrNoCookie):
		return nil, problem.New(http.StatusBadRequest, err.Error())
	}
	return a.cookie(r, "", -time.Second), nil
}
