package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/desk/view"
)

// reportMemory is what a step of a report may sort or count in memory.
const reportMemory = "set local work_mem = '128MB'"

// reportsAtOnce is how many reports are read from the database at the same time, so that
// their memory is bounded.
const reportsAtOnce = 2

// read runs a query of a report.
func (r *reporting) read(ctx context.Context, to any, query string, args ...any) error {
	return r.snapshot(ctx, func(tx *sqlx.Tx) error { return tx.SelectContext(ctx, to, query, args...) })
}

// snapshot runs the queries of a report, which see the same points.
func (r *reporting) snapshot(ctx context.Context, fn func(*sqlx.Tx) error) error {
	select {
	case r.s.reports <- struct{}{}:
		defer func() { <-r.s.reports }()
	case <-ctx.Done():
		return ctx.Err()
	}
	tx, err := r.s.db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return wrap("begin", err)
	}
	defer tx.Rollback() //nolint:errcheck // it only reads
	if _, err := tx.ExecContext(ctx, reportMemory); err != nil {
		return err
	}
	return fn(tx)
}

// slot is the time of a row of report_slots. All offsets of time zones in use are multiples of it.
const slot = 15 * time.Minute

// staleSlots takes what the conversations had that have changed since, and adds what they have
// now.
const staleSlots = `
          union all
          select kind, at, inbox_id, tier, agent_id, segment, channel, -1, -coalesce(value, 0) from report_points
          where kind = any($1::text[]) and at >= $2 and at < $3 and conversation_id in (select x.conversation_id from ` + staleConversations + ` x)
          union all
          select kind, at, inbox_id, tier, agent_id, segment, channel, 1, coalesce(value, 0) from conversation_points(array(select x.conversation_id from ` + staleConversations + ` x))
          where kind = any($1::text[]) and at >= $2 and at < $3`

// counts counts points by group, from the zero instant on: from the beginning.
func (r *reporting) counts(ctx context.Context, from, to time.Time, kinds ...string) (list []reportGroup, err error) {
	var begin any = from
	if from.IsZero() {
		begin = "-infinity"
	}
	if r.f.By == "tag" || !r.slotted() {
		return list, r.read(ctx, &list, r.query("report-load"), r.bounds(r.args(begin, to, kinds...))...)
	}
	first, last := from.Truncate(slot), to.Truncate(slot)
	if first.Before(from) {
		first = first.Add(slot)
	}
	if last.Before(first) {
		first, last = to, to // the time is shorter than a slot
	}
	args := r.args(begin, to, kinds...)
	if r.timed {
		args = r.bounds(args)
	} else {
		args = append(args, nil)
	}
	args = append(args, first, last)
	if from.IsZero() {
		args[5] = begin
	}
	return list, r.read(ctx, &list, r.query("report-load-slots"), args...)
}

// slotted reports whether days and hours begin with a slot, which those of before standard
// time did not.
func (r *reporting) slotted() bool {
	return !r.timed || !slices.ContainsFunc(r.f.Bounds[1:max(len(r.f.Bounds)-1, 1)], func(at time.Time) bool { return !at.Truncate(slot).Equal(at) })
}

// volume counts new conversations.
func (r *reporting) volume(ctx context.Context) (rows []view.ReportRow, err error) {
	list, err := r.counts(ctx, r.f.From, r.f.To, r.m.kinds...)
	if err != nil {
		return nil, err
	}
	for _, g := range list {
		g.N = g.Arrivals
		rows = append(rows, r.finish(g))
	}
	return rows, nil
}
