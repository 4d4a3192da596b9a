package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/agent"
	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
)

type returnInput struct {
	ConversationPath
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"20000" doc:"What is missing, or why it belongs to where it came from"`
	}
}

type priorityInput struct {
	ConversationPath
	Body struct {
		Priority desk.Priority `json:"priority" enum:"low,normal,high,urgent"`
	}
}

type previewInput struct {
	ConversationPath
	Inbox string `query:"inbox" maxLength:"200" doc:"An inbox's key"`
	Tier  string `query:"tier" maxLength:"10" doc:"A tier's number"`
}

// MovePreview is what a move would do.
type MovePreview struct {
	Inbox      view.InboxName `json:"inbox"`
	Tier       desk.Tier      `json:"tier"`
	Require    []string       `json:"require" doc:"Names of the evidence that the handoff contract requires"`
	AcceptBy   *time.Time     `json:"accept_by" doc:"When the receiver has to accept it; null: no limit, or no contract"`
	Warning    string         `json:"warning" doc:"Why the policy advises against it; empty: it does not"`
	Refused    bool           `json:"refused" doc:"The policy refuses it, for the reason in warning"`
	SLA        string         `json:"sla" doc:"Name of the SLA policy that would be in force; empty: none"`
	Clocks     []view.Clock   `json:"clocks" doc:"The clocks that would be open"`
	Unassigned bool           `json:"unassigned" doc:"The assignee does not work there"`
}

func (s *server) handoffRoutes(op func(id, verb, summary, description string, status int) huma.Operation) {
	handle(s, huma.Operation{
		OperationID: "preview-move", Method: http.MethodGet, Path: "/conversations/{id}/move", Tags: []string{"Actions"},
		Summary: "Preview a move", Description: "What a move to inbox or tier would require and do, with the new deadlines. Nothing changes.",
	}, s.previewMove)
	handle(s, op("accept-handoff", "accept", "Accept a handover", "Assigns the conversation to you. 409 if it was not handed over, or was accepted already.", http.StatusOK), s.accept)
	handle(s, op("return-handoff", "return", "Return a handover", "Sends the conversation back to the inbox and the agent it came from.", http.StatusOK), s.returnHandoff)
	handle(s, op("set-priority", "priority", "Change the priority", "", http.StatusOK), s.setPriority)
}

func (s *server) previewMove(ctx context.Context, in *previewInput) (*struct{ Body MovePreview }, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	m := agent.Move{Inbox: in.Inbox}
	if (in.Inbox == "") == (in.Tier == "") {
		return nil, problem.Invalid("query", "exactly one of inbox and tier is required", nil)
	}
	if in.Tier != "" {
		n, err := strconv.ParseUint(in.Tier, 10, 31)
		if err != nil {
			return nil, problem.Invalid("query.tier", "must be a number", in.Tier)
		}
		tier := desk.Tier(n)
		m.Tier = &tier
	}
	p, err := s.Handling.PreviewMove(ctx, auth.AgentOf(ctx), c.ID, m)
	if err != nil {
		return nil, err
	}
	out := MovePreview{Inbox: view.InboxName{Key: p.Inbox.Key, Name: p.Inbox.Name}, Tier: p.Inbox.Tier, Require: append([]string{}, p.Require...),
		Warning: p.Warning, Refused: p.Refused, SLA: p.SLA, Clocks: []view.Clock{}, Unassigned: p.Unassigned}
	if !p.AcceptBy.IsZero() {
		at := p.AcceptBy.UTC()
		out.AcceptBy = &at
	}
	for i := range p.Clocks {
		out.Clocks = append(out.Clocks, view.ClockOf(&p.Clocks[i]))
	}
	return &struct{ Body MovePreview }{out}, nil
}

func (s *server) accept(ctx context.Context, in *ConversationPath) (*conversationOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	_, err = s.Handling.Accept(ctx, auth.AgentOf(ctx), c.ID)
	return s.changed(ctx, c.ID, err)
}

func (s *server) returnHandoff(ctx context.Context, in *returnInput) (*conversationOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	_, err = s.Handling.Return(ctx, auth.AgentOf(ctx), c.ID, in.Body.Reason)
	return s.changed(ctx, c.ID, err)
}

func (s *server) setPriority(ctx context.Context, in *priorityInput) (*changedOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, c.ID, agent.Change{Priority: &in.Body.Priority})
}

// allow sets what the caller may do with a conversation.
func (s *server) allow(ctx context.Context, c *view.Conversation) {
	c.Allowed = s.Handling.Allowed(auth.AgentOf(ctx), c)
}
