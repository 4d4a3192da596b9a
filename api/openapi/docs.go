package openapi

import (
	"bytes"
	_ "embed"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
)

//go:embed docs.html
var docsTemplate string

// The data of docs.html.
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
		Responses                              []docsResponse
		Public                                 bool
	}
	docsResponse struct {
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

func docsPage(oapi *huma.OpenAPI, base string) ([]byte, error) {
	t, err := template.New("docs").Parse(docsTemplate)
	if err != nil {
		return nil, err
	}
	v := docsView{Title: oapi.Info.Title, Version: oapi.Info.Version, Description: oapi.Info.Description}
	for _, path := range slices.Sorted(maps.Keys(oapi.Paths)) {
		item := oapi.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				v.add(oapi, op, base)
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

func (v *docsView) add(oapi *huma.OpenAPI, op *huma.Operation, base string) {
	group := "Other"
	if len(op.Tags) > 0 {
		group = op.Tags[0]
	}
	i := slices.IndexFunc(v.Groups, func(g docsGroup) bool { return g.Name == group })
	if i < 0 {
		i = len(v.Groups)
		v.Groups = append(v.Groups, docsGroup{Name: group})
	}
	public, _ := op.Metadata[auth.Public].(bool)
	d := docsOperation{ID: op.OperationID, Method: op.Method, Path: base + op.Path, Summary: op.Summary, Description: op.Description, Public: public}
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
		a := docsResponse{Status: status, Description: r.Description}
		for kind, m := range r.Content {
			a.Type = kind
			_, a.Schema = typeName(m.Schema)
		}
		d.Responses = append(d.Responses, a)
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

// typeName returns a readable name of a schema, and the named schema to link to.
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
