package api

import (
	"context"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
)

type mergeInput struct {
	ConversationPath
	Body struct {
		Into string `json:"into" minLength:"1" maxLength:"100" doc:"The id or number of the conversation that survives"`
	}
}

func (s *server) merge(ctx context.Context, in *mergeInput) (*conversationOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	into, err := s.find(ctx, in.Body.Into)
	if err != nil && desk.KindOf(err) == desk.KindNotFound {
		return nil, problem.Invalid("body.into", "there is no such conversation", in.Body.Into)
	}
	if err != nil {
		return nil, err
	}
	_, err = s.Merging.Merge(ctx, auth.AgentOf(ctx), c.ID, into.ID)
	return s.changed(ctx, into.ID, err)
}

func (s *server) unmerge(ctx context.Context, in *ConversationPath) (*conversationOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	_, err = s.Merging.Unmerge(ctx, auth.AgentOf(ctx), c.ID)
	return s.changed(ctx, c.ID, err)
}
