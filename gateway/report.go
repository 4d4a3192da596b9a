package gateway

import (
	"context"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/report"
	"switchboard/lifecycle"
	"switchboard/store"
)

// Report calculates a measure about all inboxes, with the calendars of the policy that is in
// force in the database. Like Explain it is not for the store of a running gateway. The error
// is a *report.Error if the request is wrong.
func Report(ctx context.Context, st *store.Store, r report.Request) (report.Measure, view.MeasureReport, error) {
	m, f, loc, err := report.Parse(r, time.Now())
	if err != nil {
		return m, view.MeasureReport{}, err
	}
	policy, err := storedPolicy(ctx, st)
	if err != nil && (desk.KindOf(err) != desk.KindNotFound || f.Business) {
		return m, view.MeasureReport{}, err
	}
	st.SetPolicy(func() lifecycle.Policy { return policy })
	rows, err := st.Report(ctx, f)
	return m, report.New(m, &f, loc, rows), err
}
