package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/search"
)

// Notices reads and acknowledges what an agent has to be told.
type Notices interface {
	// Notices lists an agent's notices, newest first, after a position; with open, only
	// those that they have not acknowledged.
	Notices(ctx context.Context, as desk.Agent, open bool, after view.ByTime, limit int) ([]view.Notice, error)
	AckNotice(ctx context.Context, as desk.Agent, id desk.NoticeID) (desk.ConversationID, desk.NoticeKind, error)
	AckNotices(ctx context.Context, as desk.Agent) error
}

type noticesInput struct {
	ListInput
	State string `query:"state" enum:"open,all" default:"open" doc:"open: those that you have not acknowledged"`
}

type noticePath struct {
	ID string `path:"id"`
}

// noticeCursor is a cursor in the list of notices.
type noticeCursor struct {
	At time.Time     `json:"at"`
	ID desk.NoticeID `json:"id"`
}

func (s *server) noticeRoutes() {
	tags := []string{"Notices"}
	handle(s, huma.Operation{
		OperationID: "list-notices", Method: http.MethodGet, Path: "/notices", Tags: tags,
		Summary: "List your notices", Description: "What escalation rules, assignments, handovers and tasks had to tell you, newest first.",
	}, s.listNotices)
	handle(s, huma.Operation{
		OperationID: "ack-notice", Method: http.MethodPost, Path: "/notices/{id}/ack", Tags: tags,
		Summary: "Acknowledge a notice", Description: "A page is acknowledged for everyone who was paged, and is not repeated.", DefaultStatus: http.StatusNoContent,
	}, s.ackNotice)
	handle(s, huma.Operation{
		OperationID: "ack-notices", Method: http.MethodPost, Path: "/notices/ack", Tags: tags,
		Summary: "Acknowledge all notices", Description: "All of yours except pages.", DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		return nil, s.Notices.AckNotices(ctx, auth.AgentOf(ctx))
	})
	handle(s, huma.Operation{
		OperationID: "list-gaps", Method: http.MethodGet, Path: "/gaps", Tags: tags,
		Summary: "List conversations with a gap", Description: "Those that have had no owner, no clock or no next action for longer than the policy allows, the longest waiting first.",
	}, s.listGaps)
}

func (s *server) listNotices(ctx context.Context, in *noticesInput) (*listOutput[view.Notice], error) {
	var at noticeCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	rows, err := s.Notices.Notices(ctx, auth.AgentOf(ctx), in.State == "open", view.ByTime(at), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, rows, in.Limit, func(n view.Notice) noticeCursor { return noticeCursor{n.At, n.ID} })
}

func (s *server) ackNotice(ctx context.Context, in *noticePath) (*struct{}, error) {
	id, err := pathID(in.ID, "notice", desk.ParseID[desk.NoticeID])
	if err != nil {
		return nil, err
	}
	c, kind, err := s.Notices.AckNotice(ctx, auth.AgentOf(ctx), id)
	if err == nil && kind == desk.NoticePage {
		err = s.Handling.Acknowledge(ctx, auth.AgentOf(ctx), c)
	}
	return nil, err
}

// gapInput are the parameters of the list of gaps.
type gapInput struct{ ListInput }

func (s *server) listGaps(ctx context.Context, in *gapInput) (*listOutput[view.Conversation], error) {
	var at positionCursor
	if err := decodeCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	rows, err := s.Conversations.Conversations(ctx, auth.AgentOf(ctx), []search.Filter{{Gap: true}}, view.SortWaiting,
		view.Position{Key: at.Key, UpdatedAt: at.UpdatedAt, ID: at.ID}, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, rows, in.Limit, func(c view.Conversation) positionCursor {
		return positionCursor{view.SortWaiting, c.SortKey, c.UpdatedAt, c.ID}
	})
}
