package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/middleware"
	"switchboard/api/problem"
	"switchboard/desk/view"
)

// Session is the signed-in agent.
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
	tags := []string{"Authentication"}
	handle(s, public(huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/session", Summary: "Sign in", Tags: tags,
		Description: "Sets the session cookie. 429 after ten attempts for one account from one address, which 15 minutes restore.",
		Metadata:    map[string]any{problem.RedactBody: true},
	}), s.signIn)
	handle(s, huma.Operation{
		OperationID: "read-session", Method: http.MethodGet, Path: "/session", Summary: "Get the signed-in agent", Tags: tags,
	}, func(ctx context.Context, _ *struct{}) (*sessionOutput, error) {
		return &sessionOutput{Body: Session{Agent: view.AgentOf(auth.AgentOf(ctx))}}, nil
	})
	handle(s, public(huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: "/session", Summary: "Sign out", Tags: tags,
		Description:   "Ends the browser's session. Succeeds without one, too.",
		DefaultStatus: http.StatusNoContent,
	}), s.signOut)
}

func (s *server) signIn(ctx context.Context, in *signInInput) (*sessionOutput, error) {
	a, cookie, err := s.auth.SignIn(ctx, middleware.RequestOf(ctx), in.Body.Email, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return &sessionOutput{SetCookie: cookie.String(), Body: Session{Agent: view.AgentOf(a)}}, nil
}

func (s *server) signOut(ctx context.Context, _ *struct{}) (*signOutOutput, error) {
	cookie, err := s.auth.SignOut(ctx, middleware.RequestOf(ctx))
	if err != nil {
		return nil, err
	}
	return &signOutOutput{SetCookie: cookie.String()}, nil
}
