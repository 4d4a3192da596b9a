package store

import (
	"context"
	"io/fs"
	"time"

	"github.com/jmoiron/sqlx"

	"switchboard/migrations"
)

type healthQueries struct {
	SchemaVersion  *sqlx.Stmt `query:"schema-version"`
	Server         *sqlx.Stmt `query:"server"`
	Queues         *sqlx.Stmt `query:"queues"`
	DeliveryQueues *sqlx.Stmt `query:"delivery-queues"`
}

// Schema returns the database's schema version, and the one this program needs.
// They differ while a newer program migrates below an older one.
func (s *Store) Schema(ctx context.Context) (have, want int, err error) {
	files, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		return 0, 0, err
	}
	err = s.q.health.SchemaVersion.GetContext(ctx, &have)
	return have, len(files), wrap("read the schema's version", err)
}

// Queues is what waits in the database. Times are in seconds.
type Queues struct {
	Pending     int64           // journaled, not yet in a conversation
	Quarantined int64           // set apart for a person
	Oldest      float64         // age of the oldest pending one; 0 when there is none
	Outbound    []OutboundQueue `db:"-"`
}

// OutboundQueue is what waits to be sent on one channel.
type OutboundQueue struct {
	Channel string
	Waiting int64
	Late    float64 // how long the most urgent one is overdue
}

// Queues counts by the indexes of what is unfinished, however much is done.
func (s *Store) Queues(ctx context.Context) (q Queues, err error) {
	if err := s.q.health.Queues.GetContext(ctx, &q); err != nil {
		return q, wrap("count the queues", err)
	}
	return q, wrap("count the queues", s.q.health.DeliveryQueues.SelectContext(ctx, &q.Outbound))
}

// Server returns PostgreSQL's version and its clock.
func (s *Store) Server(ctx context.Context) (version string, clock time.Time, err error) {
	var row struct {
		Version string
		Clock   time.Time
	}
	err = s.q.health.Server.GetContext(ctx, &row)
	return row.Version, row.Clock, wrap("ask the server", err)
}
