package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/credential"
	"switchboard/internal/forwarded"
)

const opSignIn = "sign-in"

// Session is who is signed in.
type Session struct {
	Agent view.Agent `json:"agent"`
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" minLength:"1" maxLength:"320"`
		Password string `json:"password" minLength:"1" maxLength:"1024"`
	}
}

type sessionOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      Session
}

type signOutOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

func (s *server) sessionRoutes() {
	handle(s, huma.Operation{
		OperationID: opSignIn, Method: http.MethodPost, Path: "/session", Summary: "Sign in", Tags: []string{"Signing in"},
		Description: "Sets the session's cookie. Ten wrong guesses in 15 minutes close the door for a while (429).",
		Security:    []map[string][]string{{}}, Metadata: map[string]any{openTo: true},
	}, s.signIn)
	handle(s, huma.Operation{
		OperationID: "read-session", Method: http.MethodGet, Path: "/session", Summary: "Who is signed in", Tags: []string{"Signing in"},
	}, func(ctx context.Context, _ *struct{}) (*sessionOutput, error) {
		return &sessionOutput{Body: Session{Agent: view.AgentOf(agentOf(ctx))}}, nil
	})
	handle(s, huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: "/session", Summary: "Sign out", Tags: []string{"Signing in"},
		Description:   "Ends the browser's session. It is no error when there is none.",
		DefaultStatus: http.StatusNoContent, Security: []map[string][]string{{}}, Metadata: map[string]any{openTo: true},
	}, s.signOut)
}

// signIn answers an unknown address, a wrong password and an agent without a
// password alike, in the same time.
func (s *server) signIn(ctx context.Context, in *signInInput) (*sessionOutput, error) {
	r := requestOf(ctx)
	who := guess{account: strings.ToLower(in.Body.Email), addr: forwarded.Addr(r.RemoteAddr)}
	if wait := s.guesses.take(who); wait > 0 {
		p := problem(http.StatusTooManyRequests, "too many attempts; wait a while")
		p.headers = http.Header{"Retry-After": {strconv.Itoa(int(wait.Seconds()) + 1)}}
		return nil, p
	}
	a, hash, err := s.People.AgentByEmail(ctx, in.Body.Email)
	if err != nil && desk.KindOf(err) != desk.KindNotFound {
		return nil, err
	}
	ok, err := s.verify(ctx, hash, in.Body.Password)
	if err != nil {
		return nil, err
	}
	if !ok || a.ID.IsZero() {
		s.log.InfoContext(ctx, "sign-in refused", "request_id", requestID(ctx))
		return nil, unauthorized("the address or the password is wrong")
	}
	s.guesses.forget(who)
	// A fresh token at every sign-in, whatever cookie came along: nobody can plant one.
	token := credential.NewSession()
	if err := s.Sessions.CreateSession(ctx, credential.Digest(token), a.ID, sessionTTL); err != nil {
		return nil, err
	}
	return &sessionOutput{SetCookie: s.cookie(r, token, sessionTTL).String(), Body: Session{Agent: view.AgentOf(a)}}, nil
}

// verify checks a password, two at a time, as each takes 64 MiB for a moment.
func (s *server) verify(ctx context.Context, hash, password string) (bool, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
	case <-ctx.Done():
		return false, desk.Errorf(desk.KindTemporary, "sign in: %w", ctx.Err())
	}
	return credential.VerifyPassword(hash, password), nil
}

func (s *server) signOut(ctx context.Context, _ *struct{}) (*signOutOutput, error) {
	r := requestOf(ctx)
	if c, err := r.Cookie(sessionCookie); err == nil && c.Value != "" {
		if err := s.Sessions.DeleteSession(ctx, credential.Digest(c.Value)); err != nil {
			return nil, err
		}
	} else if err != nil && !errors.Is(err, http.ErrNoCookie) {
		return nil, problem(http.StatusBadRequest, err.Error())
	}
	return &signOutOutput{SetCookie: s.cookie(r, "", -time.Second).String()}, nil
}
