package api

import (
	"context"

	"switchboard/agent"
	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/lifecycle"
)

type mergeInput struct {
	ConversationPath
	Body struct {
		Into string `json:"into" minLength:"1" maxLength:"100" doc:"The id or number of the conversation that survives"`
	}
}

// ChangedConversation is a conversation after an operation that can be undone.
type ChangedConversation struct {
	view.Conversation
	Undo *string `json:"undo" doc:"For POST /undo, within 24 hours; null: nothing was changed"`
}

type changedOutput struct{ Body ChangedConversation }

// change changes a conversation, and returns it with its undo.
func (s *server) change(ctx context.Context, id desk.ConversationID, ch agent.Change) (*changedOutput, error) {
	done, err := s.Changing.Change(ctx, auth.AgentOf(ctx), id, ch)
	return s.undoableChange(ctx, id, done.Reversal, err)
}

// undoableChange returns a changed conversation with its undo.
func (s *server) undoableChange(ctx context.Context, id desk.ConversationID, r *lifecycle.Reversal, err error) (*changedOutput, error) {
	out, err := s.changed(ctx, id, err)
	if err != nil {
		return nil, err
	}
	undo, err := s.undoable(ctx, r)
	return &changedOutput{ChangedConversation{out.Body, undo}}, err
}

func (s *server) merge(ctx context.Context, in *mergeInput) (*changedOutput, error) {
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
	_, reversal, err := s.Changing.MergeReversibly(ctx, auth.AgentOf(ctx), c.ID, into.ID)
	return s.undoableChange(ctx, into.ID, reversal, err)
}

func (s *server) unmerge(ctx context.Context, in *ConversationPath) (*conversationOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	_, err = s.Merging.Unmerge(ctx, auth.AgentOf(ctx), c.ID)
	return s.changed(ctx, c.ID, err)
}
