package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
)

// Surveys reads what customers answered.
type Surveys interface {
	// SurveyResults groups the surveys of a kind by inbox, or by agent.
	SurveyResults(ctx context.Context, f view.SurveyFilter) (view.SurveyResults, error)
}

type surveysInput struct {
	Kind desk.SurveyKind `query:"kind" enum:"csat,effort" default:"csat" doc:"csat: how satisfied; effort: how easy"`
	By   string          `query:"by" enum:"inbox,agent" default:"inbox" doc:"agent: who was assigned when the conversation was resolved"`
	From time.Time       `query:"from" doc:"Surveys that were sent since then; absent: 30 days"`
	To   time.Time       `query:"to" doc:"And before then; absent: now"`
}

func (s *server) surveyRoutes() {
	handle(s, huma.Operation{
		OperationID: "survey-results", Method: http.MethodGet, Path: "/surveys", Tags: []string{"Surveys"}, Summary: "Count the answers to surveys",
		Description: "How many surveys were sent and answered, how many of the answers are good, and their average, in all and by inbox or agent. Admins only.",
	}, s.surveyResults)
}

func (s *server) surveyResults(ctx context.Context, in *surveysInput) (*struct{ Body view.SurveyResults }, error) {
	if !auth.AgentOf(ctx).Admin {
		return nil, desk.Errorf(desk.KindDenied, "only admins can read the results of surveys; the history of a conversation shows the answer to its own")
	}
	f := view.SurveyFilter{Kind: in.Kind, By: in.By, From: in.From, To: in.To}
	if f.To.IsZero() {
		f.To = time.Now()
	}
	if f.From.IsZero() {
		f.From = f.To.AddDate(0, 0, -30)
	}
	if !f.From.Before(f.To) {
		return nil, problem.Invalid("query.from", "must be before to", in.From)
	}
	out, err := s.Surveys.SurveyResults(ctx, f)
	return &struct{ Body view.SurveyResults }{out}, err
}
