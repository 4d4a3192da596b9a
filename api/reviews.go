package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"switchboard/api/auth"
	"switchboard/api/problem"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/quality"
)

// Reviews reads and changes reviews of answers.
type Reviews interface {
	// Reviews lists open reviews that the agent may score, the oldest first, or those that are
	// done and that they may see, the newest first, after a position.
	Reviews(ctx context.Context, as desk.Agent, open bool, after view.ReviewPosition, limit int) ([]view.Review, error)
	ReadReview(ctx context.Context, as desk.Agent, id desk.ReviewID) (view.Review, error)
	// SaveReview lets change edit a review that the agent may see.
	SaveReview(ctx context.Context, by desk.Agent, id desk.ReviewID, change func(*view.Review) error) error
}

type listReviewsInput struct {
	ListInput
	State string `query:"state" enum:"open,done" default:"open"`
}

type reviewPath struct {
	ID string `path:"id"`
}

type patchReviewInput struct {
	ID   string `path:"id"`
	Body struct {
		Scores  *[]view.ReviewScore `json:"scores,omitempty" maxItems:"20" doc:"Of criteria; those that are not listed are not scored"`
		Note    *string             `json:"note,omitempty" doc:"At most 5000 octets"`
		State   string              `json:"state,omitempty" enum:"open,done" doc:"done: each criterion has a score or is not applicable; the agent is told. A review that is done stays it"`
		BasedOn *time.Time          `json:"based_on,omitempty" doc:"updated_at of the review that the request changes; 409 if the stored one is another. Absent: whatever is stored"`
	}
}

func (s *server) reviewRoutes() {
	tags := []string{"Reviews"}
	handle(s, huma.Operation{OperationID: "list-reviews", Method: http.MethodGet, Path: "/reviews", Tags: tags, Summary: "List reviews of answers",
		Description: "Open ones that you may score, the oldest first, or those that are done, the newest first: your own answers', and for admins, and leads about their inboxes, all."}, s.listReviews)
	handle(s, huma.Operation{OperationID: "get-review", Method: http.MethodGet, Path: "/reviews/{id}", Tags: tags, Summary: "Read a review"}, s.getReview)
	handle(s, huma.Operation{OperationID: "change-review", Method: http.MethodPatch, Path: "/reviews/{id}", Tags: tags, Summary: "Score answers",
		Description: "By admins, and leads about their inboxes, who have not answered in the conversation. Absent properties stay unchanged. One that is done is changed by its reviewer, and by admins."}, s.changeReview)
}

func reviewID(text string) (desk.ReviewID, error) {
	return pathID(text, "review", desk.ParseID[desk.ReviewID])
}

func (s *server) listReviews(ctx context.Context, in *listReviewsInput) (*listOutput[view.Review], error) {
	var after view.ReviewPosition
	if err := decodeCursor(in.Cursor, &after); err != nil {
		return nil, err
	}
	rows, err := s.Reviews.Reviews(ctx, auth.AgentOf(ctx), in.State == "open", after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(ctx, rows, in.Limit, func(r view.Review) view.ReviewPosition {
		if r.DoneAt != nil {
			return view.ReviewPosition{At: *r.DoneAt, ID: r.ID}
		}
		return view.ReviewPosition{At: r.ResolvedAt, ID: r.ID}
	})
}

func (s *server) getReview(ctx context.Context, in *reviewPath) (*struct{ Body view.Review }, error) {
	id, err := reviewID(in.ID)
	if err != nil {
		return nil, err
	}
	r, err := s.Reviews.ReadReview(ctx, auth.AgentOf(ctx), id)
	return &struct{ Body view.Review }{r}, err
}

func (s *server) changeReview(ctx context.Context, in *patchReviewInput) (*struct{ Body view.Review }, error) {
	id, err := reviewID(in.ID)
	if err != nil {
		return nil, err
	}
	err = s.Reviews.SaveReview(ctx, auth.AgentOf(ctx), id, func(r *view.Review) error { return in.change(r) })
	var invalid *quality.Invalid
	if errors.As(err, &invalid) {
		return nil, problem.Invalid("body."+invalid.Field, invalid.Reason, nil)
	}
	if err != nil {
		return nil, err
	}
	return s.getReview(ctx, &reviewPath{in.ID})
}

// change applies a request to a review.
func (in *patchReviewInput) change(r *view.Review) (err error) {
	if !r.Editable {
		return desk.Errorf(desk.KindDenied, "you cannot score these answers: they are yours, or somebody else's review")
	}
	if in.Body.BasedOn != nil && !in.Body.BasedOn.Equal(r.UpdatedAt) {
		return desk.Errorf(desk.KindConflict, "the review was changed meanwhile: read it again")
	}
	if in.Body.Scores != nil {
		criteria := make([]string, len(r.Scores))
		for i, one := range r.Scores {
			criteria[i] = one.Criterion
		}
		if r.Scores, err = quality.Fill(criteria, *in.Body.Scores); err != nil {
			return err
		}
	}
	if in.Body.Note != nil {
		if r.Note = strings.TrimSpace(*in.Body.Note); len(r.Note) > quality.MaxNote {
			return &quality.Invalid{Field: "note", Reason: "has more than 5000 octets"}
		}
	}
	if in.Body.State == "done" {
		r.State = "done"
	}
	if r.State == "done" {
		return quality.Complete(r.Scores)
	}
	return nil
}
