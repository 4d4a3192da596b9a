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
		Description: "Sets the session cookie. 429 after ten failures for one account, or 20 for any accounts, from one network; the wait grows with each further failure.",
		Metadata:    map[string]any{problem.RedactBody: true},
	}), s.signIn)
	handle(s, huma.Operation{
		OperationID: "read-session", Method: http.MethodGet, Path: "/session", Summary: "Get the signed-in agent", Tags: tags,
	}, func(ctx context.Context, _ *struct{}) (*sessionOutput, error) {
		a, err := s.Desks.Agent(ctx, auth.AgentOf(ctx).ID)
		return &sessionOutput{Body: Session{Agent: a}}, err
	})
	handle(s, public(huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: "/session", Summary: "Sign out", Tags: tags,
		Description:   "Ends the browser's session. Succeeds without one, too.",
		DefaultStatus: http.StatusNoContent,
	}), s.signOut)
	handle(s, huma.Operation{
		OperationID: "change-password", Method: http.MethodPut, Path: "/session/password", Summary: "Change your password", Tags: tags,
		Description: "All your sessions and API keys end; a browser gets a new session cookie. Wrong guesses of the current password count as sign-in attempts.",
		Metadata:    map[string]any{problem.RedactBody: true},
	}, s.changePassword)
}

// PasswordChange is the result of a new password.
type PasswordChange struct {
	Sessions int `json:"sessions" doc:"How many sessions ended, the browser's own included"`
	Keys     int `json:"keys" doc:"How many API keys ended"`
}

type passwordInput struct {
	Body struct {
		Current string `json:"current" minLength:"1" maxLength:"1024"`
		New     string `json:"new" minLength:"1" maxLength:"1024" doc:"8 to 1024 bytes"`
	}
}

type passwordOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      PasswordChange
}

func (s *server) changePassword(ctx context.Context, in *passwordInput) (*passwordOutput, error) {
	sessions, keys, cookie, err := s.auth.ChangePassword(ctx, middleware.RequestOf(ctx), in.Body.Current, in.Body.New)
	if err != nil {
		return nil, err
	}
	out := &passwordOutput{Body: PasswordChange{Sessions: sessions, Keys: keys}}
	if cookie != nil {
		out.SetCookie = cookie.String()
	}
	return out, nil
}

func (s *server) signIn(ctx context.Context, in *signInInput) (*sessionOutput, error) {
	a, cookie, err := s.auth.SignIn(ctx, middleware.RequestOf(ctx), in.Body.Email, in.Body.Password)
	if err != nil {
		return nil, err
	}
	v, err := s.Desks.Agent(ctx, a.ID)
	return &sessionOutput{SetCookie: cookie.String(), Body: Session{Agent: v}}, err
}

func (s *server) signOut(ctx context.Context, _ *struct{}) (*signOutOutput, error) {
	cookie, err := s.auth.SignOut(ctx, middleware.RequestOf(ctx))
	if err != nil {
		return nil, err
	}
	return &signOutOutput{SetCookie: cookie.String()}, nil
}
