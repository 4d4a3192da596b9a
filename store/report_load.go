package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"

	"switchboard/desk/view"
)

// load counts what came in, what was resolved, and what was open at the end of each group.
func (r *reporting) load(ctx context.Context) (rows []view.ReportRow, err error) {
	list, err := r.counts(ctx, r.f.From, r.f.To, r.m.kinds...)
	if err != nil {
		return nil, err
	}
	before, err := r.backlog(ctx)
	if err != nil {
		return nil, err
	}
	if r.timed {
		return r.timedLoad(list, before[""]), nil
	}
	for i := range list {
		list[i].More += before[list[i].Key.String]
		delete(before, list[i].Key.String)
	}
	for key, n := range before {
		if n != 0 {
			list = append(list, reportGroup{Key: sql.NullString{String: key, Valid: true}, More: n})
		}
	}
	for _, g := range list {
		g.N = g.Arrivals
		rows = append(rows, r.finish(g))
	}
	return rows, nil
}

// backlog counts the conversations that were open at the beginning, by group; by day and
// hour in one group.
func (r *reporting) backlog(ctx context.Context) (map[string]int64, error) {
	whole := *r
	if r.timed {
		f := *r.f
		f.By = ""
		whole.f, whole.timed = &f, false
	}
	list, err := whole.counts(ctx, time.Time{}, r.f.From, "backlog")
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, g := range list {
		out[g.Key.String] += g.More
	}
	return out, nil
}

// timedLoad adds up the backlog from one day or hour to the next.
func (r *reporting) timedLoad(list []reportGroup, open int64) (rows []view.ReportRow) {
	for i := 1; i < len(r.f.Bounds); i++ {
		g := reportGroup{}
		if at := slices.IndexFunc(list, func(g reportGroup) bool { return g.Key.String == strconv.Itoa(i) }); at >= 0 {
			g = list[at]
		}
		open += g.More
		g.Key, g.N, g.More = sql.NullString{String: strconv.Itoa(i), Valid: true}, g.Arrivals, open
		rows = append(rows, r.finish(g))
	}
	return rows
}

// topics counts the tags of new conversations, and the words that their subjects share.
func (r *reporting) topics(ctx context.Context) (rows []view.ReportRow, err error) {
	var list []reportGroup
	if err := r.read(ctx, &list, r.query("report-topics"), r.args(r.f.From, r.f.To, r.m.kinds...)...); err != nil {
		return nil, err
	}
	var all int64
	for _, g := range list {
		if g.Detail == "" {
			all = g.N
			continue
		}
		row := view.ReportRow{Key: g.Key.String, Name: g.Key.String, Detail: g.Detail, N: g.N}
		share := float64(g.N) / float64(all)
		row.Share = &share
		rows = append(rows, row)
	}
	return rows, nil
}

// flow counts moves from one inbox to another.
func (r *reporting) flow(ctx context.Context) (rows []view.ReportRow, err error) {
	var list []reportGroup
	if err := r.read(ctx, &list, r.query("report-flow"), r.args(r.f.From, r.f.To, r.m.kinds...)...); err != nil {
		return nil, err
	}
	for _, g := range list {
		rows = append(rows, view.ReportRow{Key: g.Key.String, Name: r.names[[2]string{"inbox", g.Key.String}], Detail: g.Detail, N: g.N, Count: &g.Good})
	}
	return rows, nil
}

// deflection counts the visits of help pages.
func (r *reporting) deflection(ctx context.Context) (rows []view.ReportRow, err error) {
	var list []reportGroup
	if err := r.read(ctx, &list, r.query("report-deflection"), r.bounds(r.args(r.f.From, r.f.To, r.m.kinds...))...); err != nil {
		return nil, err
	}
	for _, g := range list {
		rows = append(rows, r.finish(g))
	}
	return rows, nil
}
