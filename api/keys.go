package api

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/credential"
)

// NewKey is an API key at the only moment its secret can be read.
type NewKey struct {
	view.Key
	Secret string `json:"secret" doc:"The key itself; it is shown this once"`
}

type createKeyInput struct {
	Body struct {
		Name      string     `json:"name" minLength:"1" maxLength:"200" doc:"What it is for"`
		ExpiresAt *time.Time `json:"expires_at,omitempty" nullable:"true" doc:"Absent or null: never"`
	}
}

type keyPath struct {
	ID string `path:"id"`
}

func (s *server) keyRoutes() {
	tags := []string{"Signing in"}
	handle(s, huma.Operation{
		OperationID: "list-keys", Method: http.MethodGet, Path: "/keys", Summary: "List API keys", Tags: tags,
		Description: "Your own; everybody's for an admin.",
	}, func(ctx context.Context, _ *struct{}) (*listOutput[view.Key], error) {
		keys, err := s.Keys.Keys(ctx, agentOf(ctx))
		if err != nil {
			return nil, err
		}
		return whole(keys), nil
	})
	handle(s, huma.Operation{
		OperationID: "create-key", Method: http.MethodPost, Path: "/keys", Summary: "Make an API key", Tags: tags,
		Description:   "It carries your own rights. The secret is in this answer and nowhere else.",
		DefaultStatus: http.StatusCreated,
	}, s.createKey)
	handle(s, huma.Operation{
		OperationID: "delete-key", Method: http.MethodDelete, Path: "/keys/{id}", Summary: "End an API key", Tags: tags,
		DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, in *keyPath) (*struct{}, error) {
		id, err := pathID(in.ID, "key", desk.ParseID[desk.KeyID])
		if err != nil {
			return nil, err
		}
		return nil, s.Keys.DeleteKey(ctx, agentOf(ctx), id)
	})
}

func (s *server) createKey(ctx context.Context, in *createKeyInput) (*struct{ Body NewKey }, error) {
	name := strings.TrimSpace(in.Body.Name)
	if name == "" {
		return nil, invalid("body.name", "a key needs a name", in.Body.Name)
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return nil, invalid("body.name", "a name is one line without control characters", in.Body.Name)
	}
	var expires time.Time
	if in.Body.ExpiresAt != nil {
		expires = *in.Body.ExpiresAt
		if !expires.After(time.Now()) {
			return nil, invalid("body.expires_at", "that is over already", expires.Format(time.RFC3339))
		}
	}
	secret := credential.NewKey()
	key, err := s.Keys.CreateKey(ctx, name, credential.Digest(secret), agentOf(ctx), expires)
	if err != nil {
		return nil, err
	}
	return &struct{ Body NewKey }{NewKey{Key: key, Secret: secret}}, nil
}
