package agent

import (
	"context"
	"slices"
	"strings"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/lifecycle"
)

// maxInvited bounds how many agents one invitation names.
const maxInvited = 10

// Invite asks agents to help with a conversation.
type Invite struct {
	Agents []desk.AgentID
	// Inbox adds the members of an inbox who are available now, those with the fewest
	// open conversations first; empty: Agents only.
	Inbox string
	Note  string // what they are asked for; may be empty
}

// Invite asks agents to help with a conversation, which keeps its owner. The note is
// added to the conversation. KindInvalid if no agent is named, or if one of them may not read
// the conversation or owns it.
func (d *Desk) Invite(ctx context.Context, by desk.Agent, c desk.ConversationID, in Invite) error {
	if err := d.do(ctx, by, c, func(a *act) error { return a.invite(ctx, in) }); err != nil {
		return err
	}
	d.opt.Log.InfoContext(ctx, "HelpWanted", "conversation", c, "agent", by.ID)
	return nil
}

func (a *act) invite(ctx context.Context, in Invite) (err error) {
	if err := a.may(maySwarm); err != nil {
		return err
	}
	e := lifecycle.Invite{By: a.by}
	for _, id := range in.Agents {
		who, err := a.named(ctx, "agents", id)
		if err != nil {
			return err
		}
		e.Agents = addAgent(e.Agents, who)
	}
	if in.Inbox != "" {
		if e.Agents, err = a.available(ctx, in.Inbox, e.Agents); err != nil {
			return err
		}
	}
	switch n := len(e.Agents); {
	case n == 0:
		return desk.Errorf(desk.KindInvalid, "agents: name at least one agent, or an inbox")
	case n > maxInvited:
		return desk.Errorf(desk.KindInvalid, "agents: %d are too many; at most %d can be asked at once", n, maxInvited)
	}
	if strings.TrimSpace(in.Note) != "" {
		n, err := note(&a.state.Conversation, a.by, in.Note, a.Now(), a.opt)
		if err != nil {
			return err
		}
		e.Note = &n
	}
	return a.applyWith(e, e.Note)
}

// available adds the members of an inbox who can help now to those who are named, as far
// as there is room.
func (a *act) available(ctx context.Context, key string, named []desk.Agent) ([]desk.Agent, error) {
	in, err := a.inbox(ctx, key)
	if err != nil {
		return nil, err
	}
	members, err := a.Roster(ctx)
	if err != nil {
		return nil, err
	}
	c := &a.state.Conversation
	members = slices.DeleteFunc(members, func(m desk.Member) bool {
		return m.Availability != desk.Available || m.ID == a.by.ID || m.ID == c.AssigneeID || !m.WorksIn(in) || !m.CanRead(c)
	})
	if len(members) == 0 {
		return nil, desk.Errorf(desk.KindInvalid, "inbox: no other agent of %s is available now and may read this conversation", in.Key)
	}
	slices.SortStableFunc(members, func(x, y desk.Member) int { return x.Open() - y.Open() })
	for i := range members {
		if len(named) < maxInvited {
			named = addAgent(named, members[i].Agent)
		}
	}
	return named, nil
}

func addAgent(list []desk.Agent, who desk.Agent) []desk.Agent {
	if who.ID.IsZero() || slices.ContainsFunc(list, func(a desk.Agent) bool { return a.ID == who.ID }) {
		return list
	}
	return append(list, who)
}

// Leave ends the help of an agent with a conversation. It changes nothing if they do not
// help.
func (d *Desk) Leave(ctx context.Context, by desk.Agent, c desk.ConversationID, helper desk.AgentID) error {
	return d.do(ctx, by, c, func(a *act) error {
		who, err := a.named(ctx, "agent", helper)
		if err != nil {
			return err
		}
		_, err = a.apply(lifecycle.Leave{By: a.actor(), Agent: who})
		return err
	})
}

// mayReply refuses the reply of an agent who was only asked to help.
func (a *act) mayReply(ctx context.Context) error {
	if !a.state.OnlyHelps(a.by.ID) {
		return nil
	}
	owner, err := a.Agent(ctx, a.state.Conversation.AssigneeID)
	if err != nil {
		return err
	}
	return desk.Errorf(desk.KindDenied, "you were asked to help, and %s answers this conversation: write a note, or assign the conversation to yourself first", owner.Name)
}

// onlyHelps is lifecycle.State.OnlyHelps for what the API shows.
func onlyHelps(a desk.AgentID, c *view.Conversation) bool {
	return c.Assignee != nil && c.Assignee.ID != a && slices.ContainsFunc(c.Swarm, func(h view.Helper) bool { return h.Agent.ID == a })
}
