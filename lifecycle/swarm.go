package lifecycle

import (
	"slices"

	"switchboard/desk"
)

// MaxHelpers bounds how many agents can help with a conversation at once.
const MaxHelpers = 50

// Invite asks agents to help. The conversation keeps its owner, who answers it; helpers
// read it and write notes. They have to be allowed to read it already.
type Invite struct {
	By     desk.Agent
	Agents []desk.Agent
	Note   *desk.Message // what they are asked for; nil: nothing was said
}

func (e Invite) apply(t *transition) error {
	if !t.c.MergedInto.IsZero() {
		return desk.Errorf(desk.KindConflict, "conversation #%d was merged into another one; ask for help there", t.c.Number)
	}
	data, added := desk.SwarmInvited{}, 0
	for i := range e.Agents {
		a := &e.Agents[i]
		switch {
		case a.Disabled:
			return desk.Errorf(desk.KindInvalid, "agents: %s is disabled; choose another agent", a.Name)
		case !a.CanRead(&t.c):
			return desk.Errorf(desk.KindInvalid, "agents: %s is not allowed to read this conversation", a.Name)
		case a.ID == t.c.AssigneeID:
			return desk.Errorf(desk.KindInvalid, "agents: %s owns this conversation", a.Name)
		}
		data.Agents = append(data.Agents, desk.SwarmAgent{ID: a.ID, Name: a.Name})
		if !slices.Contains(t.s.Helpers, a.ID) {
			t.s.Helpers, added = append(t.s.Helpers, a.ID), added+1
			t.out.Invited = append(t.out.Invited, desk.Helper{ConversationID: t.c.ID, AgentID: a.ID, By: e.By.ID, Since: t.at})
		}
	}
	if len(t.s.Helpers) > MaxHelpers {
		return desk.Errorf(desk.KindConflict, "at most %d agents can help with a conversation at once", MaxHelpers)
	}
	if added == 0 && e.Note == nil {
		return nil
	}
	by, text := desk.AgentActor(e.By.ID), "Help wanted by "+e.By.Name
	if e.Note != nil {
		t.record(by, desk.NoteAdded{MessageSummary: e.Note.Summary()})
		data.MessageID, text = e.Note.ID, text+": "+e.Note.Preview
	}
	t.record(by, data)
	for _, a := range data.Agents {
		t.tellAgent(a.ID, e.By.ID, desk.NoticeSwarm, text)
	}
	return nil
}

// Leave ends the help of an agent. It changes nothing if they do not help.
type Leave struct {
	By    desk.Actor
	Agent desk.Agent
}

func (e Leave) apply(t *transition) error {
	i := slices.Index(t.s.Helpers, e.Agent.ID)
	if i < 0 {
		return nil
	}
	t.s.Helpers = slices.Delete(t.s.Helpers, i, i+1)
	t.out.Left = append(t.out.Left, desk.Helper{ConversationID: t.c.ID, AgentID: e.Agent.ID})
	t.record(e.By, desk.SwarmLeft{AgentID: e.Agent.ID, Name: e.Agent.Name})
	return nil
}

// OnlyHelps reports whether an agent was asked to help with a conversation that somebody
// else owns: then the owner answers.
func (s *State) OnlyHelps(a desk.AgentID) bool {
	owner := s.Conversation.AssigneeID
	return !owner.IsZero() && owner != a && slices.Contains(s.Service.Helpers, a)
}
