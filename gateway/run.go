package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/agent"
	"switchboard/desk"
	"switchboard/internal/forwarded"
	"switchboard/live"
)

// snoozeCheck is how late a snoozed conversation may come back.
const snoozeCheck = 5 * time.Second

// Run serves until ctx ends, then stops in order: the entrances first, the
// pipeline when they have finished what they had in hand, the database last.
func (g *Gateway) Run(ctx context.Context) error {
	// The pipeline outlives the entrances, which wait for it to commit.
	inner, stopInner := context.WithCancel(context.WithoutCancel(ctx))
	defer stopInner()
	var pipeline errgroup.Group
	for range 2 { // while one commit waits for the disk the next one gathers
		pipeline.Go(func() error { return g.acceptor.Run(inner) })
	}
	pipeline.Go(func() error { return g.processor.Run(inner) })
	pipeline.Go(func() error { return g.tail.Run(inner) })
	pipeline.Go(func() error { return g.loop.Run(inner) })
	pipeline.Go(func() error { return g.owner.Run(inner) })
	pipeline.Go(func() error { return g.observe(inner) })
	pipeline.Go(func() error { return g.serveMetrics(inner) })
	pipeline.Go(func() error { g.desk.RunWake(inner, g.store, snoozeCheck, g.tail.Wake); return nil })

	entrances, outer := errgroup.WithContext(ctx)
	entrances.Go(func() error { return g.group.Run(outer) })
	entrances.Go(func() error { return g.serve(outer) })
	entrances.Go(func() error { return g.watch(outer) })
	entrances.Go(func() error { return g.reconcile(outer) })
	err := entrances.Wait()
	stopInner()
	return errors.Join(err, ignoreCanceled(pipeline.Wait()), g.Close())
}

// watch ends the gateway when its private database is gone for good.
func (g *Gateway) watch(ctx context.Context) error {
	if g.cluster == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-g.cluster.Done():
		return g.cluster.Err()
	}
}

// serve answers HTTP until ctx ends.
func (g *Gateway) serve(ctx context.Context) error {
	server := &http.Server{Handler: forwarded.Handler(networks(g.cfg.TrustedProxies), g.handler), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	done := make(chan error, 1)
	go func() { done <- server.Serve(g.httpListener) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	return errors.Join(g.api.Shutdown(stop), server.Shutdown(stop))
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// acts wakes after each act of an agent whoever acts on what was written.
type acts struct {
	*agent.Desk
	hub       *live.Hub
	committed func() // wakes the event tail
	replied   func() // wakes the outbound loop
}

// Reply tells a visitor's socket at once: the event log comes in order, behind
// whatever transaction is still running.
func (a acts) Reply(ctx context.Context, by desk.Agent, c desk.ConversationID, r agent.Reply) (desk.Message, error) {
	defer a.committed()
	m, err := a.Desk.Reply(ctx, by, c, r)
	switch {
	case err != nil:
	case m.Channel == desk.ChannelChat:
		data, err := json.Marshal(live.ChatPush{Seq: m.Seq})
		if err != nil {
			return m, err
		}
		a.hub.PublishSignal(live.Signal{Topic: live.ConversationTopic(c), Kind: live.SignalChatPush, Data: data})
	default:
		a.replied()
	}
	return m, err
}

func (a acts) Note(ctx context.Context, by desk.Agent, c desk.ConversationID, text string) (desk.Message, error) {
	defer a.committed()
	return a.Desk.Note(ctx, by, c, text)
}

func (a acts) Assign(ctx context.Context, by desk.Agent, c desk.ConversationID, to desk.AgentID) (desk.Conversation, error) {
	defer a.committed()
	return a.Desk.Assign(ctx, by, c, to)
}

func (a acts) Move(ctx context.Context, by desk.Agent, c desk.ConversationID, m agent.Move) (desk.Conversation, error) {
	defer a.committed()
	return a.Desk.Move(ctx, by, c, m)
}

func (a acts) SetStatus(ctx context.Context, by desk.Agent, c desk.ConversationID, to desk.Status, until time.Time) (desk.Conversation, error) {
	defer a.committed()
	return a.Desk.SetStatus(ctx, by, c, to, until)
}
