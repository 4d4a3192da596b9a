package openapi

import (
	"maps"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/socket"
	"switchboard/desk"
	"switchboard/desk/view"
)

// Events completes the schemas of the event log: an Event is one of the kinds of
// package desk, each with its version and the shape of its data. It also adds the
// frames of the event socket, which no operation refers to.
func Events(oapi *huma.OpenAPI) {
	registry := oapi.Components.Schemas
	event := registry.SchemaFromRef(registry.Schema(reflect.TypeFor[view.Event](), true, "").Ref)
	kinds := &huma.Schema{
		Description:   event.Description,
		Discriminator: &huma.Discriminator{PropertyName: "kind", Mapping: map[string]string{}},
	}
	for _, payload := range desk.EventPayloads() {
		data := registry.Schema(reflect.TypeOf(payload), true, "")
		open(registry, data)
		name := reflect.TypeOf(payload).Name() + "Event"
		kind := string(payload.EventKind())
		registry.Map()[name] = ofKind(event, kind, payload.EventVersion(), data)
		ref := "#/components/schemas/" + name
		kinds.OneOf = append(kinds.OneOf, &huma.Schema{Ref: ref})
		kinds.Discriminator.Mapping[kind] = ref
	}
	kinds.PrecomputeMessages()
	delete(registry.Map(), "ErrorModel") // huma's error, which problem.Transform replaces
	*event = *kinds
	serverFrames := oneOf(registry, socket.ReadyFrame{}, socket.EventFrame{}, socket.SignalFrame{})
	serverFrames.Description = "A frame of the event socket from the server"
	registry.Map()["ServerFrame"] = serverFrames
	clientFrames := oneOf(registry, socket.AuthFrame{}, socket.PresenceFrame{}, socket.TypingFrame{})
	clientFrames.Description = "A frame of the event socket from the client"
	registry.Map()["ClientFrame"] = clientFrames
}

// ofKind returns the schema of events of one kind and version.
func ofKind(event *huma.Schema, kind string, version int, data *huma.Schema) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, Properties: maps.Clone(event.Properties), Required: slices.Clone(event.Required), AdditionalProperties: event.AdditionalProperties}
	s.Properties["kind"] = &huma.Schema{Type: huma.TypeString, Enum: []any{kind}}
	s.Properties["version"] = &huma.Schema{Type: huma.TypeInteger, Enum: []any{float64(version)}, Description: event.Properties["version"].Description}
	s.Properties["data"] = data
	s.PrecomputeMessages()
	return s
}

// open allows unknown fields in a payload: it may gain some within a version.
func open(registry huma.Registry, data *huma.Schema) {
	if data.Ref != "" {
		data = registry.SchemaFromRef(data.Ref)
	}
	data.AdditionalProperties = nil
}

// oneOf returns the union of frames, told apart by their type.
func oneOf(registry huma.Registry, frames ...any) *huma.Schema {
	union := &huma.Schema{Discriminator: &huma.Discriminator{PropertyName: "type", Mapping: map[string]string{}}}
	for _, frame := range frames {
		ref := registry.Schema(reflect.TypeOf(frame), true, "")
		union.OneOf = append(union.OneOf, ref)
		for _, name := range registry.SchemaFromRef(ref.Ref).Properties["type"].Enum {
			if name, ok := name.(string); ok {
				union.Discriminator.Mapping[name] = ref.Ref
			}
		}
	}
	return union
}
