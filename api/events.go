package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/desk"
	"switchboard/desk/view"
)

type eventsInput struct {
	After string `query:"after" maxLength:"100" doc:"Where to go on: next_cursor, or an event's cursor; absent: the beginning"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// EventPage is a page of the log, which has no end.
type EventPage struct {
	Data       []view.Event `json:"data"`
	NextCursor string       `json:"next_cursor" doc:"Where to go on; never null, as the log has no end"`
}

type eventsOutput struct {
	Link string `header:"Link"`
	Body EventPage
}

type socketInput struct {
	After string `query:"after" maxLength:"100" doc:"The last cursor seen; absent: from now on"`
}

func (s *server) eventRoutes() {
	tags := []string{"Events"}
	handle(s, huma.Operation{
		OperationID: "list-events", Method: http.MethodGet, Path: "/events", Summary: "Read the event log", Tags: tags,
		Description: "All conversations that you may see, in the one order that a reader can resume in without missing an event.",
	}, s.listEvents)
	handle(s, huma.Operation{
		OperationID: "follow-events", Method: http.MethodGet, Path: "/events/socket", Summary: "Follow the event log", Tags: tags,
		Description: "A WebSocket (RFC 6455): first what came after the cursor, then what happens, each event once. " +
			"A client that cannot send a header sends {\"type\":\"auth\",\"key\":\"...\"} as its first frame.",
		Responses: map[string]*huma.Response{"101": {Description: "The socket is open"}},
		Metadata:  map[string]any{openTo: true},
	}, s.openSocket)
}

// eventRounds bounds how many pages of what the caller may not see are skipped in one request.
const eventRounds = 10

func (s *server) listEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	out := &eventsOutput{Body: EventPage{Data: []view.Event{}, NextCursor: in.After}}
	at := desk.Cursor(in.After)
	for range eventRounds {
		events, err := s.Events.EventsAfter(ctx, at, in.Limit)
		if err != nil {
			if desk.KindOf(err) == desk.KindInvalid {
				return nil, invalid("query.after", err.Error(), in.After)
			}
			return nil, err
		}
		if len(events) > 0 {
			at = events[len(events)-1].Cursor
		}
		allowed, err := s.gate.read(ctx, agentOf(ctx), events)
		if err != nil {
			return nil, err
		}
		for _, e := range allowed {
			out.Body.Data = append(out.Body.Data, eventView(e))
		}
		if len(events) < in.Limit || len(allowed) > 0 {
			break
		}
	}
	out.Body.NextCursor = string(at)
	out.Link = nextLink(ctx, "after", string(at))
	return out, nil
}

func eventView(e desk.Event) view.Event {
	v := view.EventOf(e)
	v.At = v.At.UTC()
	return v
}
