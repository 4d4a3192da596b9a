package api

import (
	"context"
	"net/http"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/api/repeat"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/credential"
)

// AppPasswords stores the digests of the passwords of agents' mail programs. Each agent sees their own.
type AppPasswords interface {
	CreateAppPassword(ctx context.Context, name string, digest []byte, by desk.Agent) (view.AppPassword, error)
	AppPasswords(ctx context.Context, as desk.Agent) ([]view.AppPassword, error)
	DeleteAppPassword(ctx context.Context, as desk.Agent, id desk.KeyID) error
}

// NewAppPassword is an app password with its secret, which no later response repeats.
type NewAppPassword struct {
	view.AppPassword
	User   string `json:"user" doc:"The user name that belongs to it"`
	Secret string `json:"secret" doc:"The password itself; shown only once"`
}

type createAppPasswordInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"200" doc:"Which program it is for"`
	}
}

func (s *server) appPasswordRoutes() {
	tags := []string{"Authentication"}
	handle(s, huma.Operation{
		OperationID: "list-app-passwords", Method: http.MethodGet, Path: "/app-passwords", Summary: "List your app passwords", Tags: tags,
		Description: "With one, a mail program reads inboxes by IMAP and sends answers by SMTP. It is not for the API.",
	}, func(ctx context.Context, _ *struct{}) (*listOutput[view.AppPassword], error) {
		list, err := s.AppPasswords.AppPasswords(ctx, auth.AgentOf(ctx))
		if err != nil {
			return nil, err
		}
		return whole(list), nil
	})
	handle(s, huma.Operation{
		OperationID: "create-app-password", Method: http.MethodPost, Path: "/app-passwords", Summary: "Create an app password", Tags: tags,
		Description:   "Only this response contains the secret. 409 when you have 50.",
		DefaultStatus: http.StatusCreated, Metadata: map[string]any{repeat.Secret: true},
	}, s.createAppPassword)
	handle(s, huma.Operation{
		OperationID: "delete-app-password", Method: http.MethodDelete, Path: "/app-passwords/{id}", Summary: "Revoke an app password", Tags: tags,
		Description: "Programs that use it are signed out.", DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, in *keyPath) (*struct{}, error) {
		id, err := pathID(in.ID, "app password", desk.ParseID[desk.KeyID])
		if err != nil {
			return nil, err
		}
		return nil, s.AppPasswords.DeleteAppPassword(ctx, auth.AgentOf(ctx), id)
	})
}

func (s *server) createAppPassword(ctx context.Context, in *createAppPasswordInput) (*struct{ Body NewAppPassword }, error) {
	name := strings.TrimSpace(in.Body.Name)
	if name == "" || strings.ContainsFunc(name, unicode.IsControl) {
		return nil, problem.Invalid("body.name", "must be one line of text", in.Body.Name)
	}
	if err := unscoped(ctx); err != nil {
		return nil, err
	}
	secret, by := credential.NewAppPassword(), auth.AgentOf(ctx)
	p, err := s.AppPasswords.CreateAppPassword(ctx, name, credential.Digest(secret), by)
	if err != nil {
		return nil, err
	}
	return &struct{ Body NewAppPassword }{NewAppPassword{AppPassword: p, User: by.Email, Secret: secret}}, nil
}
