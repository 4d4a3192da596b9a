package replay

import (
	"errors"
	"fmt"

	"switchboard/desk"
	"switchboard/lifecycle"
	"switchboard/replay/history"
)

// event returns what a line of a history does. A history is what happened: neither
// permissions nor handoff contracts are enforced.
func (r *run) event(c *conversation, l *history.Line) (lifecycle.Event, error) {
	by, err := r.agent(l.By)
	if err != nil {
		return nil, fmt.Errorf("by: %w", err)
	}
	actor := desk.AgentActor(by.ID)
	switch l.Do {
	case "reply":
		return lifecycle.Reply{Author: by}, nil
	case "note":
		return lifecycle.Note{By: actor}, nil
	case "assign":
		e := lifecycle.Assign{By: actor}
		if l.To != nil {
			if e.To, err = r.agent(*l.To); err != nil {
				return nil, fmt.Errorf("to: %w", err)
			}
		}
		return e, nil
	case "move":
		return r.move(c, l, by)
	case "accept":
		return lifecycle.Accept{By: by}, nil
	case "return":
		e := lifecycle.Return{By: actor, ByName: by.Name, Reason: l.Reason, KeepStatus: l.KeepStatus}
		if h := c.state.Service.Handoff; h != nil {
			e.Agent = r.agents[r.keys[h.Agent]]
		}
		return e, nil
	case "status":
		e := lifecycle.SetStatus{By: actor, To: desk.Status(l.Status), WaitingOn: desk.WaitingOn(l.WaitingOn)}
		if l.Until != nil {
			e.Until = l.Until.UTC()
		}
		return e, nil
	case "priority":
		return lifecycle.SetPriority{By: actor, To: desk.Priority(l.Priority)}, nil
	case "":
		return nil, errors.New(`"do" is missing`)
	}
	return nil, fmt.Errorf("do: %q is not known; use receive, reply, note, assign, move, accept, return, status or priority", l.Do)
}

// move returns a move to an inbox, or to the first inbox of a tier.
func (r *run) move(c *conversation, l *history.Line, by desk.Agent) (lifecycle.Event, error) {
	e := lifecycle.Move{By: desk.AgentActor(by.ID), ByName: by.Name, KeepStatus: l.KeepStatus, Evidence: l.Handover,
		Assignee: r.agents[r.keys[c.state.Conversation.AssigneeID]]}
	key := l.Inbox
	if key == "" && l.Tier == nil {
		return nil, errors.New(`"inbox" or "tier" is missing`)
	}
	if key == "" {
		in, ok := r.policy.Rules.InboxOf(desk.Tier(*l.Tier))
		if !ok {
			return nil, fmt.Errorf("tier %d has no inbox", *l.Tier)
		}
		key = in.Key
	}
	for _, in := range r.policy.Inboxes {
		if in.ID == c.state.Conversation.InboxID {
			e.From = in
		}
		if in.Key == key {
			e.To = in
		}
	}
	if e.To.ID.IsZero() {
		return nil, fmt.Errorf("inbox %q is unknown", key)
	}
	return e, nil
}

func (r *run) agent(key string) (desk.Agent, error) {
	a, ok := r.agents[key]
	if !ok {
		return desk.Agent{}, fmt.Errorf("agent %q is unknown", key)
	}
	return a, nil
}
