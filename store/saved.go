package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/savedreport"
)

type savedQueries struct {
	List   *sqlx.Stmt `query:"saved-list"`
	Lock   *sqlx.Stmt `query:"saved-lock"`
	Count  *sqlx.Stmt `query:"saved-count"`
	Insert *sqlx.Stmt `query:"saved-insert"`
	Edit   *sqlx.Stmt `query:"saved-edit"`
	Delete *sqlx.Stmt `query:"saved-delete"`
}

// savedRow is a saved report as the driver reads it.
type savedRow struct {
	ID                   desk.SavedReportID
	Name                 string
	OwnerID              desk.AgentID
	OwnerName            string
	OwnerLeads           pq.StringArray
	OwnerDisabled        bool
	Scope                string
	Measures             pq.StringArray
	Period, Grouping, TZ string
	Business             bool
	CreatedAt, UpdatedAt time.Time
}

func (r *savedRow) report() savedreport.Report {
	return savedreport.Report{ID: r.ID, Name: r.Name, Owner: desk.Agent{ID: r.OwnerID, Name: r.OwnerName, Leads: r.OwnerLeads, Disabled: r.OwnerDisabled}, Scope: r.Scope,
		Measures: r.Measures, Period: r.Period, By: r.Grouping, Business: r.Business, TZ: r.TZ, UpdatedAt: r.UpdatedAt}
}

func (r *savedRow) view(as *desk.Agent) view.SavedReport {
	report := r.report()
	v := view.SavedReport{ID: r.ID, Name: r.Name, Owner: view.AgentName{ID: r.OwnerID, Name: r.OwnerName}, Scope: r.Scope, Measures: r.Measures, Period: r.Period, By: r.Grouping, Clock: "wall", TZ: r.TZ,
		Editable: report.Editable(as) == nil, Subscribers: []view.ReportSubscriber{}, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC()}
	if r.Business {
		v.Clock = "business"
	}
	return v
}

// SavedReports lists the saved reports that an agent sees, by name.
func (s *Store) SavedReports(ctx context.Context, as desk.Agent) ([]view.SavedReport, error) {
	return s.savedReports(ctx, as, desk.SavedReportID{})
}

// SavedReport returns one; KindNotFound if the agent does not see it.
func (s *Store) SavedReport(ctx context.Context, as desk.Agent, id desk.SavedReportID) (view.SavedReport, error) {
	return only("saved report", id, func() ([]view.SavedReport, error) { return s.savedReports(ctx, as, id) })
}

func (s *Store) savedReports(ctx context.Context, as desk.Agent, id desk.SavedReportID) ([]view.SavedReport, error) {
	var rows []savedRow
	if err := s.q.saved.List.SelectContext(ctx, &rows, id); err != nil {
		return nil, wrap("list saved reports", err)
	}
	subscribers, err := s.subscribers(ctx, &as, id)
	if err != nil {
		return nil, err
	}
	out := []view.SavedReport{}
	for i := range rows {
		if report := rows[i].report(); report.Visible(&as) {
			v := rows[i].view(&as)
			v.Subscribers = append(v.Subscribers, subscribers[v.ID]...)
			out = append(out, v)
		}
	}
	return out, nil
}

// maxSaved bounds the reports of an agent: lists have no pages.
const maxSaved = 100

// CreateSavedReport stores a report. KindConflict if its owner has one with that name.
func (s *Store) CreateSavedReport(ctx context.Context, r savedreport.Report) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var n int
		if err := tx.StmtxContext(ctx, s.q.saved.Count).GetContext(ctx, &n, r.Owner.ID); err != nil {
			return wrap("count saved reports", err)
		}
		if n >= maxSaved {
			return desk.Errorf(desk.KindConflict, "you have %d saved reports already: remove some that are not needed", n)
		}
		_, err := tx.StmtxContext(ctx, s.q.saved.Insert).ExecContext(ctx, r.ID, clean(r.Name), r.Owner.ID, r.Scope, textArray(r.Measures), r.Period, r.By, r.Business, r.TZ)
		return savedError(&r, "save a report", err)
	})
}

// EditSavedReport lets change edit a report.
func (s *Store) EditSavedReport(ctx context.Context, id desk.SavedReportID, change func(*savedreport.Report) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		r, err := s.lockSaved(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := change(&r); err != nil {
			return err
		}
		_, err = tx.StmtxContext(ctx, s.q.saved.Edit).ExecContext(ctx, id, clean(r.Name), r.Scope, textArray(r.Measures), r.Period, r.By, r.Business, r.TZ)
		return savedError(&r, "change a saved report", err)
	})
}

// DeleteSavedReport removes a report and its subscribers, unless check refuses it.
func (s *Store) DeleteSavedReport(ctx context.Context, id desk.SavedReportID, check func(*savedreport.Report) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		r, err := s.lockSaved(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := check(&r); err != nil {
			return err
		}
		_, err = tx.StmtxContext(ctx, s.q.saved.Delete).ExecContext(ctx, id)
		return wrap("remove a saved report", err)
	})
}

func (s *Store) lockSaved(ctx context.Context, tx *sqlx.Tx, id desk.SavedReportID) (savedreport.Report, error) {
	var row savedRow
	if err := tx.StmtxContext(ctx, s.q.saved.Lock).GetContext(ctx, &row, id); err != nil {
		if kindOf(err) == desk.KindNotFound {
			return savedreport.Report{}, notFound("saved report", id)
		}
		return savedreport.Report{}, wrap("read a saved report", err)
	}
	return row.report(), nil
}

// savedError explains that a name is taken.
func savedError(r *savedreport.Report, op string, err error) error {
	if kindOf(err) == desk.KindConflict {
		return desk.Errorf(desk.KindConflict, "%s has a saved report with the name %q already", r.Owner.Name, r.Name)
	}
	return wrap(op, err)
}
