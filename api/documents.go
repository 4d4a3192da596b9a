package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/desk"
)

var problemGoType = reflect.TypeFor[ProblemDetails]()

//go:embed docs.html
var docsTemplate string

const docsCSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// documentRoutes serves the OpenAPI document and a page that shows it. Both are
// made once: routes do not change.
func (s *server) documentRoutes() error {
	oapi := s.huma.OpenAPI()
	soundNulls(oapi)
	document, err := json.MarshalIndent(oapi, "", "  ")
	if err != nil {
		return desk.Errorf(desk.KindInternal, "OpenAPI document: %w", err)
	}
	docs, err := docsPage(oapi)
	if err != nil {
		return desk.Errorf(desk.KindInternal, "documentation page: %w", err)
	}
	openapi := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Header().Set("Cache-Control", "no-cache")
		w.Write(document)
	}
	s.mux.HandleFunc("GET /openapi.json", openapi)
	s.mux.HandleFunc("GET /docs", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", docsCSP)
		h.Set("Cache-Control", "no-cache")
		w.Write(docs)
	})
	return nil
}

// nullable names the object properties that may be null. The library says so for
// scalars only.
var nullable = map[string][]string{
	"Conversation": {"assignee"},
	"Message":      {"author", "authentication", "report", "signature"},
	"Stint":        {"assignee"},
}

// soundNulls makes the answers' schemas say what the answers do: objects that may
// be null, and arrays that never are.
func soundNulls(oapi *huma.OpenAPI) {
	schemas := oapi.Components.Schemas.Map()
	for name, schema := range schemas {
		for prop, p := range schema.Properties {
			if slices.Contains(nullable[name], prop) {
				schema.Properties[prop] = &huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
			}
			if p.Type == huma.TypeArray && !strings.HasSuffix(name, "Request") && !strings.HasSuffix(name, "Body") {
				p.Nullable = false
			}
		}
	}
}

// What the documentation page is made of.
type (
	docsView struct {
		Title, Version, Description string
		Groups                      []docsGroup
		Schemas                     []docsSchema
	}
	docsGroup struct {
		Name       string
		Operations []docsOperation
	}
	docsOperation struct {
		ID, Method, Path, Summary, Description string
		Params                                 []docsField
		Body                                   []docsField
		Answers                                []docsAnswer
		Open                                   bool
	}
	docsAnswer struct {
		Status, Description, Type, Schema string
	}
	docsField struct {
		Name, In, Type, Schema, Doc string
		Required                    bool
	}
	docsSchema struct {
		Name   string
		Fields []docsField
	}
)

func docsPage(oapi *huma.OpenAPI) ([]byte, error) {
	t, err := template.New("docs").Parse(docsTemplate)
	if err != nil {
		return nil, err
	}
	v := docsView{Title: oapi.Info.Title, Version: oapi.Info.Version, Description: oapi.Info.Description}
	for _, path := range slices.Sorted(maps.Keys(oapi.Paths)) {
		item := oapi.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				v.add(oapi, op)
			}
		}
	}
	slices.SortFunc(v.Groups, func(a, b docsGroup) int { return strings.Compare(a.Name, b.Name) })
	schemas := oapi.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		v.Schemas = append(v.Schemas, docsSchema{Name: name, Fields: fieldsOf(schemas[name])})
	}
	var out bytes.Buffer
	err = t.Execute(&out, v)
	return out.Bytes(), err
}

func (v *docsView) add(oapi *huma.OpenAPI, op *huma.Operation) {
	group := "Other"
	if len(op.Tags) > 0 {
		group = op.Tags[0]
	}
	i := slices.IndexFunc(v.Groups, func(g docsGroup) bool { return g.Name == group })
	if i < 0 {
		i = len(v.Groups)
		v.Groups = append(v.Groups, docsGroup{Name: group})
	}
	open, _ := op.Metadata[openTo].(bool)
	d := docsOperation{ID: op.OperationID, Method: op.Method, Path: base + op.Path, Summary: op.Summary, Description: op.Description, Open: open}
	for _, p := range op.Parameters {
		kind, schema := typeName(p.Schema)
		d.Params = append(d.Params, docsField{Name: p.Name, In: p.In, Type: kind, Schema: schema, Doc: p.Description, Required: p.Required})
	}
	if op.RequestBody != nil {
		if m := op.RequestBody.Content["application/json"]; m != nil && m.Schema != nil {
			schema := m.Schema
			if schema.Ref != "" {
				schema = oapi.Components.Schemas.SchemaFromRef(schema.Ref)
			}
			d.Body = fieldsOf(schema)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		a := docsAnswer{Status: status, Description: r.Description}
		for kind, m := range r.Content {
			a.Type = kind
			_, a.Schema = typeName(m.Schema)
		}
		d.Answers = append(d.Answers, a)
	}
	v.Groups[i].Operations = append(v.Groups[i].Operations, d)
}

func fieldsOf(schema *huma.Schema) []docsField {
	var fields []docsField
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		p := schema.Properties[name]
		kind, ref := typeName(p)
		fields = append(fields, docsField{Name: name, Type: kind, Schema: ref, Doc: p.Description, Required: slices.Contains(schema.Required, name)})
	}
	return fields
}

// typeName is a schema in words, and the named schema to link to.
func typeName(s *huma.Schema) (text, ref string) {
	switch {
	case s == nil:
		return "", ""
	case s.Ref != "":
		name := s.Ref[strings.LastIndex(s.Ref, "/")+1:]
		return name, name
	case len(s.AnyOf) > 0:
		text, ref = typeName(s.AnyOf[0])
		return text + " or null", ref
	case s.Type == huma.TypeArray:
		text, ref = typeName(s.Items)
		return "array of " + text, ref
	}
	text = s.Type
	if s.Format != "" {
		text += " (" + s.Format + ")"
	}
	if len(s.Enum) > 0 {
		names := make([]string, 0, len(s.Enum))
		for _, e := range s.Enum {
			if name, ok := e.(string); ok {
				names = append(names, name)
			}
		}
		text += ": " + strings.Join(names, ", ")
	}
	if s.Nullable {
		text += " or null"
	}
	return text, ""
}
