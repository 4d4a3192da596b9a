package socket

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/live"
)

// follower sends the event log and signals to one client.
type follower struct {
	*Server
	out      output
	identify func(context.Context) (desk.Agent, error) // authenticates the client again
	agent    atomic.Pointer[desk.Agent]
	at       desk.Cursor
}

// output is a connection to a client. An error means that the client is gone.
type output interface {
	send(frame any) error // a ReadyFrame, EventFrame or SignalFrame
	ping(context.Context) error
}

// follow sends the events after the cursor, then live ones, until the connection ends or ctx does. A
// client that falls behind the hub is replayed to from the log again; one that reads nothing is
// disconnected. It returns nil when the client is gone.
func (c *follower) follow(ctx context.Context) error {
	if c.at == "" {
		head, err := c.Events.Head(ctx)
		if err != nil {
			return err
		}
		c.at = head
	}
	if err := c.out.send(ReadyFrame{"ready", c.at}); err != nil {
		return nil
	}
	for {
		sub := c.Hub.Subscribe(Buffer, live.Everything)
		err := c.replay(ctx)
		if err == nil {
			err = c.listen(ctx, sub)
		}
		sub.Close()
		if errors.Is(err, errBehind) {
			continue
		}
		if ctx.Err() != nil || errors.Is(err, errGone) {
			return nil
		}
		c.Log.WarnContext(ctx, "EventSocketClosed", "error", err, "request_id", problem.RequestID(ctx))
		return err
	}
}

var (
	errBehind = errors.New("the client has fallen behind the hub")
	errGone   = errors.New("the client does not read")
)

// replay sends the log from the cursor to its end.
func (c *follower) replay(ctx context.Context) error {
	for {
		events, err := c.Events.EventsAfter(ctx, c.at, batch)
		if err != nil {
			return err
		}
		allowed, err := c.Visible.Log(ctx, *c.agent.Load(), events)
		if err != nil {
			return err
		}
		for _, e := range allowed {
			if err := c.out.send(EventFrame{"event", view.EventOf(e)}); err != nil {
				return err
			}
		}
		if n := len(events); n > 0 {
			c.at = events[n-1].Cursor
		}
		if len(events) < batch {
			return nil
		}
	}
}

// listen sends what the hub publishes until the connection ends or falls behind.
func (c *follower) listen(ctx context.Context, sub *live.Subscription) error {
	ping := time.NewTicker(c.Ping)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ping.C:
			if err := c.recheck(ctx); err != nil {
				return err
			}
			if err := c.out.ping(ctx); err != nil {
				return errGone
			}
		case item, open := <-sub.C:
			if !open {
				return errBehind
			}
			if err := c.forward(ctx, item); err != nil {
				return err
			}
		}
	}
}

// recheck fails when the agent has signed out, was disabled or lost the key, and
// picks up changes of tiers and admin rights.
func (c *follower) recheck(ctx context.Context) error {
	who, err := c.identify(ctx)
	if err == nil {
		c.agent.Store(&who)
	}
	if desk.KindOf(err) == desk.KindTemporary {
		return nil // the next event needs the database anyway
	}
	return err
}

// forward sends one item of the hub if the agent may see it.
func (c *follower) forward(ctx context.Context, item live.Item) error {
	if item.Signal != nil {
		return c.forwardSignal(ctx, item.Signal)
	}
	e := item.Event
	if e == nil || e.Cursor.Compare(c.at) <= 0 {
		return nil // already replayed
	}
	if e.Subject == desk.AgentSubject(c.agent.Load().ID) {
		// A new password, a revoked key, other rights: take effect at once.
		if err := c.recheck(ctx); err != nil {
			return err
		}
	}
	allowed, err := c.Visible.Live(ctx, *c.agent.Load(), *e)
	if err != nil {
		return err
	}
	c.at = e.Cursor
	if len(allowed) == 0 {
		return nil
	}
	return c.out.send(EventFrame{"event", view.EventOf(allowed[0])})
}
