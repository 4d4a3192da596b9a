package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/article"
	"switchboard/internal/markdown"
)

// Runbooks are internal articles beside conversations, and their steps that are done.
type Runbooks interface {
	// Runbooks lists the runbooks of a conversation that the agent has read, without their parts.
	Runbooks(ctx context.Context, c *view.Conversation) ([]view.Runbook, error)
	DoneSteps(ctx context.Context, id desk.ConversationID) (map[desk.ArticleID]map[string]view.StepDone, error)
	SetStep(ctx context.Context, by desk.Agent, id desk.ConversationID, runbook desk.ArticleID, step string, done bool) error
}

type setStepInput struct {
	ConversationPath
	Article string `path:"article" doc:"A runbook's id"`
	Step    string `path:"step" maxLength:"100"`
	Body    struct {
		Done bool `json:"done"`
	}
}

func (s *server) runbookRoutes() {
	tags := []string{"Articles"}
	handle(s, huma.Operation{
		OperationID: "list-runbooks", Method: http.MethodGet, Path: "/conversations/{id}/runbooks", Tags: tags,
		Summary: "List the runbooks of a conversation", Description: "Published internal articles that are attached to a rule which routed it, to one of its tags, or to its inbox; by title, at most 20.",
	}, s.listRunbooks)
	handle(s, huma.Operation{
		OperationID: "set-step", Method: http.MethodPut, Path: "/conversations/{id}/runbooks/{article}/steps/{step}", Tags: tags,
		Summary: "Tick a step of a runbook", Description: "For all agents, in this conversation only. A step that is ticked again keeps who did it first.",
	}, s.setStep)
}

// runbooks returns the runbooks of a conversation with their parts.
func (s *server) runbooks(ctx context.Context, c *view.Conversation) ([]view.Runbook, error) {
	list, err := s.Runbooks.Runbooks(ctx, c)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	done, err := s.Runbooks.DoneSteps(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		r := &list[i]
		r.Parts = []view.RunbookPart{}
		for _, p := range article.Steps(r.Text) {
			part := view.RunbookPart{Step: p.Step, HTML: markdown.Page(p.Text)}
			if p.Step != "" {
				part.Text = markdown.Plain(p.Text, 120)
				r.Steps++
				if by, ok := done[r.ID][p.Step]; ok {
					part.Done = &by
					r.Done++
				}
			}
			r.Parts = append(r.Parts, part)
		}
	}
	return list, nil
}

func (s *server) listRunbooks(ctx context.Context, in *ConversationPath) (*listOutput[view.Runbook], error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := s.runbooks(ctx, &c)
	if err != nil {
		return nil, err
	}
	return whole(list), nil
}

func (s *server) setStep(ctx context.Context, in *setStepInput) (*struct{ Body view.Runbook }, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	id, err := articleID(in.Article)
	if err != nil {
		return nil, err
	}
	shown := func() (*view.Runbook, error) {
		list, err := s.runbooks(ctx, &c)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if list[i].ID == id {
				return &list[i], nil
			}
		}
		return nil, desk.Errorf(desk.KindNotFound, "the conversation has no such runbook")
	}
	r, err := shown()
	if err != nil {
		return nil, err
	}
	known := false
	for _, p := range r.Parts {
		known = known || p.Step != "" && p.Step == in.Step
	}
	if !known {
		return nil, desk.Errorf(desk.KindNotFound, "the runbook has no such step: it was changed meanwhile")
	}
	if err := s.Runbooks.SetStep(ctx, auth.AgentOf(ctx), c.ID, id, in.Step, in.Body.Done); err != nil {
		return nil, err
	}
	if r, err = shown(); err != nil {
		return nil, err
	}
	return &struct{ Body view.Runbook }{*r}, nil
}
