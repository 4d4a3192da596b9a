package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/desk/view"
)

type reportQueries struct {
	Groups        *sqlx.Stmt `query:"report-groups"`
	Ranks         *sqlx.Stmt `query:"report-ranks"`
	Load          *sqlx.Stmt `query:"report-load"`
	LoadSlots     *sqlx.Stmt `query:"report-load-slots"`
	Topics        *sqlx.Stmt `query:"report-topics"`
	Flow          *sqlx.Stmt `query:"report-flow"`
	Deflection    *sqlx.Stmt `query:"report-deflection"`
	Service       *sqlx.Stmt `query:"report-service"`
	Targets       *sqlx.Stmt `query:"report-targets"`
	Names         *sqlx.Stmt `query:"report-names"`
	Conversations *sqlx.Stmt `query:"report-conversations"`
	Calendars     *sqlx.Stmt `query:"report-calendars"`
	PointsLock    *sqlx.Stmt `query:"report-points-lock"`
	HoursLock     *sqlx.Stmt `query:"report-hours-lock"`
	HoursReach    *sqlx.Stmt `query:"report-hours-reach"`
	HoursReached  *sqlx.Stmt `query:"report-hours-reached"`
	HoursClear    *sqlx.Stmt `query:"report-hours-clear"`
	HoursAdd      *sqlx.Stmt `query:"report-hours-add"`
	CalendarsSave *sqlx.Stmt `query:"report-calendars-save"`
}

// The marks in report.sql.
const (
	keyMark     = "'' /* key */"
	detailMark  = "'' /* detail */"
	valueMark   = "p.value /* value */"
	sourceMark  = "report_points /* source */"
	joinMark    = "/* join */"
	outcomeMark = "/* outcomes */"
	sumMark     = "/* sum */"
	staleMark   = "/* stale */"
)

// reporting is a report that is being made.
type reporting struct {
	s      *Store
	f      *view.ReportFilter
	m      counted
	timed  bool
	source string
	names  map[[2]string]string // by what, and key
	keys   map[string]string    // of inboxes, by id
}

func (s *Store) reporting(ctx context.Context, f *view.ReportFilter) (*reporting, error) {
	m, ok := measures[f.Measure]
	if !ok {
		return nil, desk.Errorf(desk.KindInvalid, "there is no measure %q", f.Measure)
	}
	if f.Business {
		if err := s.checkHours(ctx); err != nil {
			return nil, err
		}
		if err := s.tx(ctx, func(tx *sqlx.Tx) error { return s.coverHours(ctx, tx, nil) }); err != nil {
			return nil, err
		}
	}
	source, err := s.pointSource(ctx)
	if err != nil {
		return nil, err
	}
	if m.whole != "" {
		m = m.totals(f)
	}
	r := &reporting{s: s, source: source, f: f, m: m, timed: f.Timed(), names: map[[2]string]string{}, keys: map[string]string{}}
	var rows []struct {
		Key, Name, What string
		ID              uuid.NullUUID
	}
	if err := s.q.report.Names.SelectContext(ctx, &rows); err != nil {
		return nil, wrap("read names for a report", err)
	}
	for _, row := range rows {
		r.names[[2]string{row.What, row.Key}] = row.Name
		if row.What == "inbox" {
			r.keys[row.ID.UUID.String()] = row.Key
		}
	}
	return r, nil
}

// query returns a query of report.sql.
func (r *reporting) query(name string) string {
	text := block(name)
	key, join := groupings[r.f.By], ""
	if r.f.By == "tag" {
		join = "left join lateral unnest(p.tags) t(tag) on true"
	}
	replace := []string{keyMark, key, sourceMark, r.source, joinMark, join, filterMark, r.m.filter}
	if r.source != keptPoints {
		replace = append(replace, staleMark, staleSlots)
	}
	if r.m.outcome {
		replace = append(replace, outcomeMark, countOutcomes)
	}
	if r.m.detail {
		replace = append(replace, detailMark, "p.detail")
	}
	if r.f.Business && r.m.value == "" {
		replace = append(replace, valueMark, "p.business")
	} else if r.m.value != "" {
		replace = append(replace, valueMark, r.m.value)
	}
	if r.m.sum {
		replace = append(replace, "select * from p "+sumMark, "select key, detail, sum(v) as v, max(at) as at, '' as outcome, null::float8 as promised from p group by conversation_id, key, detail")
	}
	return strings.NewReplacer(replace...).Replace(text)
}

// args returns the arguments of a query of points in a time.
func (r *reporting) args(from, to any, kinds ...string) []any {
	args := []any{pq.StringArray(kinds), from, to, r.scope()}
	return args
}

// bounds appends the beginnings of days or hours, if the points are grouped by them.
func (r *reporting) bounds(args []any) []any {
	if !r.timed {
		return args
	}
	var list column
	for _, at := range r.f.Bounds {
		list.instant(at)
	}
	return append(args, &list)
}

// scope returns the inboxes that are counted; nil: all.
func (r *reporting) scope() any {
	if r.f.Inboxes == nil {
		return nil
	}
	ids := pq.StringArray{}
	for id, key := range r.keys {
		if slices.Contains(r.f.Inboxes, key) {
			ids = append(ids, id)
		}
	}
	return ids
}

// row begins the row of a group.
func (r *reporting) row(key sql.NullString, detail string) view.ReportRow {
	out := view.ReportRow{Key: key.String, Name: key.String, Detail: detail}
	switch {
	case !key.Valid || key.String == "":
		out.Key, out.Name = "", ""
	case r.timed:
		i, err := strconv.Atoi(key.String)
		if err != nil || i < 1 || i >= len(r.f.Bounds) {
			return out
		}
		start, end := r.f.Bounds[i-1], r.f.Bounds[i]
		out.Start, out.End, out.Key = &start, &end, start.Format(time.RFC3339)
		out.Name = out.Key
	case r.f.By == "inbox":
		out.Key = r.keys[key.String]
		out.Name = r.names[[2]string{"inbox", out.Key}]
	case r.f.By == "agent":
		out.Name = r.names[[2]string{"agent", key.String}]
		if id, err := uuid.Parse(key.String); err == nil {
			out.Key = desk.AgentID(id).String()
		}
	case r.f.By == "tier":
		out.Name = cmp.Or(r.names[[2]string{"tier", key.String}], key.String)
	}
	return out
}

type reportGroup struct {
	Key                             sql.NullString
	Detail                          string
	N, Good, Breached, Void         int64
	Mean, Promised                  sql.NullFloat64
	Percentiles                     []float64 // empty, or of p50, p90, p95
	Total                           float64
	Provisional, Arrivals, Resolved int64
	More                            int64
}

// Report calculates a measure.
func (s *Store) Report(ctx context.Context, f view.ReportFilter) (rows []view.ReportRow, err error) {
	r, err := s.reporting(ctx, &f)
	if err != nil {
		return nil, err
	}
	switch f.Measure {
	case "load":
		rows, err = r.load(ctx)
	case "volume":
		rows, err = r.volume(ctx)
	case "topics":
		rows, err = r.topics(ctx)
	case "flow":
		rows, err = r.flow(ctx)
	case "deflection":
		rows, err = r.deflection(ctx)
	default:
		rows, err = r.values(ctx)
	}
	if err != nil {
		return nil, wrap("report "+f.Measure, err)
	}
	rows = r.complete(rows)
	slices.SortFunc(rows, func(a, b view.ReportRow) int { return r.compare(&a, &b) })
	return rows, nil
}

// compare orders rows: times and tiers as they are, otherwise the largest first.
func (r *reporting) compare(a, b *view.ReportRow) int {
	order := 0
	switch {
	case r.timed:
		order = cmp.Compare(a.Key, b.Key)
	case r.f.By == "tier":
		order = cmp.Or(cmp.Compare(len(a.Key), len(b.Key)), cmp.Compare(a.Key, b.Key))
	default:
		order = cmp.Compare(b.N, a.N)
	}
	return cmp.Or(order, cmp.Compare(a.Key, b.Key), cmp.Compare(a.Detail, b.Detail))
}

// complete adds days and hours in which nothing happened, and the row of a report without
// groups.
func (r *reporting) complete(rows []view.ReportRow) []view.ReportRow {
	if !r.timed {
		if len(rows) == 0 && r.f.By == "" && !r.m.detail && r.f.Measure != "topics" && r.f.Measure != "flow" {
			rows = append(rows, r.finish(reportGroup{}))
		}
		return rows
	}
	have := map[string]bool{}
	for i := range rows {
		have[rows[i].Key] = true
	}
	for i := 1; i < len(r.f.Bounds); i++ {
		if row := r.finish(reportGroup{Key: sql.NullString{String: strconv.Itoa(i), Valid: true}}); !have[row.Key] {
			rows = append(rows, row)
		}
	}
	return rows
}

// finish makes the row of a group.
func (r *reporting) finish(g reportGroup) view.ReportRow {
	row := r.row(g.Key, g.Detail)
	row.N = g.N
	share := func(count, n int64) {
		row.Count = &count
		if n > 0 {
			s := float64(count) / float64(n)
			row.Share = &s
		}
	}
	switch r.f.Measure {
	case "fcr":
		share(g.Good, g.N)
		row.Provisional = &g.Provisional
	case "deflection":
		share(g.Good, g.N)
		row.Provisional, row.Shown = &g.Provisional, &g.More
	case "returned", "csat", "effort", "quality":
		share(g.Good, g.N)
	case "sla_adherence":
		share(g.Good, g.N)
		row.Breached, row.Void, row.Promised = &g.Breached, &g.Void, optionalFloat(g.Promised)
	case "handoffs", "reassignments":
		total := int64(g.Total)
		row.Count = &total
	case "load":
		row.Arrivals, row.Resolved, row.Backlog = &g.Arrivals, &g.Resolved, &g.More
	}
	if g.Mean.Valid && len(g.Percentiles) == 3 {
		row.Mean, row.P50, row.P90, row.P95 = &g.Mean.Float64, &g.Percentiles[0], &g.Percentiles[1], &g.Percentiles[2]
	}
	return row
}

func optionalFloat(f sql.NullFloat64) *float64 {
	if !f.Valid {
		return nil
	}
	return &f.Float64
}

// ReportConversations lists the conversations that a group of a report counts and that the
// agent may read, the newest first, after a position. key and detail nil: any.
func (s *Store) ReportConversations(ctx context.Context, as desk.Agent, f view.ReportFilter, key, detail *string, after view.ReportPosition, limit int) (rows []view.ReportPoint, err error) {
	r, err := s.reporting(ctx, &f)
	if err != nil {
		return nil, err
	}
	kinds := r.m.kinds
	if f.Measure == "load" {
		kinds = []string{"opened", "resolved"}
	}
	if f.Measure == "flow" {
		r.m.detail = true
	}
	limits, tiers := viewer(as)
	args := append(r.args(f.From, f.To, kinds...), limits, tiers, r.stored(key), detail, nullTime(after.At), after.ID, limit)
	if err := r.read(ctx, &rows, r.query("report-conversations"), args...); err != nil {
		return nil, wrap("list the conversations of a report", err)
	}
	for i := range rows {
		rows[i].At = rows[i].At.UTC()
	}
	return rows, nil
}

// stored returns a key as the query has it.
func (r *reporting) stored(key *string) *string {
	if key == nil || *key == "" {
		return key
	}
	text := *key
	switch r.f.By {
	case "inbox":
		text = "none"
		for id, k := range r.keys {
			if k == *key {
				text = id
			}
		}
	case "agent":
		id, err := desk.ParseID[desk.AgentID](*key)
		if text = uuidText(id); err != nil {
			text = "none"
		}
	}
	return &text
}
