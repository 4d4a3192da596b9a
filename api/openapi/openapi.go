// Package openapi serves the OpenAPI 3.1 document of the API, and a page that
// shows it.
package openapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/problem"
	"switchboard/desk"
)

const docsCSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Registry returns an empty registry for the document's schemas. They are named
// after their Go types, without the package.
func Registry() huma.Registry {
	return huma.NewMapRegistry("#/components/schemas/", func(t reflect.Type, hint string) string {
		if t == reflect.TypeFor[problem.Details]() {
			return "ProblemDetails"
		}
		return huma.DefaultSchemaNamer(t, hint)
	})
}

// Document returns the finished document of an API as indented JSON.
func Document(oapi *huma.OpenAPI) ([]byte, error) {
	fixNullability(oapi)
	document, err := json.MarshalIndent(oapi, "", "  ")
	if err != nil {
		return nil, desk.Errorf(desk.KindInternal, "OpenAPI document: %w", err)
	}
	return append(document, '\n'), nil
}

// Routes adds /openapi.json and /docs to mux. Both are made once, after all
// operations are registered; base is the path all operations share.
func Routes(mux *http.ServeMux, oapi *huma.OpenAPI, base string) error {
	document, err := Document(oapi)
	if err != nil {
		return err
	}
	docs, err := docsPage(oapi, base)
	if err != nil {
		return desk.Errorf(desk.KindInternal, "documentation page: %w", err)
	}
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Header().Set("Cache-Control", "no-cache")
		w.Write(document)
	})
	mux.HandleFunc("GET /docs", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", docsCSP)
		h.Set("Cache-Control", "no-cache")
		w.Write(docs)
	})
	return nil
}

// nullable lists the object properties that may be null; huma supports that for
// scalars only.
var nullable = map[string][]string{
	"Account":        {"owner"},
	"Article":        {"owner"},
	"ArticleDraft":   {"owner"},
	"ArticleGap":     {"nearest"},
	"ArticleDiff":    {"author"},
	"ArticleRow":     {"owner"},
	"ArticleVersion": {"author"},
	"RunbookPart":    {"done"},
	"Affected":       {"merged_into"},
	"UpdateAnswer":   {"update"},
	"Channel":        {"progress", "reconciled"},
	"Conversation":   {"assignee", "handoff", "merged_into", "next_due"},
	"Identity":       {"unreachable"},
	"Message":        {"author", "authentication", "report", "signature"},
	"PilotMeasure":   {"change", "difference"},
	"Queued":         {"author"},
	"Stint":          {"assignee"},
	"Task":           {"assignee", "closed_by", "driver"},
}

// fixNullability makes the schemas match the responses: some objects may be null,
// arrays never are.
func fixNullability(oapi *huma.OpenAPI) {
	for name, schema := range oapi.Components.Schemas.Map() {
		for property, p := range schema.Properties {
			if slices.Contains(nullable[name], property) && p.Ref != "" {
				schema.Properties[property] = &huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
			}
			if p.Type == huma.TypeArray && !strings.HasSuffix(name, "Request") && !strings.HasSuffix(name, "Body") {
				p.Nullable = false
			}
		}
	}
}
