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
	"switchboard/internal/savedreport"
)

// SavedReports reads the saved reports that an agent sees.
type SavedReports interface {
	SavedReports(ctx context.Context, as desk.Agent) ([]view.SavedReport, error)
	SavedReport(ctx context.Context, as desk.Agent, id desk.SavedReportID) (view.SavedReport, error)
}

// SavedReportCare changes saved reports.
type SavedReportCare interface {
	// CreateSavedReport returns KindConflict if its owner has one with that name.
	CreateSavedReport(ctx context.Context, r savedreport.Report) error
	EditSavedReport(ctx context.Context, id desk.SavedReportID, change func(*savedreport.Report) error) error
	// DeleteSavedReport removes a report, unless check refuses it.
	DeleteSavedReport(ctx context.Context, id desk.SavedReportID, check func(*savedreport.Report) error) error
}

// Subscriptions say who gets reports by mail.
type Subscriptions interface {
	// Subscribe sends a report to an agent from now on, unless check refuses it.
	Subscribe(ctx context.Context, by desk.Agent, id desk.SavedReportID, to desk.AgentID, check func(r *savedreport.Report, to *desk.Agent) error) error
	// Unsubscribe ends that, unless check refuses it; added is who had subscribed the agent.
	Unsubscribe(ctx context.Context, id desk.SavedReportID, to desk.AgentID, check func(added desk.AgentID) error) error
}

// SavedReportFields are the properties that a request sets; absent ones stay as they are.
type SavedReportFields struct {
	Name     *string   `json:"name,omitempty"`
	Scope    *string   `json:"scope,omitempty" doc:"own, team (also admins, and leads of an inbox that you lead) or all (everybody who may read reports); own if a new report does not say it"`
	Measures *[]string `json:"measures,omitempty" maxItems:"50" doc:"As in the path of /reports/{measure}, in the order in which they are shown"`
	Period   *string   `json:"period,omitempty" doc:"last_7_days, last_30_days, last_90_days, this_month, last_month, this_quarter or last_quarter; last_30_days if a new report does not say it"`
	By       *string   `json:"by,omitempty" doc:"tier, inbox, segment, agent, channel, tag, day or hour, for the measures that can be grouped so; empty: as is usual for each"`
	Clock    *string   `json:"clock,omitempty" doc:"wall, or business: durations are business time"`
	TZ       *string   `json:"tz,omitempty" doc:"IANA name of the time zone of its days; UTC if a new report does not say it"`
}

func (f *SavedReportFields) change() savedreport.Change {
	return savedreport.Change{Name: f.Name, Scope: f.Scope, Measures: f.Measures, Period: f.Period, By: f.By, Clock: f.Clock, TZ: f.TZ}
}

type createSavedReportInput struct{ Body SavedReportFields }

type savedReportPath struct {
	ID string `path:"id"`
}

type patchSavedReportInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of the version that the request changes; 412 if the stored one is another"`
	Body    struct {
		SavedReportFields
		BasedOn *time.Time `json:"based_on,omitempty" doc:"updated_at of the version that the request changes; 409 if the stored one is another. Absent: whatever is stored"`
	}
}

type subscriberPath struct {
	ID    string `path:"id"`
	Agent string `path:"agent" doc:"me, or the identifier of an agent"`
}

type savedReportOutput struct {
	ETag string `header:"ETag"`
	Body view.SavedReport
}

func (s *server) savedReportRoutes() {
	op := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/saved-reports" + path, Summary: summary, Description: description, Tags: []string{"Reports"}, DefaultStatus: status}
	}
	handle(s, op("list-saved-reports", http.MethodGet, "", "List saved reports", "Yours, and those that are shared with you, by name. For admins and leads, as reports are.", 0), s.listSavedReports)
	handle(s, op("create-saved-report", http.MethodPost, "", "Save a report", "409 when you have one with that name.", http.StatusCreated), s.createSavedReport)
	handle(s, op("get-saved-report", http.MethodGet, "/{id}", "Read a saved report", "", 0), s.getSavedReport)
	handle(s, op("change-saved-report", http.MethodPatch, "/{id}", "Change a saved report", "By its owner and by admins. Absent properties stay unchanged.", 0), s.changeSavedReport)
	handle(s, op("delete-saved-report", http.MethodDelete, "/{id}", "Remove a saved report", "By its owner and by admins. Nobody gets it by mail any more.", http.StatusNoContent), s.deleteSavedReport)
	handle(s, op("subscribe-saved-report", http.MethodPut, "/{id}/subscribers/{agent}", "Send a saved report by mail", "To yourself (`me`), or to another agent who may read it: each Monday at 08:00 in the agent's time zone, with the numbers of the agent's inboxes. Again changes nothing.", http.StatusOK), s.subscribeReport)
	handle(s, op("unsubscribe-saved-report", http.MethodDelete, "/{id}/subscribers/{agent}", "No longer send a saved report by mail", "By whose subscription it is, by who added it, and by admins.", http.StatusNoContent), s.unsubscribeReport)
}

func savedReportID(text string) (desk.SavedReportID, error) {
	return pathID(text, "saved report", desk.ParseID[desk.SavedReportID])
}

func (s *server) listSavedReports(ctx context.Context, _ *struct{}) (*listOutput[view.SavedReport], error) {
	by := auth.AgentOf(ctx)
	if err := savedreport.MayRead(&by); err != nil {
		return nil, err
	}
	list, err := s.SavedReports.SavedReports(ctx, by)
	if err != nil {
		return nil, err
	}
	return whole(list), nil
}

// savedReportOf returns a saved report that the agent sees.
func (s *server) savedReportOf(ctx context.Context, text string) (*savedReportOutput, error) {
	by := auth.AgentOf(ctx)
	if err := savedreport.MayRead(&by); err != nil {
		return nil, err
	}
	id, err := savedReportID(text)
	if err != nil {
		return nil, err
	}
	r, err := s.SavedReports.SavedReport(ctx, by, id)
	return &savedReportOutput{etag(r.UpdatedAt), r}, err
}

func (s *server) getSavedReport(ctx context.Context, in *savedReportPath) (*savedReportOutput, error) {
	return s.savedReportOf(ctx, in.ID)
}

func (s *server) createSavedReport(ctx context.Context, in *createSavedReportInput) (*savedReportOutput, error) {
	by := auth.AgentOf(ctx)
	if err := savedreport.MayRead(&by); err != nil {
		return nil, err
	}
	r := savedreport.Report{ID: desk.NewID[desk.SavedReportID](), Owner: by, Scope: savedreport.Own, Period: "last_30_days", TZ: "UTC"}
	if err := editSavedReport(&in.Body, &r); err != nil {
		return nil, err
	}
	if err := s.SavedReportCare.CreateSavedReport(ctx, r); err != nil {
		return nil, err
	}
	return s.savedReportOf(ctx, r.ID.String())
}

// editSavedReport applies a request to a report.
func editSavedReport(in *SavedReportFields, r *savedreport.Report) error {
	change := in.change()
	err := change.Apply(r)
	var invalid savedreport.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	d := problem.New(http.StatusUnprocessableEntity, invalid.Error())
	for _, p := range invalid {
		d.Errors = append(d.Errors, &huma.ErrorDetail{Location: "body." + p.Field, Message: p.Reason})
	}
	return d
}

func (s *server) changeSavedReport(ctx context.Context, in *patchSavedReportInput) (*savedReportOutput, error) {
	by := auth.AgentOf(ctx)
	found, err := s.savedReportOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	err = s.SavedReportCare.EditSavedReport(ctx, found.Body.ID, func(r *savedreport.Report) error {
		if err := r.Editable(&by); err != nil {
			return err
		}
		if err := unchanged("report", in.IfMatch, in.Body.BasedOn, r.UpdatedAt); err != nil {
			return err
		}
		return editSavedReport(&in.Body.SavedReportFields, r)
	})
	if err != nil {
		return nil, err
	}
	return s.savedReportOf(ctx, in.ID)
}

func (s *server) deleteSavedReport(ctx context.Context, in *savedReportPath) (*struct{}, error) {
	by := auth.AgentOf(ctx)
	found, err := s.savedReportOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.SavedReportCare.DeleteSavedReport(ctx, found.Body.ID, func(r *savedreport.Report) error { return r.Editable(&by) })
}

func (s *server) subscribeReport(ctx context.Context, in *subscriberPath) (*savedReportOutput, error) {
	by := auth.AgentOf(ctx)
	found, err := s.savedReportOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	to, err := agentID(in.Agent, &by)
	if err != nil {
		return nil, err
	}
	err = s.Subscriptions.Subscribe(ctx, by, found.Body.ID, to, func(r *savedreport.Report, to *desk.Agent) error { return r.MaySubscribe(&by, to) })
	if err != nil {
		return nil, err
	}
	return s.savedReportOf(ctx, in.ID)
}

// unsubscribeReport also ends what an agent gets of a report that they do not see any more.
func (s *server) unsubscribeReport(ctx context.Context, in *subscriberPath) (*struct{}, error) {
	by := auth.AgentOf(ctx)
	id, err := savedReportID(in.ID)
	if err != nil {
		return nil, err
	}
	to, err := agentID(in.Agent, &by)
	if err != nil {
		return nil, err
	}
	return nil, s.Subscriptions.Unsubscribe(ctx, id, to, func(added desk.AgentID) error { return savedreport.MayEnd(&by, to, added) })
}
