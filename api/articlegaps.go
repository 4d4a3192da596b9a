package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/report"
)

// ArticleGaps finds out about what articles are missing.
type ArticleGaps interface {
	// ArticleGaps returns the most frequent topics of the conversations that an agent may read
	// and about which there is no public article.
	ArticleGaps(ctx context.Context, as desk.Agent, from, to time.Time, limit int) ([]view.ArticleGap, error)
}

type articleGapsInput struct {
	From  string `query:"from" maxLength:"64" doc:"An instant, or a day in the time zone; absent: 30 days before to"`
	To    string `query:"to" maxLength:"64" doc:"Before that instant, or before the beginning of that day; absent: now"`
	TZ    string `query:"tz" maxLength:"64" doc:"IANA name of the time zone of days; absent: UTC"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

func (s *server) gapRoutes() {
	handle(s, huma.Operation{OperationID: "list-article-gaps", Method: http.MethodGet, Path: "/articles/gaps", Summary: "List topics without an article", Tags: []string{"Articles"},
		Description: "Tags of new conversations, and words that their subjects share, that no published public article has in its title or its tags; the most frequent first. Only conversations that you may read count, and no spam."}, s.articleGaps)
}

func (s *server) articleGaps(ctx context.Context, in *articleGapsInput) (*listOutput[view.ArticleGap], error) {
	_, f, _, err := report.Parse(report.Request{Measure: "topics", From: in.From, To: in.To, TZ: in.TZ}, time.Now())
	var wrong *report.Error
	if errors.As(err, &wrong) {
		return nil, problem.Invalid(wrong.Location, wrong.Message, wrong.Value)
	}
	if err != nil {
		return nil, err
	}
	gaps, err := s.Gaps.ArticleGaps(ctx, auth.AgentOf(ctx), f.From, f.To, in.Limit)
	if err != nil {
		return nil, err
	}
	for i := range gaps {
		if g := &gaps[i]; g.Before > 0 {
			growth := float64(g.Count-g.Before) / float64(g.Before)
			g.Growth = &growth
		}
	}
	return whole(gaps), nil
}
