package gateway

import (
	"context"
	"time"

	"switchboard/channels"
	"switchboard/desk"
	"switchboard/internal/health"
)

// diskInterval is how often the state of the disk is listed among the channels.
const diskInterval = 5 * time.Second

// watchSpace measures the disk of a private database. That of any other one is not
// known: its error shows that it is full.
func (g *Gateway) watchSpace(ctx context.Context) {
	cluster := g.db.Cluster()
	if cluster == nil {
		return
	}
	g.space = &health.Space{Folder: cluster.Folder(), Floor: g.cfg.SpaceFloor(), Free: cluster.FreeSpace, Restock: cluster.KeepReserve, Log: g.log}
	g.space.Measure(ctx)
}

// guardedSink refuses everything while there is not enough space.
type guardedSink struct {
	channels.Sink
	space *health.Space
}

// Accept implements channels.Sink.
func (s guardedSink) Accept(ctx context.Context, raw desk.Raw) (desk.Receipt, error) {
	if err := s.space.Err(); err != nil {
		return desk.Receipt{}, err
	}
	return s.Sink.Accept(ctx, raw)
}
