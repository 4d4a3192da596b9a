package socket

import (
	"context"
	"time"

	"switchboard/api/problem"
	"switchboard/desk"
)

// seeEvery is how often the presence of a connected agent is recorded. The pings of
// their sockets are the occasions, so that it is less than two minutes old.
const seeEvery = 45 * time.Second

// see records that the agent is connected, unless that was done less than every ago by
// any of their sockets on this node. An error only delays it.
func (c *conn) see(ctx context.Context, every time.Duration) {
	id := c.agent.Load().ID
	if c.Seer == nil || !c.due(id, every) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := c.Seer.SeeAgent(ctx, id); err != nil && ctx.Err() == nil {
		c.Log.WarnContext(ctx, "PresenceNotRecorded", "error", err, "request_id", problem.RequestID(ctx))
	}
}

// due reports whether an agent's presence is to be recorded now, and notes it.
func (s *Server) due(id desk.AgentID, every time.Duration) bool {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.seen[id]; ok && now.Sub(at) < every {
		return false
	}
	for other, at := range s.seen { // those who have left
		if now.Sub(at) > 10*seeEvery {
			delete(s.seen, other)
		}
	}
	s.seen[id] = now
	return true
}
