package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
)

// maxDrafts bounds the list of an agent's drafts.
const maxDrafts = 200

// basedOnNone is the based_on of a new draft.
const basedOnNone = "none"

type draftPath struct {
	ConversationPath
	Kind    view.DraftKind `path:"kind" enum:"reply,note,forward"`
	BasedOn string         `query:"based_on" doc:"updated_at of the version to delete; 409 if it is another one. Absent: whatever is stored"`
}

type draftInput struct {
	ConversationPath
	Kind view.DraftKind `path:"kind" enum:"reply,note,forward"`
	Body struct {
		Text string   `json:"text" minLength:"1" maxLength:"500000"`
		To   []string `json:"to,omitempty" nullable:"true" maxItems:"50" doc:"As entered; they are checked when the reply is sent"`
		CC   []string `json:"cc,omitempty" nullable:"true" maxItems:"50"`
		BCC  []string `json:"bcc,omitempty" nullable:"true" maxItems:"50"`
		Seen int64    `json:"seen" minimum:"0" doc:"Number of the newest message the author had seen"`

		Attachments []string `json:"attachments,omitempty" maxItems:"20" doc:"Ids of your uploads; they are kept as long as the draft. Those that are gone are left out"`

		BasedOn string `json:"based_on,omitempty" doc:"updated_at of the version that this text continues, or none; 409 if another one is stored. Absent: whatever is stored is replaced"`
	}
}

type readInput struct {
	ConversationPath
	Body struct {
		Seq int64 `json:"seq" minimum:"0" doc:"Number of the newest event on the agent's screen; 0 makes the conversation unread"`
	}
}

func (s *server) draftRoutes() {
	tags := []string{"Drafts"}
	handle(s, huma.Operation{
		OperationID: "list-drafts", Method: http.MethodGet, Path: "/drafts", Tags: tags,
		Summary: "List your drafts", Description: "The newest 200, last changed first. Drafts of other agents are never shown.",
	}, func(ctx context.Context, _ *struct{}) (*listOutput[view.Draft], error) {
		rows, err := s.Drafts.Drafts(ctx, auth.AgentOf(ctx), maxDrafts)
		if err != nil {
			return nil, err
		}
		return whole(rows), nil
	})
	handle(s, huma.Operation{
		OperationID: "save-draft", Method: http.MethodPut, Path: "/conversations/{id}/drafts/{kind}", Tags: tags,
		Summary: "Save a draft", Description: "Replaces your earlier draft of this kind. 409 when the stored version is not the one of based_on, because it was changed or deleted on another device.",
	}, s.saveDraft)
	handle(s, huma.Operation{
		OperationID: "delete-draft", Method: http.MethodDelete, Path: "/conversations/{id}/drafts/{kind}", Tags: tags,
		Summary: "Delete a draft", Description: "409 when the stored version is not the one of based_on.", DefaultStatus: http.StatusNoContent,
	}, s.deleteDraft)
	handle(s, huma.Operation{
		OperationID: "mark-read", Method: http.MethodPut, Path: "/conversations/{id}/read", Tags: tags,
		Summary: "Mark a conversation as read", Description: "For you alone.", DefaultStatus: http.StatusNoContent,
	}, s.markRead)
}

func (s *server) saveDraft(ctx context.Context, in *draftInput) (*struct{ Body view.Draft }, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	base, err := draftBase("body.based_on", in.Body.BasedOn)
	if err != nil {
		return nil, err
	}
	d := view.Draft{ConversationID: c.ID, Kind: in.Kind, Text: in.Body.Text, To: in.Body.To, CC: in.Body.CC, BCC: in.Body.BCC, Seen: in.Body.Seen}
	files, err := uploadIDs(in.Body.Attachments)
	if err != nil {
		return nil, err
	}
	for _, id := range files {
		d.Attachments = append(d.Attachments, view.Upload{ID: id})
	}
	d, err = s.Drafts.SaveDraft(ctx, auth.AgentOf(ctx), d, base)
	return &struct{ Body view.Draft }{d}, err
}

func (s *server) deleteDraft(ctx context.Context, in *draftPath) (*struct{}, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	base, err := draftBase("query.based_on", in.BasedOn)
	if err != nil {
		return nil, err
	}
	return nil, s.Drafts.DeleteDraft(ctx, auth.AgentOf(ctx), c.ID, in.Kind, base)
}

// draftBase parses a based_on.
func draftBase(location, text string) (view.DraftBase, error) {
	switch text {
	case "":
		return view.DraftBase{Any: true}, nil
	case basedOnNone:
		return view.DraftBase{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.IsZero() {
		return view.DraftBase{}, problem.Invalid(location, "based_on is not the updated_at of a draft, and not none", text)
	}
	return view.DraftBase{At: at}, nil
}

func (s *server) markRead(ctx context.Context, in *readInput) (*struct{}, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.Drafts.MarkRead(ctx, auth.AgentOf(ctx), c.ID, min(in.Body.Seq, c.LastSeq))
}

type countsOutput struct{ Body view.Counts }

func (s *server) countRoutes() {
	handle(s, huma.Operation{
		OperationID: "count-conversations", Method: http.MethodGet, Path: "/counts", Tags: []string{"Conversations"},
		Summary: "Count the conversations of each view", Description: "Numbers end at 1000, which means 1000 or more.",
	}, func(ctx context.Context, _ *struct{}) (*countsOutput, error) {
		counts, err := s.Desks.Counts(ctx, auth.AgentOf(ctx))
		return &countsOutput{counts}, err
	})
}

// Drafts stores what agents have begun to write, and how far they have read.
type Drafts interface {
	// Drafts lists an agent's drafts in conversations that they may read, newest first.
	Drafts(ctx context.Context, as desk.Agent, limit int) ([]view.Draft, error)
	// SaveDraft and DeleteDraft return KindConflict if the stored version is not base.
	SaveDraft(ctx context.Context, as desk.Agent, d view.Draft, base view.DraftBase) (view.Draft, error)
	DeleteDraft(ctx context.Context, as desk.Agent, id desk.ConversationID, kind view.DraftKind, base view.DraftBase) error
	// MarkRead sets how far the agent has read a conversation.
	MarkRead(ctx context.Context, as desk.Agent, id desk.ConversationID, seq int64) error
}
