package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/desk"
	"switchboard/desk/view"
)

// Raw is a row of the journal without its bytes.
type Raw struct {
	ID           desk.RawID    `json:"id"`
	Channel      desk.Channel  `json:"channel" enum:"email,chat,form"`
	Endpoint     string        `json:"endpoint" doc:"The channel's address or name that received it"`
	EnvelopeFrom string        `json:"envelope_from" doc:"Reverse-path; empty for the null path"`
	EnvelopeTo   []string      `json:"envelope_to"`
	ReceivedAt   time.Time     `json:"received_at"`
	Size         int64         `json:"size" doc:"Octets"`
	Kept         int64         `json:"kept" doc:"Octets stored; fewer than size when only a part could be fetched from a mailbox"`
	State        desk.RawState `json:"state" enum:"pending,processed,quarantined"`
	Attempts     int           `json:"attempts"`
	Problem      string        `json:"problem" doc:"Why it was quarantined or is pending again"`
}

func rawOf(r desk.Raw) Raw {
	to := r.EnvelopeTo
	if to == nil {
		to = []string{}
	}
	return Raw{
		ID: r.ID, Channel: r.Channel, Endpoint: r.Endpoint, EnvelopeFrom: r.EnvelopeFrom, EnvelopeTo: to,
		ReceivedAt: r.ReceivedAt.UTC(), Size: r.Size, Kept: r.Kept, State: r.State, Attempts: r.Attempts, Problem: r.Problem,
	}
}

type rawsInput struct {
	ListInput
	State string `query:"state" enum:"pending,processed,quarantined" doc:"Absent: all"`
}

type rawCursor struct {
	Before int64 `json:"before"`
}

func (s *server) journalRoutes() {
	tags := []string{"Journal"}
	handle(s, huma.Operation{
		OperationID: "list-raws", Method: http.MethodGet, Path: "/raws", Summary: "List the journal", Tags: tags,
		Description: "Newest first. Admins only, because unrouted messages have no tier yet.",
	}, s.listRaws)
	handle(s, huma.Operation{
		OperationID: "replay-raw", Method: http.MethodPost, Path: "/raws/{id}/replay", Summary: "Retry a quarantined item", Tags: tags,
		Description: "Processes it again, or releases it when a filter held it. 409 when it is not quarantined. Admins only.",
	}, s.replayRaw)
	handle(s, huma.Operation{
		OperationID: "replay-raws", Method: http.MethodPost, Path: "/raws/replay", Summary: "Retry all failed items", Tags: tags,
		Description: "Returns their number. Items held by a filter stay. Admins only.",
	}, s.replayRaws)
	handle(s, huma.Operation{
		OperationID: "download-raw", Method: http.MethodGet, Path: "/raws/{id}/bytes", Summary: "Download the original", Tags: tags,
		Description: "Email as message/rfc822; a chat message or form submission as JSON. 404 when nothing was stored. Admins only.",
		Responses:   binary("message/rfc822", "The message"),
	}, s.rawBytes)
}

// mustAdmin returns KindDenied unless the caller is an admin.
func mustAdmin(ctx context.Context) error {
	if !auth.AgentOf(ctx).Admin {
		return desk.Errorf(desk.KindDenied, "only admins can read the journal")
	}
	return nil
}

func (s *server) listRaws(ctx context.Context, in *rawsInput) (*listOutput[Raw], error) {
	if err := mustAdmin(ctx); err != nil {
		return nil, err
	}
	var at rawCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	raws, last, err := s.Journal.Raws(ctx, desk.RawState(in.State), at.Before, in.Limit)
	if err != nil {
		return nil, err
	}
	rows := make([]Raw, len(raws))
	for i, r := range raws {
		rows[i] = rawOf(r)
	}
	out := whole(rows)
	if len(rows) < in.Limit || last <= 1 {
		return out, nil
	}
	next, err := encodeCursor(rawCursor{last})
	out.Body.NextCursor, out.Link = &next, nextLink(ctx, "cursor", next)
	return out, err
}

func (s *server) replayRaw(ctx context.Context, in *idPath) (*struct{ Body Raw }, error) {
	if err := mustAdmin(ctx); err != nil {
		return nil, err
	}
	id, err := pathID(in.ID, "raw item", desk.ParseID[desk.RawID])
	if err != nil {
		return nil, err
	}
	touched, err := s.Journal.Replay(ctx, id)
	if err != nil {
		return nil, err
	}
	r, err := s.Journal.Raw(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(touched) == 0 {
		if r.State == desk.RawQuarantined {
			return nil, desk.Errorf(desk.KindConflict, "nothing to retry: its content could not be fetched and is still in the mailbox")
		}
		return nil, desk.Errorf(desk.KindConflict, "not quarantined: its state is %s", r.State)
	}
	return &struct{ Body Raw }{rawOf(r)}, nil
}

// Replayed is the number of items that were returned to the pipeline.
type Replayed struct {
	Replayed int `json:"replayed"`
}

func (s *server) replayRaws(ctx context.Context, _ *struct{}) (*struct{ Body Replayed }, error) {
	if err := mustAdmin(ctx); err != nil {
		return nil, err
	}
	touched, err := s.Journal.Replay(ctx, desk.RawID{}) // the zero ID means all
	if err != nil {
		return nil, err
	}
	return &struct{ Body Replayed }{Replayed{len(touched)}}, nil
}

func (s *server) rawBytes(ctx context.Context, in *idPath) (*huma.StreamResponse, error) {
	if err := mustAdmin(ctx); err != nil {
		return nil, err
	}
	id, err := pathID(in.ID, "raw item", desk.ParseID[desk.RawID])
	if err != nil {
		return nil, err
	}
	r, err := s.Journal.Raw(ctx, id)
	if err != nil {
		return nil, err
	}
	f := view.File{Name: id.String() + ".json", Type: "application/json", Bytes: r.Bytes}
	if r.Channel == desk.ChannelEmail {
		f.Name, f.Type = id.String()+".eml", "message/rfc822"
	}
	return download(f, "attachment", f.Type), nil
}
