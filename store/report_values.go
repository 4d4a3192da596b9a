package store

import (
	"context"
	"math"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk/view"
)

// percentiles are those of each group.
var percentiles = [...]float64{0.5, 0.9, 0.95}

// countOutcomes counts what became of points, for measures that ask.
const countOutcomes = `, count(*) filter (where outcome in ('yes', 'met', 'returned', 'good')) as good, count(*) filter (where outcome = 'breached') as breached,
	count(*) filter (where outcome = 'void') as void, coalesce(sum(promised) filter (where outcome <> 'void'), 0) as promised, count(promised) filter (where outcome <> 'void') as promises,
	count(*) filter (where at > now() - interval '168 hours') as provisional`

// steps returns limits that divide values, which are seconds, numbers or shares, so finely that
// few of a million are between two of them: more coarsely if there are many groups to divide.
func steps(groups int) pq.Float64Array {
	factor := 1.02
	if groups > 100 {
		factor = 1.5
	}
	out := pq.Float64Array{0}
	for v := 1e-3; v < 1e9; v *= factor {
		out = append(out, v)
	}
	return out
}

// valueStep is what a group has between two steps.
type valueStep struct {
	Key, Detail                          string
	Step                                 int
	Points, Valued, Good, Breached, Void int64
	Total, Least, Most, Promised         float64
	Promises, Provisional                int64
}

// valueRank is the position of a value in a step of a group, from 1.
type valueRank struct {
	Key, Detail string
	Step        int
	Rank        int64
}

// valued is a group with the percentiles that it has.
type valued struct {
	reportGroup
	at [len(percentiles)]between
}

// between is a percentile: so much of the way from one value to the next one.
type between struct {
	a, b valueRank
	part float64
}

// values calculates the mean and the percentiles of each group. PostgreSQL sorts in one process, so the
// values are only counted by steps at first, which all processors do; then those are sorted that are
// in the same step as a percentile.
func (r *reporting) values(ctx context.Context) (rows []view.ReportRow, err error) {
	args := append(r.args(r.f.From, r.f.To, r.m.kinds...), nil)
	if r.timed {
		args = r.bounds(args[:len(args)-1])
	}
	args = append(args, steps(len(r.f.Bounds)))
	err = r.snapshot(ctx, func(tx *sqlx.Tx) error {
		groups, known, err := r.groups(ctx, tx, args)
		if err != nil {
			return err
		}
		if err := r.ranks(ctx, tx, args, groups, known); err != nil {
			return err
		}
		for i := range groups {
			for _, p := range groups[i].at {
				if a, ok := known[p.a]; ok {
					groups[i].Percentiles = append(groups[i].Percentiles, a+p.part*(known[p.b]-a)) // as percentile_cont does
				}
			}
			rows = append(rows, r.finish(groups[i].reportGroup))
		}
		return nil
	})
	return rows, err
}

// groups reads the groups, and the values at the ends of their steps.
func (r *reporting) groups(ctx context.Context, tx *sqlx.Tx, args []any) (groups []valued, known map[valueRank]float64, err error) {
	rows, err := tx.QueryxContext(ctx, r.query("report-groups"), args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close() //nolint:errcheck // its error is that of Err
	known = map[valueRank]float64{}
	var group []valueStep
	for rows.Next() {
		var s valueStep
		if err := rows.StructScan(&s); err != nil {
			return nil, nil, err
		}
		if len(group) > 0 && (s.Key != group[0].Key || s.Detail != group[0].Detail) {
			groups = append(groups, sum(group, known))
			group = group[:0]
		}
		group = append(group, s)
	}
	if len(group) > 0 {
		groups = append(groups, sum(group, known))
	}
	return groups, known, rows.Err()
}

// sum adds up the steps of a group, and adds to known the values at their ends that its percentiles need.
func sum(steps []valueStep, known map[valueRank]float64) valued {
	g := valued{reportGroup: reportGroup{Detail: steps[0].Detail}}
	g.Key.String, g.Key.Valid = steps[0].Key, true
	var values, promises int64
	for i := range steps {
		s := &steps[i]
		g.N, g.Good, g.Breached, g.Void, g.Provisional = g.N+s.Points-s.Void, g.Good+s.Good, g.Breached+s.Breached, g.Void+s.Void, g.Provisional+s.Provisional
		g.Total, g.Promised.Float64 = g.Total+s.Total, g.Promised.Float64+s.Promised
		values, promises = values+s.Valued, promises+s.Promises
	}
	if promises > 0 {
		g.Promised.Float64, g.Promised.Valid = g.Promised.Float64/float64(promises), true
	}
	if values == 0 {
		return g
	}
	g.Mean.Float64, g.Mean.Valid = g.Total/float64(values), true
	for i, percentile := range percentiles {
		position := percentile * float64(values-1)
		first := math.Floor(position)
		g.at[i] = between{rank(steps, int64(first), known), rank(steps, int64(math.Ceil(position)), known), position - first}
	}
	return g
}

// rank returns where the nth value of a group is, from 0, and adds it to known if it is
// known.
func rank(steps []valueStep, n int64, known map[valueRank]float64) valueRank {
	i := slices.IndexFunc(steps, func(s valueStep) bool {
		if n < s.Valued {
			return true
		}
		n -= s.Valued
		return false
	})
	s := &steps[i]
	at := valueRank{s.Key, s.Detail, s.Step, n + 1}
	switch {
	case n == 0 || s.Least == s.Most:
		known[at] = s.Least
	case n == s.Valued-1:
		known[at] = s.Most
	}
	return at
}

// ranks reads the values that the percentiles of the groups need and that are not known.
func (r *reporting) ranks(ctx context.Context, tx *sqlx.Tx, args []any, groups []valued, known map[valueRank]float64) error {
	var keys, details, inSteps, ranks column
	wanted := map[valueRank]bool{}
	for i := range groups {
		for _, p := range groups[i].at {
			for _, at := range [...]valueRank{p.a, p.b} {
				if _, ok := known[at]; ok || at.Rank == 0 || wanted[at] {
					continue
				}
				wanted[at] = true
				keys.text(at.Key)
				details.text(at.Detail)
				inSteps.number(int64(at.Step))
				ranks.number(at.Rank)
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	var found []struct {
		valueRank
		Value float64
	}
	if err := tx.SelectContext(ctx, &found, r.query("report-ranks"), append(args, &keys, &details, &inSteps, &ranks)...); err != nil {
		return err
	}
	for _, f := range found {
		known[f.valueRank] = f.Value
	}
	return nil
}
