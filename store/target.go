package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/targetreview"
)

type targetQueries struct {
	Reviewed  *sqlx.Stmt `query:"targets-reviewed"`
	Review    *sqlx.Stmt `query:"targets-review"`
	Reviewers *sqlx.Stmt `query:"targets-reviewers"`
}

var _ targetreview.Desk = (*Store)(nil)

// TargetsReviewed implements targetreview.Desk.
func (s *Store) TargetsReviewed(ctx context.Context, quarter string) (done bool, err error) {
	return done, wrap("read the reviews of targets", s.q.target.Reviewed.GetContext(ctx, &done, quarter))
}

// Reviewers implements targetreview.Desk.
func (s *Store) Reviewers(ctx context.Context) ([]desk.Agent, error) {
	var ids []desk.AgentID
	if err := s.q.target.Reviewers.SelectContext(ctx, &ids); err != nil {
		return nil, wrap("read admins and leads", err)
	}
	list := make([]desk.Agent, 0, len(ids))
	for _, id := range ids {
		var row agentRow
		if err := s.q.agent.Agent.GetContext(ctx, &row, id); err != nil {
			return nil, wrap("read agent", err)
		}
		list = append(list, row.agent())
	}
	return list, nil
}

// Targets implements targetreview.Desk.
func (s *Store) Targets(ctx context.Context, from, to time.Time, inboxes []string) ([]targetreview.Observed, error) {
	r, err := s.reporting(ctx, &view.ReportFilter{Measure: "sla_adherence", Inboxes: inboxes})
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Tier                      desk.Tier
		TierName, Segment, Metric string
		Target                    float64
		N, Met                    int
		Ranks                     pq.Float64Array
	}
	if err := r.read(ctx, &rows, r.query("report-targets"), r.args(from, to, r.m.kinds...)...); err != nil {
		return nil, wrap("compare targets with what was observed", err)
	}
	out := make([]targetreview.Observed, 0, len(rows))
	for _, row := range rows {
		o := targetreview.Observed{Tier: row.Tier, TierName: row.TierName, Segment: row.Segment, Metric: row.Metric, Target: seconds64(row.Target), N: row.N, Met: row.Met}
		if len(row.Ranks) == 2 {
			o.P90, o.P95 = seconds64(row.Ranks[0]), seconds64(row.Ranks[1])
		}
		out = append(out, o)
	}
	return out, nil
}

func seconds64(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// TellTargets implements targetreview.Desk.
func (s *Store) TellTargets(ctx context.Context, quarter string, told []targetreview.Told) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var first []string
		if err := tx.StmtxContext(ctx, s.q.target.Review).SelectContext(ctx, &first, quarter); err != nil {
			return wrap("record a review of targets", err)
		}
		if len(first) == 0 {
			return nil // another node has
		}
		for _, one := range told {
			id := desk.NewID[desk.NoticeID]()
			if _, err := tx.StmtxContext(ctx, s.q.notice.Tell).ExecContext(ctx, id, one.Agent, desk.NoticeTargets, clean(one.Text)); err != nil {
				return wrap("remind an agent of the targets", err)
			}
			if err := s.record(ctx, tx, desk.AgentSubject(one.Agent), desk.ActorSystem, desk.NoticeCreated{NoticeID: id, Notice: desk.NoticeTargets}); err != nil {
				return err
			}
		}
		return nil
	})
}
