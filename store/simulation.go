package store

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/internal/simulation"
)

type simulationQueries struct {
	Openings *sqlx.Stmt `query:"simulation-openings"`
}

// Openings calls fn with each conversation that a customer opened from an instant on, in
// the order in which they opened. Rows are read as fn takes them.
func (s *Store) Openings(ctx context.Context, from time.Time, fn func(*simulation.Opening) error) (err error) {
	rows, err := s.q.simulation.Openings.QueryxContext(ctx, from)
	if err != nil {
		return wrap("read conversations", err)
	}
	defer func() { err = errors.Join(err, wrap("read conversations", rows.Close())) }()
	for rows.Next() {
		var o simulation.Opening
		if err := rows.StructScan(&o); err != nil {
			return wrap("read a conversation", err)
		}
		if err := fn(&o); err != nil {
			return err
		}
	}
	return wrap("read conversations", rows.Err())
}
