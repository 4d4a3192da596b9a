package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/agent"
	"switchboard/api/auth"
	"switchboard/desk"
)

type inviteInput struct {
	ConversationPath
	Body struct {
		Agents []string `json:"agents,omitempty" maxItems:"10" doc:"Agents' ids or addresses. They must be allowed to read the conversation"`
		Inbox  string   `json:"inbox,omitempty" maxLength:"200" doc:"An inbox's key: its members who are available now, up to ten"`
		Note   string   `json:"note,omitempty" maxLength:"500000" doc:"What they are asked for; it is added to the conversation as a note"`
	}
}

type leaveInput struct {
	ConversationPath
	Agent string `path:"agent" doc:"An agent's id, or me"`
}

func (s *server) swarmRoutes() {
	tags := []string{"Swarm"}
	handle(s, huma.Operation{
		OperationID: "invite-to-swarm", Method: http.MethodPost, Path: "/conversations/{id}/swarm", Tags: tags, DefaultStatus: http.StatusOK,
		Summary: "Ask agents to help", Description: "They read the conversation and write notes. The conversation keeps its assignee, who answers it: a reply of somebody who only helps is refused with 403.",
	}, s.invite)
	handle(s, huma.Operation{
		OperationID: "leave-swarm", Method: http.MethodDelete, Path: "/conversations/{id}/swarm/{agent}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "End the help of an agent",
	}, s.leave)
}

func (s *server) invite(ctx context.Context, in *inviteInput) (*conversationOutput, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	v := agent.Invite{Inbox: in.Body.Inbox, Note: in.Body.Note}
	for i, who := range in.Body.Agents {
		id, err := s.agentNamed(ctx, fmt.Sprintf("body.agents[%d]", i), who)
		if err != nil {
			return nil, err
		}
		v.Agents = append(v.Agents, id)
	}
	return s.changed(ctx, c.ID, s.Teamwork.Invite(ctx, auth.AgentOf(ctx), c.ID, v))
}

func (s *server) leave(ctx context.Context, in *leaveInput) (*struct{}, error) {
	c, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	who := auth.AgentOf(ctx).ID
	if in.Agent != "me" {
		if who, err = pathID(in.Agent, "agent", desk.ParseID[desk.AgentID]); err != nil {
			return nil, err
		}
	}
	return &struct{}{}, s.Teamwork.Leave(ctx, auth.AgentOf(ctx), c.ID, who)
}
