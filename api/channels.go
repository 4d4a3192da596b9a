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

func (s *server) channelRoutes() {
	handle(s, huma.Operation{
		OperationID: "list-channels", Method: http.MethodGet, Path: "/channels", Summary: "List the channels and their status",
		Tags:        []string{"Channels"},
		Description: "By name, over all nodes. Every agent may see when a channel fails.",
	}, func(ctx context.Context, _ *struct{}) (*listOutput[view.Channel], error) {
		list, err := s.Channels.Channels(ctx)
		if err != nil {
			return nil, err
		}
		return whole(list), nil
	})
	handle(s, huma.Operation{
		OperationID: "reconcile-channel", Method: http.MethodPost, Path: "/channels/{name}/reconcile",
		Summary: "Compare a mailbox with the journal", Tags: []string{"Channels"},
		Description: "Fetches missing messages and responds when done. 409, with what to do, when the mail server is unavailable or a comparison is running. Admins only.",
	}, s.reconcile)
}

type channelPath struct {
	Name string `path:"name" doc:"imap and the name of the mailbox"`
}

func (s *server) reconcile(ctx context.Context, in *channelPath) (*struct{ Body view.Reconciled }, error) {
	if !auth.AgentOf(ctx).Admin {
		return nil, desk.Errorf(desk.KindDenied, "only admins can compare a mailbox")
	}
	if s.Reconciler == nil {
		return nil, problem.NotFound("mailbox")
	}
	folders, err := s.Reconciler.Reconcile(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return &struct{ Body view.Reconciled }{view.Reconciled{At: time.Now().UTC(), Folders: folders}}, nil
}
