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
	Gaps           *sqlx.Stmt `query:"gap-counts"`
}

// Schema returns the database's schema version, and the one this program needs.
// They differ after a newer program has migrated the database of a running one.
func (s *Store) Schema(ctx context.Context) (have, want int, err error) {
	files, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		return 0, 0, err
	}
	err = s.q.health.SchemaVersion.GetContext(ctx, &have)
	return have, len(files), wrap("read the schema's version", err)
}

// Queues are the lengths of the queues in the database. Times are in seconds.
type Queues struct {
	Pending     int64   // journaled, not yet processed
	Quarantined int64   // waiting for a person's decision
	Oldest      float64 // age of the oldest pending item; 0 if there is none
	Overdue     int64   // conversations whose timers are due
	// Of webhooks: undelivered messages, receivers that only fail, and disabled ones.
	WebhookPending, WebhookFailing, WebhookDead int64

	Outbound []OutboundQueue `db:"-"`
	Gaps     []GapCount      `db:"-"`
}

// GapCount is the number of conversations that have a gap.
type GapCount struct {
	Gap string
	N   int64
}

// OutboundQueue is the queue of deliveries on one channel.
type OutboundQueue struct {
	Channel string
	Waiting int64
	Late    float64 // how long the most overdue delivery has been due
}

// Queues counts by the partial indexes of unfinished rows, so that its cost does
// not grow with the number of finished ones.
func (s *Store) Queues(ctx context.Context) (q Queues, err error) {
	if err := s.q.health.Queues.GetContext(ctx, &q); err != nil {
		return q, wrap("count the queues", err)
	}
	if err := s.q.health.Gaps.SelectContext(ctx, &q.Gaps); err != nil {
		return q, wrap("count gaps", err)
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
	return row.Version, row.Clock, wrap("read the server's version and clock", err)
}
