package store

import (
	"context"
	"math"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/outbound"
)

type destinationQueries struct {
	Unreached *sqlx.Stmt `query:"destination-unreached"`
	Reached   *sqlx.Stmt `query:"destination-reached"`
	Routes    *sqlx.Stmt `query:"destination-routes"`
	Assign    *sqlx.Stmt `query:"destination-assign"`
	Sweep     *sqlx.Stmt `query:"destination-sweep"`
}

// unlimited is the limit where there is none.
const unlimited = math.MaxInt32

// most is how many attempts at once there may be to a destination.
func (o Outbox) most() int {
	if o.limits.Most == 0 {
		return unlimited
	}
	return o.limits.Most
}

// named are the limits of single destinations, as delivery-claim reads them.
func (o Outbox) named() string {
	type limit struct {
		Name string  `json:"name"`
		Most int     `json:"most"`
		Pace float64 `json:"pace"`
	}
	list := []limit{}
	for name, l := range o.limits.Named {
		one := Outbox{limits: outbound.Limits{Limit: l}}
		list = append(list, limit{name, one.most(), l.Pace().Seconds()})
	}
	return jsonText(list)
}

// Reach implements outbound.Queue. It is a transaction of its own: what it writes are hints
// for the next claims, and it must not wait for the deliveries of others.
func (o Outbox) Reach(ctx context.Context, r outbound.Reach) error {
	return o.s.tx(ctx, func(tx *sqlx.Tx) error {
		if r.Failed == "" {
			_, err := tx.StmtxContext(ctx, o.s.q.destination.Reached).ExecContext(ctx, r.Destination)
			return wrap("record that a destination works", err)
		}
		var pauses pq.Float64Array
		for _, p := range o.limits.Waits(r.Destination, r.Pauses) {
			pauses = append(pauses, p.Seconds())
		}
		_, err := tx.StmtxContext(ctx, o.s.q.destination.Unreached).ExecContext(ctx, r.Destination, pauses, clean(r.Failed),
			o.limits.Warn.Seconds(), outbound.GiveUp.Seconds())
		return wrap("record that a destination was not reached", err)
	})
}

// Routes replaces which destination the mail of which sender goes to: an address, "@" and a
// domain, or "" for all others. An empty destination stands for the recipient's domain. What
// is in the queue follows.
func (s *Store) Routes(ctx context.Context, routes map[string]string) error {
	type route struct {
		Sender      string `json:"sender"`
		Destination string `json:"destination"`
	}
	list := []route{}
	for sender, destination := range routes {
		list = append(list, route{clean(sender), clean(destination)})
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.StmtxContext(ctx, s.q.destination.Sweep).ExecContext(ctx); err != nil {
			return wrap("forget destinations", err)
		}
		var changed bool
		if err := tx.StmtxContext(ctx, s.q.destination.Routes).GetContext(ctx, &changed, jsonText(list)); err != nil || !changed {
			return wrap("set the routes of mail", err)
		}
		_, err := tx.StmtxContext(ctx, s.q.destination.Assign).ExecContext(ctx)
		return wrap("set the destinations of mail", err)
	})
}
