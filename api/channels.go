package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/desk"
	"switchboard/desk/view"
)

func (s *server) channelRoutes() {
	handle(s, huma.Operation{
		OperationID: "list-channels", Method: http.MethodGet, Path: "/channels", Summary: "List the entrances and how they are doing",
		Tags:        []string{"Journal"},
		Description: "By name, over all nodes. For everybody: whoever waits for mail should see that it does not come.",
	}, func(ctx context.Context, _ *struct{}) (*listOutput[view.Channel], error) {
		list, err := s.Channels.Channels(ctx)
		if err != nil {
			return nil, err
		}
		return whole(list), nil
	})
	handle(s, huma.Operation{
		OperationID: "reconcile-channel", Method: http.MethodPost, Path: "/channels/{name}/reconcile",
		Summary: "Compare a mailbox with the journal", Tags: []string{"Journal"},
		Description: "Fetches what was passed over, and answers when it is done. 409, with what to do, when the server cannot be asked or a comparison is running. For admins.",
	}, s.reconcile)
}

type channelPath struct {
	Name string `path:"name" doc:"imap and the mailbox's name"`
}

func (s *server) reconcile(ctx context.Context, in *channelPath) (*struct{ Body view.Reconciled }, error) {
	if !agentOf(ctx).Admin {
		return nil, desk.Errorf(desk.KindDenied, "mailboxes are compared by admins")
	}
	if s.Reconciler == nil {
		return nil, noSuch("mailbox")
	}
	folders, err := s.Reconciler.Reconcile(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return &struct{ Body view.Reconciled }{view.Reconciled{At: time.Now().UTC(), Folders: folders}}, nil
}
