package gateway

import (
	"context"
	"time"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/agentmail"
	"switchboard/internal/report"
	"switchboard/internal/reportmail"
	"switchboard/internal/targetreview"
	"switchboard/lifecycle"
	"switchboard/outbound/render"
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

// buildReportMail builds the sender of saved reports.
func (g *Gateway) buildReportMail(smtp agentmail.Submitter) {
	mail := agentmail.New(smtp, agentmail.Options{From: g.cfg.Mail.Addresses[0], Own: g.local.Contains, Render: render.Message})
	g.reports = reportmail.New(g.store, g.store, mail, reportmail.Options{From: g.cfg.Mail.Addresses[0], Domain: g.cfg.Mail.Hostname(), PublicURL: g.cfg.PublicURL, Log: g.log})
}

// SendReports sends a saved report that is due by mail at an instant, and returns whether there
// may be more.
func (g *Gateway) SendReports(ctx context.Context, now time.Time) (more bool, err error) {
	if g.reports == nil {
		return false, nil
	}
	return g.reports.Send(ctx, now)
}

// RemindTargets reminds admins and leads to review the targets of the policy, if that is due at
// an instant.
func (g *Gateway) RemindTargets(ctx context.Context, now time.Time) error {
	if !g.cfg.TargetReview {
		return nil
	}
	return targetreview.Remind(ctx, g.store, g.policy().Rules.Office(nil), now)
}
