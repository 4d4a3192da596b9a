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
	who, ok, err := a.check(ctx, r, email, password)
	if err != nil {
		return desk.Agent{}, nil, err
	}
	if !ok {
		a.log.InfoContext(ctx, "SignInRefused", "request_id", problem.RequestID(ctx))
		return desk.Agent{}, nil, problem.Unauthorized("wrong email or password")
	}
	// The browser's earlier session ends: other tabs notice that it belongs to someone else.
	if before, err := r.Cookie(a.cookieName(r)); err == nil && before.Value != "" {
		if err := a.sessions.DeleteSession(ctx, credential.Digest(before.Value)); err != nil {
			return desk.Agent{}, nil, err
		}
	}
	// Always a new token, whatever cookie the request carries: no session fixation.
	token := credential.NewSession()
	if err := a.sessions.CreateSession(ctx, credential.Digest(token), who.ID, sessionTTL); err != nil {
		return desk.Agent{}, nil, err
	}
	return who, a.cookie(r, token, sessionTTL), nil
}

// check counts an attempt to guess a password and reports whether it is right.
func (a *Authenticator) check(ctx context.Context, r *http.Request, email, password string) (desk.Agent, bool, error) {
	account, addr := strings.ToLower(email), forwarded.Addr(r.RemoteAddr)
	if wait := a.attempts.Take(account, addr); wait > 0 {
		return desk.Agent{}, false, tooMany(wait)
	}
	who, hash, err := a.people.AgentByEmail(ctx, email)
	if err != nil && desk.KindOf(err) != desk.KindNotFound {
		return desk.Agent{}, false, err
	}
	ok, err := a.verify(ctx, hash, password)
	if err != nil || !ok || who.ID.IsZero() {
		return desk.Agent{}, false, err
	}
	a.attempts.Succeeded(account, addr)
	return who, true, nil
}

// tooMany is the 429 after too many attempts.
func tooMany(wait time.Duration) error {
	seconds := int(wait.Round(time.Second).Seconds()) + 1
	text := strconv.Itoa(seconds) + " seconds"
	if seconds > 120 {
		text = strconv.Itoa((seconds+59)/60) + " minutes"
	}
	return problem.New(http.StatusTooManyRequests, "too many failed attempts; try again in "+text).WithHeader("Retry-After", strconv.Itoa(seconds))
}

// ChangePassword sets a new password for the agent who makes the request, after
// checking the current one. All their sessions and API keys end; a browser gets a new
// session, whose cookie is returned.
func (a *Authenticator) ChangePassword(ctx context.Context, r *http.Request, current, password string) (sessions, keys int, cookie *http.Cookie, err error) {
	who := AgentOf(ctx)
	if _, ok, err := a.check(ctx, r, who.Email, current); err != nil {
		return 0, 0, nil, err
	} else if !ok {
		return 0, 0, nil, problem.Invalid("body.current", "this is not your current password", nil)
	}
	if password == current {
		return 0, 0, nil, problem.Invalid("body.new", "the new password must differ from the current one", nil)
	}
	hash, err := a.hash(ctx, password)
	if err != nil {
		if desk.KindOf(err) == desk.KindInvalid {
			err = problem.Invalid("body.new", err.Error(), nil)
		}
		return 0, 0, nil, err
	}
	var digest []byte
	if r.Header.Get("Authorization") == "" {
		token := credential.NewSession()
		digest, cookie = credential.Digest(token), a.cookie(r, token, sessionTTL)
	}
	sessions, keys, err = a.sessions.ChangePassword(ctx, who.ID, hash, digest, sessionTTL)
	return sessions, keys, cookie, err
}

// hash hashes a password, under the same limit as verify.
func (a *Authenticator) hash(ctx context.Context, password string) (string, error) {
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
	case <-ctx.Done():
		return "", desk.Errorf(desk.KindTemporary, "change the password: %w", ctx.Err())
	}
	return credential.HashPassword(password)
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
	c, err := r.Cookie(a.cookieName(r))
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
