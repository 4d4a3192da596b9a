package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/middleware"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
)

type eventsInput struct {
	After string `query:"after" maxLength:"100" doc:"next_cursor, or an event's cursor; absent: the beginning of the log"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// EventPage is a page of the log, which never ends.
type EventPage struct {
	Data       []view.Event `json:"data"`
	NextCursor string       `json:"next_cursor" doc:"Where to continue; never null, because the log never ends"`
}

type eventsOutput struct {
	Link string `header:"Link"`
	Body EventPage
}

type socketInput struct {
	After string `query:"after" maxLength:"100" doc:"The last cursor received; absent: only new events"`
}

func (s *server) eventRoutes() {
	tags := []string{"Events"}
	handle(s, huma.Operation{
		OperationID: "list-events", Method: http.MethodGet, Path: "/events", Summary: "Read the event log", Tags: tags,
		Description: "Events of all conversations that you may see; admins also get events about agents, the policy, channels and accounts. The order is fixed: reading on from a cursor never misses an event.",
	}, s.listEvents)
	handle(s, public(huma.Operation{
		OperationID: "follow-events", Method: http.MethodGet, Path: "/events/socket", Summary: "Follow the event log", Tags: tags,
		Description: "A WebSocket (RFC 6455): first the events after the cursor, then live events, each event once. " +
			"A client that cannot send headers sends {\"type\":\"auth\",\"key\":\"...\"} as its first frame.",
		Responses: map[string]*huma.Response{"101": {Description: "The socket is open"}},
	}), func(ctx context.Context, in *socketInput) (*huma.StreamResponse, error) {
		return s.sockets.Open(ctx, middleware.RequestOf(ctx), in.After)
	})
	handle(s, huma.Operation{
		OperationID: "stream-events", Method: http.MethodGet, Path: "/events/stream", Summary: "Stream the event log", Tags: tags,
		Description: "Server-sent events (HTML standard): first `ready`, then the events after the cursor, then live ones, each once, and signals. The `data` of each is the frame of the socket that has this type, and the id is its cursor.",
		Responses:   map[string]*huma.Response{"200": {Description: "The events, until the connection ends", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}}}},
	}, func(ctx context.Context, in *streamInput) (*huma.StreamResponse, error) {
		return s.sockets.Stream(ctx, auth.AgentOf(ctx), in.After, in.LastEventID)
	})
}

type streamInput struct {
	After       string `query:"after" maxLength:"100" doc:"The last cursor received; absent: only new events"`
	LastEventID string `header:"Last-Event-ID" maxLength:"100" doc:"The id of the last event received, which browsers send when they connect again; instead of after"`
}

// eventRounds bounds how many pages without visible events one request skips.
const eventRounds = 10

func (s *server) listEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	out := &eventsOutput{Body: EventPage{Data: []view.Event{}, NextCursor: in.After}}
	at := desk.Cursor(in.After)
	for range eventRounds {
		events, err := s.Events.EventsAfter(ctx, at, in.Limit)
		if err != nil {
			if desk.KindOf(err) == desk.KindInvalid {
				return nil, problem.Invalid("query.after", err.Error(), in.After)
			}
			return nil, err
		}
		if len(events) > 0 {
			at = events[len(events)-1].Cursor
		}
		allowed, err := s.visible.Log(ctx, auth.AgentOf(ctx), events)
		if err != nil {
			return nil, err
		}
		for _, e := range allowed {
			out.Body.Data = append(out.Body.Data, view.EventOf(e))
		}
		if len(events) < in.Limit || len(allowed) > 0 {
			break
		}
	}
	out.Body.NextCursor = string(at)
	out.Link = nextLink(ctx, "after", string(at))
	return out, nil
}
