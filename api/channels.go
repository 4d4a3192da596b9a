package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

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
}
