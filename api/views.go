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
	"switchboard/internal/savedview"
	"switchboard/internal/search"
)

// SavedViews reads the views that an agent sees.
type SavedViews interface {
	SavedViews(ctx context.Context, as desk.Agent) ([]view.SavedView, error)
	SavedView(ctx context.Context, as desk.Agent, id desk.SavedViewID) (view.SavedView, error)
}

// SavedViewCare changes views.
type SavedViewCare interface {
	// CreateSavedView returns KindConflict if its owner has one with that name.
	CreateSavedView(ctx context.Context, v savedview.View) error
	EditSavedView(ctx context.Context, id desk.SavedViewID, change func(*savedview.View) error) error
	// DeleteSavedView removes a view, unless check refuses it.
	DeleteSavedView(ctx context.Context, id desk.SavedViewID, check func(*savedview.View) error) error
}

// maxCount is how far conversations of a view are counted.
const maxCount = 1000

// countTime bounds how long all views of a list are counted.
const countTime = 5 * time.Second

// SavedViewFields are the properties that a request sets; absent ones stay as they are.
type SavedViewFields struct {
	Name  *string `json:"name,omitempty"`
	Q     *string `json:"q,omitempty" doc:"A search query"`
	Sort  *string `json:"sort,omitempty" doc:"due, waiting, newest, oldest or priority; due if a new view does not say it"`
	Scope *string `json:"scope,omitempty" doc:"own, team (also agents who work in one of your tiers, and admins) or all (every agent); own if a new view does not say it"`
}

type viewsInput struct {
	Counts bool `query:"counts" doc:"Count the conversations of each view"`
}

type countInput struct {
	Q string `query:"q" doc:"A search query"`
}

type countOutput struct {
	Body struct {
		Count int  `json:"count" doc:"Up to 1000"`
		More  bool `json:"more" doc:"There are more than count"`
	}
}

type createViewInput struct{ Body SavedViewFields }

type viewPath struct {
	ID string `path:"id"`
}

type patchViewInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of the version that the request changes; 412 if the stored one is another"`
	Body    struct {
		SavedViewFields
		BasedOn *time.Time `json:"based_on,omitempty" doc:"updated_at of the version that the request changes; 409 if the stored one is another. Absent: whatever is stored"`
	}
}

type viewOutput struct {
	ETag string `header:"ETag"`
	Body view.SavedView
}

func (s *server) viewRoutes() {
	op := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/views" + path, Summary: summary, Description: description, Tags: []string{"Views"}, DefaultStatus: status}
	}
	handle(s, op("list-views", http.MethodGet, "", "List saved views", "Yours, and those that are shared with you, by name.", 0), s.listViews)
	handle(s, op("create-view", http.MethodPost, "", "Save a view", "409 when you have one with that name.", http.StatusCreated), s.createView)
	handle(s, op("get-view", http.MethodGet, "/{id}", "Read a saved view", "", 0), func(ctx context.Context, in *viewPath) (*viewOutput, error) { return s.viewOf(ctx, in.ID) })
	handle(s, op("change-view", http.MethodPatch, "/{id}", "Change a saved view", "By its owner and by admins. Absent properties stay unchanged.", 0), s.changeView)
	handle(s, op("delete-view", http.MethodDelete, "/{id}", "Remove a saved view", "By its owner and by admins.", http.StatusNoContent), s.deleteView)
	handle(s, huma.Operation{OperationID: "count-matching", Method: http.MethodGet, Path: "/conversations/count", Tags: []string{"Conversations"},
		Summary: "Count conversations", Description: "Those that a search finds and that you may read, up to 1000."}, s.countConversations)
}

func (s *server) listViews(ctx context.Context, in *viewsInput) (*listOutput[view.SavedView], error) {
	by := auth.AgentOf(ctx)
	list, err := s.SavedViews.SavedViews(ctx, by)
	if err != nil {
		return nil, err
	}
	counting, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	for i := range list {
		if !in.Counts || counting.Err() != nil {
			break
		}
		f, problems := search.Parse(list[i].Q)
		if len(problems) > 0 {
			continue
		}
		// A view can name an inbox or an agent that is gone: it then has no number.
		n, err := s.Matching.CountConversations(counting, by, f, maxCount)
		if err == nil {
			list[i].Count = &n
		} else if desk.KindOf(err) != desk.KindInvalid && counting.Err() == nil {
			return nil, err
		}
	}
	return whole(list), nil
}

// viewOf returns a view that the agent sees.
func (s *server) viewOf(ctx context.Context, text string) (*viewOutput, error) {
	id, err := pathID(text, "view", desk.ParseID[desk.SavedViewID])
	if err != nil {
		return nil, err
	}
	v, err := s.SavedViews.SavedView(ctx, auth.AgentOf(ctx), id)
	return &viewOutput{etag(v.UpdatedAt), v}, err
}

func (s *server) createView(ctx context.Context, in *createViewInput) (*viewOutput, error) {
	v := savedview.View{ID: desk.NewID[desk.SavedViewID](), Owner: auth.AgentOf(ctx), Scope: savedview.Own, Sort: view.SortDue}
	if err := editView(&in.Body, &v); err != nil {
		return nil, err
	}
	if err := s.SavedViewCare.CreateSavedView(ctx, v); err != nil {
		return nil, err
	}
	return s.viewOf(ctx, v.ID.String())
}

// editView applies a request to a view.
func editView(in *SavedViewFields, v *savedview.View) error {
	change := savedview.Change{Name: in.Name, Q: in.Q, Sort: in.Sort, Scope: in.Scope}
	err := change.Apply(v)
	var invalid savedview.Invalid
	if errors.As(err, &invalid) {
		return problem.Invalid("body."+invalid.Field, invalid.Reason, nil)
	}
	return err
}

func (s *server) changeView(ctx context.Context, in *patchViewInput) (*viewOutput, error) {
	by := auth.AgentOf(ctx)
	found, err := s.viewOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	err = s.SavedViewCare.EditSavedView(ctx, found.Body.ID, func(v *savedview.View) error {
		if err := v.Editable(&by); err != nil {
			return err
		}
		if err := unchanged("view", in.IfMatch, in.Body.BasedOn, v.UpdatedAt); err != nil {
			return err
		}
		return editView(&in.Body.SavedViewFields, v)
	})
	if err != nil {
		return nil, err
	}
	return s.viewOf(ctx, in.ID)
}

func (s *server) deleteView(ctx context.Context, in *viewPath) (*struct{}, error) {
	by := auth.AgentOf(ctx)
	found, err := s.viewOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.SavedViewCare.DeleteSavedView(ctx, found.Body.ID, func(v *savedview.View) error { return v.Editable(&by) })
}

func (s *server) countConversations(ctx context.Context, in *countInput) (*countOutput, error) {
	f, err := parseQuery("query.q", in.Q)
	if err != nil {
		return nil, err
	}
	n, err := s.Matching.CountConversations(ctx, auth.AgentOf(ctx), f, maxCount+1)
	if err != nil {
		return nil, unknownNames("query.", in.Q, err)
	}
	out := &countOutput{}
	out.Body.Count, out.Body.More = min(n, maxCount), n > maxCount
	return out, nil
}
