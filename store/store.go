// Package store is the only package with SQL. It implements the interfaces that
// the other packages declare, on PostgreSQL 15 or newer.
//
// Each noun has a Go file beside an .sql file of the same name. The .sql file
// holds blocks that begin with "-- name: some-query"; a struct of statements
// names them in `query` tags, and Open prepares them all, so that invalid SQL
// fails at start and not later in operation.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/internal/roster"
	"switchboard/lifecycle"
)

// Options says how to open a Store.
type Options struct {
	DSN string // lib/pq keyword or URL form
	Log *slog.Logger
	// Secrets encrypts the secrets in the database; nil stores them as they are.
	Secrets Sealer
	// MaxConns bounds the pool; 0 means DefaultConns.
	MaxConns int
	// OfflineAfter is how long after their last event socket was open an agent counts
	// as offline; 0 means roster.OfflineAfter.
	OfflineAfter time.Duration
}

// Sealer encrypts the secrets in the database.
type Sealer interface {
	Seal(context string, plain []byte) ([]byte, error)
	// Open returns the plain value, and whether it should be sealed again.
	Open(context string, value []byte) (plain []byte, stale bool, err error)
}

// Store is the database. It is safe for concurrent use.
type Store struct {
	db      *sqlx.DB
	log     *slog.Logger
	q       queries
	secrets Sealer
	// owner identifies this program in leases. It is new at every start.
	owner        uuid.UUID
	joined       atomic.Bool // it holds the lock of its owner, see Join
	offlineAfter time.Duration
	completions  gathering[*completion]
	beginnings   gathering[*beginning]
	assigning    reserved
	reports      chan struct{} // one for each query of a report that runs
	// policy returns the policy in force; nil until a gateway runs.
	policy atomic.Pointer[func() lifecycle.Policy]
}

// Open connects, migrates the schema and prepares every statement. An
// unreachable database is KindTemporary, a newer schema KindConflict.
func Open(ctx context.Context, opt Options) (*Store, error) {
	cfg, err := pq.NewConfig(opt.DSN)
	if err != nil {
		return nil, desk.Errorf(desk.KindInvalid, "database DSN: %w", err)
	}
	cfg.BinaryParameters = true // a []byte travels as it is, not as twice as many hex digits
	connector, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, desk.Errorf(desk.KindInvalid, "database DSN: %w", err)
	}
	connector.Dialer(dialer{})
	db := sqlx.NewDb(openDB(connector), "postgres")
	conns := cmp.Or(opt.MaxConns, DefaultConns(runtime.GOMAXPROCS(0)))
	conns++ // assigning
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.MapperFunc(snake)
	s := &Store{db: db, reports: make(chan struct{}, reportsAtOnce), log: opt.Log, owner: uuid.New(), secrets: opt.Secrets,
		offlineAfter: cmp.Or(opt.OfflineAfter, roster.OfflineAfter)}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.db.PingContext(ctx); err != nil {
		return desk.Errorf(desk.KindTemporary, "connect to the database: %w", err)
	}
	if err := Migrate(ctx, s.db.DB); err != nil {
		return err
	}
	return prepareAll(ctx, s.db, &s.q)
}

// DefaultConns is how many connections a program on a machine with so many CPUs opens.
// PostgreSQL divides its CPUs equally among the connections that are busy: with more than
// a few per CPU nothing is done sooner, and what has to be done one after the other, such
// as assignment, waits for everybody else at each of its statements.
func DefaultConns(cpus int) int { return min(max(4*cpus, 8), 20) }

// Close releases the pool. Connections that the server has closed are not an error.
func (s *Store) Close() error {
	if err := errors.Join(s.assigning.close(), s.db.Close()); err != nil {
		s.log.Debug("ConnectionBroken", "error", err)
	}
	return nil
}

// Ping checks that the database answers.
func (s *Store) Ping(ctx context.Context) error { return wrap("ping", s.db.PingContext(ctx)) }

// tx runs fn in one explicit transaction. Every write goes through here: lib/pq
// may repeat an autocommit statement whose answer was lost. The transaction records the
// Idempotency-Key of the request that it belongs to (BindRepeat). A transaction that
// PostgreSQL cancelled because of others (deadlock, serialization) is
// KindTemporary and may be repeated by the caller.
func (s *Store) tx(ctx context.Context, fn func(*sqlx.Tx) error) error {
	tx, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return wrap("begin", err)
	}
	return s.run(ctx, tx, fn)
}

// run runs fn in a transaction that has begun, and ends it.
func (s *Store) run(ctx context.Context, tx *sqlx.Tx, fn func(*sqlx.Tx) error) (err error) {
	defer func() {
		// After a panic in fn, which its caller reports, the locks must not stay. After a
		// commit or a rollback this does nothing.
		tx.Rollback() //nolint:errcheck // there is nothing else to do
	}()
	err = s.recordRepeat(ctx, tx)
	if err == nil {
		err = fn(tx)
	}
	if err != nil {
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, errTxDone) && ctx.Err() == nil {
			s.log.Warn("RollbackFailed", "error", rollback)
		}
		return err
	}
	return wrap("commit", tx.Commit())
}

// txAsync is tx without waiting for the disk at commit: for work that is simply
// done again after a crash, because its raw row is then still pending. Its
// statements read by key, so one generic plan serves every batch; PostgreSQL would
// otherwise plan statements with array parameters again each time.
func (s *Store) txAsync(ctx context.Context, fn func(*sqlx.Tx) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, "set local synchronous_commit = off; set local plan_cache_mode = force_generic_plan"); err != nil {
			return wrap("configure the transaction", err)
		}
		return fn(tx)
	})
}

// wrap gives a database error its Kind and names the operation. nil stays nil.
func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	var known *desk.Error
	if errors.As(err, &known) {
		return err
	}
	return &desk.Error{Op: "store: " + op, Kind: kindOf(err), Err: fault{err}}
}

func notFound(what string, id fmt.Stringer) error {
	return desk.Errorf(desk.KindNotFound, "no %s %s", what, id)
}
