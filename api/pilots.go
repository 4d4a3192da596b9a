package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/pilot"
	"switchboard/internal/policies"
)

// Pilots reads pilots of the policy.
type Pilots interface {
	// Pilots lists all of them, newest first.
	Pilots(ctx context.Context) ([]view.Pilot, error)
	// Pilot returns that of a version, 0: the running one. KindNotFound if no pilot has it.
	Pilot(ctx context.Context, version int64) (view.Pilot, error)
	// PilotCounts counts what its groups did before it, and until an instant.
	PilotCounts(ctx context.Context, p view.Pilot, until time.Time) ([]view.PilotCount, error)
}

// PilotCare starts and ends pilots.
type PilotCare interface {
	policies.PilotStore
}

// ComparedPilot is a pilot, and what it did.
type ComparedPilot struct {
	view.Pilot
	Comparison pilot.PilotComparison `json:"comparison"`
}

type comparedPilotOutput struct {
	ETag string `header:"ETag" doc:"The live version in quotes, for If-Match"`
	Body ComparedPilot
}

type pilotOutput struct {
	ETag string `header:"ETag" doc:"The live version in quotes, for If-Match"`
	Body view.Pilot
}

type pilotPath struct {
	Version string `path:"version" doc:"The number of the draft, or running"`
}

type startPilotInput struct {
	IfMatch string `header:"If-Match" doc:"The live version that the draft was made of, in quotes; 412 if another one is live meanwhile. *: whatever is live. Required"`
	Body    struct {
		Document     string `json:"document" minLength:"1" maxLength:"262144" doc:"YAML, see doc/policy.md"`
		Share        int    `json:"share,omitempty" minimum:"1" maximum:"100" default:"100" doc:"Percent of the accounts; 100 is only for a segment"`
		Segment      string `json:"segment,omitempty" maxLength:"200" doc:"Only accounts in this segment of the live policy; empty: all"`
		Reason       string `json:"reason" minLength:"1" maxLength:"1000" doc:"What is to be found out, for the history"`
		BaselineDays int    `json:"baseline_days,omitempty" minimum:"1" maximum:"366" default:"28" doc:"How long before the start is measured, to compare with"`
	}
}

// PilotReason says why a pilot ends.
type PilotReason struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"Why, for the history"`
}

type withdrawPilotInput struct {
	Version string `path:"version" doc:"The number of the draft, or running"`
	Body    PilotReason
}

type adoptPilotInput struct {
	Version string `path:"version" doc:"The number of the draft, or running"`
	IfMatch string `header:"If-Match" doc:"The live version, in quotes; 412 if another one is live meanwhile. *: whatever is live. Required"`
	Body    PilotReason
}

func (s *server) pilotRoutes() {
	op := func(id, method, path, summary, description string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/policies/pilots" + path, Summary: summary, Description: strings.TrimSpace(description + " For admins."), Tags: []string{"Policy"}, DefaultStatus: http.StatusOK}
	}
	handle(s, op("list-pilots", http.MethodGet, "", "List the pilots of the policy", "Newest first."), s.listPilots)
	handle(s, op("get-pilot", http.MethodGet, "/{version}", "Compare the groups of a pilot", "What the accounts in it and the others did since it started and in the baseline. 404 for running if no pilot is running."), s.getPilot)
	start := op("start-pilot", http.MethodPost, "", "Start a pilot", "Tries a draft with a share or a segment of the accounts, on all nodes within two seconds: it decides about conversations that they begin from then on, and about what happens next in those. The draft gets a version of its own, which is not live. 409 while another pilot is running, 412 if another version was published meanwhile, 422 if the draft cannot be tried.")
	start.DefaultStatus = http.StatusCreated
	handle(s, start, s.startPilot)
	adopt := op("adopt-pilot", http.MethodPost, "/{version}/adopt", "Adopt a pilot", "Publishes its draft as a new version. 409 if the pilot is not running, 412 if another version was published meanwhile.")
	adopt.DefaultStatus = http.StatusCreated
	handle(s, adopt, s.adoptPilot)
	handle(s, op("withdraw-pilot", http.MethodPost, "/{version}/withdraw", "Withdraw a pilot", "The live version decides from then on, also about what happens next in conversations of the pilot; their running clocks keep what was promised. 409 if the pilot is not running."), s.withdrawPilot)
}

func (s *server) listPilots(ctx context.Context, _ *struct{}) (*listOutput[view.Pilot], error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	list, err := s.Pilots.Pilots(ctx)
	if err != nil {
		return nil, err
	}
	return whole(list), nil
}

// pilot reads a pilot.
func (s *server) pilot(ctx context.Context, version string) (view.Pilot, error) {
	var number int64
	if version != "running" {
		var err error
		if number, err = strconv.ParseInt(version, 10, 64); err != nil || number < 1 {
			return view.Pilot{}, problem.NotFound("pilot")
		}
	}
	p, err := s.Pilots.Pilot(ctx, number)
	if err != nil && desk.KindOf(err) == desk.KindNotFound {
		return p, problem.NotFound("pilot")
	}
	return p, err
}

// liveTag is the ETag of the live version.
func (s *server) liveTag(ctx context.Context) (string, error) {
	live, err := s.Policies.PolicyDocument(ctx, 0)
	return policyTag(live.Version), err
}

func (s *server) getPilot(ctx context.Context, in *pilotPath) (*comparedPilotOutput, error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	p, err := s.pilot(ctx, in.Version)
	if err != nil {
		return nil, err
	}
	until := time.Now()
	if p.EndedAt != nil {
		until = *p.EndedAt
	}
	counts, err := s.Pilots.PilotCounts(ctx, p, until)
	if err != nil {
		return nil, err
	}
	tag, err := s.liveTag(ctx)
	return &comparedPilotOutput{tag, ComparedPilot{p, pilot.Compare(p, counts, until)}}, err
}

func (s *server) startPilot(ctx context.Context, in *startPilotInput) (*pilotOutput, error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	reason, err := pilotReason(in.Body.Reason)
	if err != nil {
		return nil, err
	}
	p := desk.Pilot{Share: in.Body.Share, Segment: in.Body.Segment, Baseline: time.Duration(in.Body.BaselineDays) * 24 * time.Hour}
	p.Publication = desk.Publication{Document: in.Body.Document, By: actorOf(ctx), Author: auth.AgentOf(ctx).Email, Origin: desk.OriginPilot, Reason: reason}
	if p.Replaces, err = ifMatch(in.IfMatch); err != nil {
		return nil, err
	}
	version, err := policies.StartPilot(ctx, s.PilotCare, p)
	var field *policies.FieldError
	if errors.As(err, &field) {
		return nil, problem.Invalid("body."+field.Field, field.Reason, nil)
	}
	if err != nil {
		return nil, s.refusedPilot(ctx, p.Replaces, err)
	}
	made, err := s.Pilots.Pilot(ctx, version)
	return &pilotOutput{policyTag(made.Base), made}, err
}

func pilotReason(text string) (string, error) {
	if text = strings.TrimSpace(text); text == "" {
		return "", problem.Invalid("body.reason", "say in a few words why", text)
	}
	return text, nil
}

// refusedPilot explains why a pilot was not started or adopted.
func (s *server) refusedPilot(ctx context.Context, replaces *int64, err error) error {
	if found := policies.Problems(err); len(found) > 0 {
		return invalidPolicy(found)
	}
	if desk.KindOf(err) != desk.KindConflict || replaces == nil {
		return err
	}
	live, readErr := s.Policies.PolicyDocument(ctx, 0)
	if readErr != nil || live.Version == *replaces {
		return errors.Join(readErr, err)
	}
	return s.meanwhile(ctx, *replaces)
}

func (s *server) adoptPilot(ctx context.Context, in *adoptPilotInput) (*publishedPolicyOutput, error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	reason, err := pilotReason(in.Body.Reason)
	if err != nil {
		return nil, err
	}
	replaces, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	tried, err := s.pilot(ctx, in.Version)
	if err != nil {
		return nil, err
	}
	version, err := policies.AdoptPilot(ctx, s.PilotCare, desk.Publication{By: actorOf(ctx), Author: auth.AgentOf(ctx).Email, Origin: desk.OriginAPI, Reason: reason, Replaces: replaces, Adopts: tried.Version})
	if err != nil {
		return nil, s.refusedPilot(ctx, replaces, err)
	}
	made, err := s.Policies.PolicyDocument(ctx, version)
	return &publishedPolicyOutput{policyTag(version), made.PolicyVersion}, err
}

func (s *server) withdrawPilot(ctx context.Context, in *withdrawPilotInput) (*pilotOutput, error) {
	if err := policyAdmin(ctx); err != nil {
		return nil, err
	}
	reason, err := pilotReason(in.Body.Reason)
	if err != nil {
		return nil, err
	}
	tried, err := s.pilot(ctx, in.Version)
	if err != nil {
		return nil, err
	}
	if err := policies.WithdrawPilot(ctx, s.PilotCare, desk.PilotEnd{Version: tried.Version, By: actorOf(ctx), Author: auth.AgentOf(ctx).Email, Reason: reason}); err != nil {
		return nil, err
	}
	ended, err := s.Pilots.Pilot(ctx, tried.Version)
	return &pilotOutput{policyTag(ended.Base), ended}, err
}
