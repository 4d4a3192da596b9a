package api

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk/view"
	"switchboard/internal/addressmask"
)

// colleagues are the operations that show the addresses of agents, and none of customers.
var colleagues = map[string]bool{"list-agents": true, "set-availability": true, "read-session": true, "sign-in": true, "create-app-password": true}

// maskAddresses is a huma.Transformer. It hides mail addresses in every response to an
// agent who may not see those of customers.
func (s *server) maskAddresses(ctx huma.Context, _ string, v any) (any, error) {
	by := auth.AgentOf(ctx.Context())
	if v == nil || !by.Masked() || colleagues[ctx.Operation().OperationID] {
		return v, nil
	}
	return s.mask().Value(v)
}

func (s *server) mask() addressmask.Mask { return addressmask.Mask{Shown: s.cfg.Own} }

// unmasked refuses what cannot be shown without addresses.
func unmasked(ctx context.Context, what string) error {
	if by := auth.AgentOf(ctx); by.Masked() {
		return problem.New(http.StatusForbidden, "you do not see the addresses of customers, and therefore not "+what)
	}
	return nil
}

// maskMessage leaves out the HTML of a message and its original: the text shows the same,
// and addresses can be found in it.
func maskMessage(ctx context.Context, m *view.Message) {
	if by := auth.AgentOf(ctx); !by.Masked() {
		return
	}
	m.HTML, m.HasRaw = "", false
}

// maskFile hides addresses in a file that is text. Other text than that is refused, and
// so are messages.
func (s *server) maskFile(ctx context.Context, f *view.File) error {
	by := auth.AgentOf(ctx)
	if !by.Masked() {
		return nil
	}
	kind, _, _ := strings.Cut(strings.ToLower(f.Type), "/")
	switch {
	case kind == "message", kind == "multipart", kind == "text" && !utf8.Valid(f.Bytes):
		return unmasked(ctx, "this file")
	case kind == "text" || utf8.Valid(f.Bytes):
		f.Bytes = []byte(s.mask().Text(string(f.Bytes)))
	}
	f.Name = s.mask().Text(f.Name)
	return nil
}
