package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/problem"
	"switchboard/internal/policies"
	"switchboard/internal/simulation"
)

// Simulator replays stored conversations through a draft of the policy.
type Simulator interface {
	Simulate(ctx context.Context, document string, since time.Time, opt simulation.Options) (simulation.SimulationResult, error)
}

type simulatePolicyInput struct {
	Body struct {
		PolicyDraft
		Days      int      `json:"days,omitempty" minimum:"1" maximum:"366" default:"30" doc:"How far back"`
		Staff     []string `json:"staff,omitempty" maxItems:"200" doc:"Agents of inboxes, such as billing=3,mon:4; without it, no waits are forecast"`
		HandlingS float64  `json:"handling_s,omitempty" minimum:"1" maximum:"604800" default:"900" doc:"Mean time that an agent needs for a conversation"`
		Variation float64  `json:"variation,omitempty" minimum:"0" maximum:"10" default:"1" doc:"Its coefficient of variation"`
		List      int      `json:"list,omitempty" minimum:"0" maximum:"1000" default:"50" doc:"How many of the conversations that move are listed"`
	}
}

func (s *server) simulateRoutes() {
	handle(s, huma.Operation{OperationID: "simulate-policy", Method: http.MethodPost, Path: "/policies/simulate", Summary: "Simulate a policy document", Tags: []string{"Policy"}, DefaultStatus: http.StatusOK,
		Description: "Replays stored conversations through a document, next to the live policy. Changes nothing. 422 if the document is not valid. For admins."}, s.simulatePolicy)
}

func (s *server) simulatePolicy(ctx context.Context, in *simulatePolicyInput) (*struct {
	Body simulation.SimulationResult
}, error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	if s.Simulator == nil {
		return nil, problem.New(http.StatusNotImplemented, "this server cannot simulate policies")
	}
	opt := simulation.Options{Staff: simulation.Staff{}, Handling: time.Duration(in.Body.HandlingS * float64(time.Second)), Variation: in.Body.Variation, MostMoved: in.Body.List}
	for _, text := range in.Body.Staff {
		if err := opt.Staff.ParseStaff(strings.TrimSpace(text)); err != nil {
			return nil, problem.Invalid("body.staff", err.Error(), text)
		}
	}
	r, err := s.Simulator.Simulate(ctx, in.Body.Document, time.Now().AddDate(0, 0, -in.Body.Days), opt)
	if found := policies.Problems(err); len(found) > 0 {
		return nil, invalidPolicy(found)
	}
	return &struct {
		Body simulation.SimulationResult
	}{r}, err
}
