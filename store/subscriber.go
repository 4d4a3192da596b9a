package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/reportmail"
	"switchboard/internal/savedreport"
)

type subscriberQueries struct {
	List    *sqlx.Stmt `query:"subscriber-list"`
	Count   *sqlx.Stmt `query:"subscriber-count"`
	Add     *sqlx.Stmt `query:"subscriber-add"`
	Added   *sqlx.Stmt `query:"subscriber-added"`
	Remove  *sqlx.Stmt `query:"subscriber-remove"`
	Waiting *sqlx.Stmt `query:"subscriber-waiting"`
	Claim   *sqlx.Stmt `query:"subscriber-claim"`
	Sending *sqlx.Stmt `query:"subscriber-sending"`
	Sent    *sqlx.Stmt `query:"subscriber-sent"`
}

// zoneOf returns the time zone in which an agent works.
func (s *Store) zoneOf(a *desk.Agent) *time.Location { return s.livePolicy().Rules.ZoneOf(a) }

// subscriberRow is a subscriber as the driver reads it.
type subscriberRow struct {
	ReportID desk.SavedReportID
	Agent    desk.Agent
	Leads    pq.StringArray
	AddedBy  desk.AgentID
	Since    time.Time
	Done     string
	SentAt   sql.NullTime
	Failure  string
}

// subscribers returns those of all reports, or of one, as an agent sees them.
func (s *Store) subscribers(ctx context.Context, as *desk.Agent, id desk.SavedReportID) (map[desk.SavedReportID][]view.ReportSubscriber, error) {
	var rows []subscriberRow
	if err := s.q.subscriber.List.SelectContext(ctx, &rows, id); err != nil {
		return nil, wrap("list subscribers of reports", err)
	}
	out := map[desk.SavedReportID][]view.ReportSubscriber{}
	for i := range rows {
		r := &rows[i]
		r.Agent.Leads = r.Leads
		loc := s.zoneOf(&r.Agent)
		v := view.ReportSubscriber{Agent: view.AgentName{ID: r.Agent.ID, Name: r.Agent.Name}, NextAt: savedreport.Next(r.Since, r.Done, loc).UTC(), TZ: loc.String(), Failure: r.Failure,
			Removable: savedreport.MayEnd(as, r.Agent.ID, r.AddedBy) == nil}
		if r.SentAt.Valid {
			at := r.SentAt.Time.UTC()
			v.SentAt = &at
		}
		out[r.ReportID] = append(out[r.ReportID], v)
	}
	return out, nil
}

// maxSubscribers bounds the subscribers of a report.
const maxSubscribers = 100

// Subscribe sends a report to an agent from now on, unless check refuses it. An agent who gets
// it already keeps the subscription as it is.
func (s *Store) Subscribe(ctx context.Context, by desk.Agent, id desk.SavedReportID, to desk.AgentID, check func(r *savedreport.Report, to *desk.Agent) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		r, err := s.lockSaved(ctx, tx, id)
		if err != nil {
			return err
		}
		agent, err := s.agentIn(ctx, tx, to)
		if err != nil {
			return err
		}
		if err := check(&r, &agent); err != nil {
			return err
		}
		var n int
		if err := tx.StmtxContext(ctx, s.q.subscriber.Count).GetContext(ctx, &n, id); err != nil {
			return wrap("count subscribers", err)
		}
		if n >= maxSubscribers {
			return desk.Errorf(desk.KindConflict, "the report has %d subscribers already", n)
		}
		_, err = tx.StmtxContext(ctx, s.q.subscriber.Add).ExecContext(ctx, id, to, by.ID)
		return wrap("subscribe to a report", err)
	})
}

// agentIn reads an agent; KindNotFound if there is none.
func (s *Store) agentIn(ctx context.Context, tx *sqlx.Tx, id desk.AgentID) (desk.Agent, error) {
	var row agentRow
	if err := tx.StmtxContext(ctx, s.q.agent.Agent).GetContext(ctx, &row, id); err != nil {
		if kindOf(err) == desk.KindNotFound {
			return desk.Agent{}, notFound("agent", id)
		}
		return desk.Agent{}, wrap("read agent", err)
	}
	return row.agent(), nil
}

// Unsubscribe ends that a report is sent to an agent, unless check refuses it.
func (s *Store) Unsubscribe(ctx context.Context, id desk.SavedReportID, to desk.AgentID, check func(added desk.AgentID) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var added desk.AgentID
		if err := tx.StmtxContext(ctx, s.q.subscriber.Added).GetContext(ctx, &added, id, to); err != nil {
			if kindOf(err) == desk.KindNotFound {
				return desk.Errorf(desk.KindNotFound, "no such subscription")
			}
			return wrap("read a subscription", err)
		}
		if err := check(added); err != nil {
			return err
		}
		_, err := tx.StmtxContext(ctx, s.q.subscriber.Remove).ExecContext(ctx, id, to)
		return wrap("end a subscription", err)
	})
}

var _ reportmail.Queue = (*Store)(nil)

// ClaimReport implements reportmail.Queue.
func (s *Store) ClaimReport(ctx context.Context, now time.Time) (job reportmail.Job, ok bool, err error) {
	var waiting []struct {
		ReportID desk.SavedReportID
		AgentID  desk.AgentID
		Since    time.Time
		Done     string
	}
	if err := s.q.subscriber.Waiting.SelectContext(ctx, &waiting); err != nil {
		return job, false, wrap("read subscriptions", err)
	}
	agents := map[desk.AgentID]desk.Agent{}
	for _, w := range waiting {
		to, known := agents[w.AgentID]
		if !known {
			var row agentRow
			if err := s.q.agent.Agent.GetContext(ctx, &row, w.AgentID); err != nil {
				return job, false, wrap("read agent", err)
			}
			to = row.agent()
			agents[w.AgentID] = to
		}
		zone := s.zoneOf(&to)
		at, due := savedreport.Latest(w.Since, w.Done, now, zone)
		if !due {
			continue
		}
		var row savedRow
		job = reportmail.Job{To: to, At: at, Zone: zone}
		err := s.tx(ctx, func(tx *sqlx.Tx) error {
			err := tx.StmtxContext(ctx, s.q.subscriber.Claim).QueryRowContext(ctx, w.ReportID, w.AgentID, w.Done).Scan(&job.Attempts, &job.Interrupted)
			if err != nil {
				return wrap("claim the mail of a report", err)
			}
			return wrap("read a saved report", tx.StmtxContext(ctx, s.q.saved.List).GetContext(ctx, &row, w.ReportID))
		})
		if desk.KindOf(err) == desk.KindNotFound {
			continue // another node has it, or it was ended
		}
		job.Report = row.report()
		return job, err == nil, err
	}
	return job, false, nil
}

// ReportSending implements reportmail.Queue.
func (s *Store) ReportSending(ctx context.Context, j *reportmail.Job) (ok bool, err error) {
	result, err := s.q.subscriber.Sending.ExecContext(ctx, j.Report.ID, j.To.ID, j.Attempts)
	if err != nil {
		return false, wrap("begin to send a report", err)
	}
	n, err := result.RowsAffected()
	return n == 1, wrap("begin to send a report", err)
}

// ReportSent implements reportmail.Queue.
func (s *Store) ReportSent(ctx context.Context, j *reportmail.Job, failure string, again time.Time) error {
	_, err := s.q.subscriber.Sent.ExecContext(ctx, j.Report.ID, j.To.ID, savedreport.Day(j.At), clean(failure), nullTime(again), j.Attempts)
	return wrap("record the mail of a report", err)
}
