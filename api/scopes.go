package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/internal/scope"
)

// areas are the areas of scopes, by the tag of operations.
var areas = map[string]string{
	"Articles": "articles",
	"Actions":  "conversations", "Conversations": "conversations", "Drafts": "conversations", "Macros": "conversations", "Messages": "conversations", "Notices": "conversations",
	"Outbox": "conversations", "Reviews": "conversations", "Root causes": "conversations", "Swarm": "conversations", "Tasks": "conversations", "Uploads": "conversations", "Views": "conversations",
	"Customers": "customers", "Advisories": "customers",
	"Events":  "events",
	"Reports": "reports", "Surveys": "reports",
	"Agents": "settings", "Authentication": "settings", "Channels": "settings", "Desk": "settings", "Journal": "settings", "Policy": "settings", "Webhooks": "settings",
}

// scoped says in an operation which scope API keys need for it. Who they are, all may ask.
func scoped(op *huma.Operation) {
	if isPublic, _ := op.Metadata[auth.Public].(bool); isPublic || op.OperationID == "read-session" {
		return
	}
	area := areas[op.Tags[0]]
	if area == "" {
		panic("api: the tag " + op.Tags[0] + " has no area of scopes")
	}
	need := scope.Of(area, op.Method != http.MethodGet)
	if op.Metadata == nil {
		op.Metadata = map[string]any{}
	}
	op.Metadata[auth.Scope] = need
	op.Security = []map[string][]string{{"key": {need}}, {"session": {}}}
}
