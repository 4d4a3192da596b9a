package api

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/api/repeat"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/credential"
	"switchboard/internal/scope"
)

// NewKey is an API key with its secret, which no later response repeats.
type NewKey struct {
	view.Key
	Secret string `json:"secret" doc:"The key itself; shown only once"`
}

type createKeyInput struct {
	Body struct {
		Name      string     `json:"name" minLength:"1" maxLength:"200" doc:"What it is for"`
		Scopes    []string   `json:"scopes,omitempty" maxItems:"50" doc:"What it may do, such as conversations:read; absent or empty: whatever you may"`
		ExpiresAt *time.Time `json:"expires_at,omitempty" nullable:"true" doc:"Absent or null: never expires"`
	}
}

type keyPath struct {
	ID string `path:"id"`
}

func (s *server) keyRoutes() {
	tags := []string{"Authentication"}
	handle(s, huma.Operation{
		OperationID: "list-keys", Method: http.MethodGet, Path: "/keys", Summary: "List API keys", Tags: tags,
		Description: "Your own keys; for admins, all keys.",
	}, func(ctx context.Context, _ *struct{}) (*listOutput[view.Key], error) {
		keys, err := s.Keys.Keys(ctx, auth.AgentOf(ctx))
		if err != nil {
			return nil, err
		}
		return whole(keys), nil
	})
	handle(s, huma.Operation{
		OperationID: "create-key", Method: http.MethodPost, Path: "/keys", Summary: "Create an API key", Tags: tags,
		Description:   "It has your permissions, or a part of them, its scopes. Only this response contains the secret.",
		DefaultStatus: http.StatusCreated, Metadata: map[string]any{repeat.Secret: true},
	}, s.createKey)
	handle(s, huma.Operation{
		OperationID: "delete-key", Method: http.MethodDelete, Path: "/keys/{id}", Summary: "Revoke an API key", Tags: tags,
		DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, in *keyPath) (*struct{}, error) {
		id, err := pathID(in.ID, "key", desk.ParseID[desk.KeyID])
		if err != nil {
			return nil, err
		}
		return nil, s.Keys.DeleteKey(ctx, auth.AgentOf(ctx), id)
	})
}

// unscoped refuses credentials to an API key with scopes, because they would have none.
func unscoped(ctx context.Context) error {
	if len(auth.Scopes(ctx)) > 0 {
		return problem.New(http.StatusForbidden, "an API key with scopes cannot create keys or app passwords")
	}
	return nil
}

func (s *server) createKey(ctx context.Context, in *createKeyInput) (*struct{ Body NewKey }, error) {
	name := strings.TrimSpace(in.Body.Name)
	if name == "" {
		return nil, problem.Invalid("body.name", "required", in.Body.Name)
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return nil, problem.Invalid("body.name", "must be one line without control characters", in.Body.Name)
	}
	var expires time.Time
	if in.Body.ExpiresAt != nil {
		expires = *in.Body.ExpiresAt
		if !expires.After(time.Now()) {
			return nil, problem.Invalid("body.expires_at", "must be in the future", expires.Format(time.RFC3339))
		}
	}
	if err := unscoped(ctx); err != nil {
		return nil, err
	}
	scopes, err := scope.Parse(in.Body.Scopes)
	if err != nil {
		return nil, problem.Invalid("body.scopes", err.Error(), in.Body.Scopes)
	}
	secret := credential.NewKey()
	key, err := s.Keys.CreateKey(ctx, name, credential.Digest(secret), auth.AgentOf(ctx), expires, scopes...)
	if err != nil {
		return nil, err
	}
	return &struct{ Body NewKey }{NewKey{Key: key, Secret: secret}}, nil
}
