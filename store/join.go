package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

const (
	// writersLock is the advisory lock that every node's writer shares.
	writersLock = 0x5b_0a_77_01
	// ownersLock is the class of the advisory locks of single programs.
	ownersLock = 0x5b_0a_77
)

// Join makes this process one of the writers. It frees what programs had leased that
// have ended since, so that nothing waits for their leases to run out. The locks are held
// until leave is called, and taken again after a restart of the database. Until then
// this process may be taken for one that has ended: the fences keep it from finishing
// what another one has claimed, and from sending the content of a mail that another one
// has claimed (BeginContent).
func (s *Store) Join(ctx context.Context) (leave func() error, err error) {
	conn, err := s.db.Connx(ctx)
	if err != nil {
		return nil, wrap("join the writers", err)
	}
	var alone bool
	_, err = conn.ExecContext(ctx, "select pg_advisory_lock($1, hashtext($2::uuid::text))", ownersLock, s.owner)
	if err == nil {
		err = conn.GetContext(ctx, &alone, "select pg_try_advisory_lock($1)", writersLock)
	}
	if err == nil {
		err = s.tx(ctx, func(tx *sqlx.Tx) error {
			_, err := tx.StmtxContext(ctx, s.q.raw.Release).ExecContext(ctx, ownersLock)
			if err == nil {
				_, err = tx.StmtxContext(ctx, s.q.delivery.Release).ExecContext(ctx, ownersLock, nil)
			}
			if err != nil || !alone {
				return err
			}
			_, err = tx.StmtxContext(ctx, s.q.mailbox.Release).ExecContext(ctx, "")
			return err
		})
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, "select pg_advisory_lock_shared($1)", writersLock)
	}
	if err == nil && alone {
		_, err = conn.ExecContext(ctx, "select pg_advisory_unlock($1)", writersLock)
	}
	if err != nil {
		return nil, errors.Join(wrap("join the writers", err), conn.Close())
	}
	s.joined.Store(true)
	m := &membership{s: s, conn: conn, ended: make(chan struct{})}
	keep, stop := context.WithCancel(context.WithoutCancel(ctx))
	go m.keep(keep)
	return func() error {
		stop()
		<-m.ended
		return m.leave()
	}, nil
}

const (
	// lookAfter is how often a program checks that it still holds its locks.
	lookAfter = 5 * time.Second
	// takeOverAfter is after how many of those it looks for programs that have ended.
	takeOverAfter = 2
)

// membership is the connection that holds the locks of a writer.
type membership struct {
	s     *Store
	conn  *sqlx.Conn // nil while there is none
	ended chan struct{}
	gone  []uuid.UUID // programs that seemed to have ended, at the last look
}

// keep takes the locks again whenever the connection that held them is lost, until ctx
// ends.
func (m *membership) keep(ctx context.Context) {
	defer close(m.ended)
	ticker := time.NewTicker(lookAfter)
	defer ticker.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if n%takeOverAfter == 0 {
			if err := m.takeOver(ctx); err != nil && ctx.Err() == nil {
				m.s.log.Warn("TakeOverFailed", "error", err)
			}
		}
		if m.conn != nil && m.conn.PingContext(ctx) == nil {
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if err := m.again(ctx); err != nil && ctx.Err() == nil {
			m.s.log.Warn("LocksLost", "error", err, "retry_in", lookAfter)
		}
	}
}

// takeOver frees the attempts of programs that have ended, so that they are repeated or
// shown as unknown before their leases run out. A program counts as ended at the second
// look: after a restart of the database all take their locks again first.
func (m *membership) takeOver(ctx context.Context) error {
	var gone []uuid.UUID
	if err := m.s.q.delivery.Gone.SelectContext(ctx, &gone, ownersLock); err != nil {
		return wrap("look for programs that have ended", err)
	}
	var sure column
	for _, owner := range gone {
		if slices.Contains(m.gone, owner) {
			sure.uuid(owner)
		}
	}
	m.gone = gone
	if sure.length == 0 {
		return nil
	}
	return m.s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.StmtxContext(ctx, m.s.q.delivery.Release).ExecContext(ctx, ownersLock, &sure)
		return wrap("free the attempts of programs that have ended", err)
	})
}

// again takes the locks on another connection.
func (m *membership) again(ctx context.Context) error {
	if m.conn != nil {
		m.conn.Close() //nolint:errcheck // it is broken
		m.conn = nil
	}
	conn, err := m.s.db.Connx(ctx)
	if err != nil {
		return wrap("connect", err)
	}
	_, err = conn.ExecContext(ctx, "select pg_advisory_lock($1, hashtext($2::uuid::text))", ownersLock, m.s.owner)
	if err == nil {
		_, err = conn.ExecContext(ctx, "select pg_advisory_lock_shared($1)", writersLock)
	}
	if err != nil {
		return errors.Join(wrap("take the locks again", err), conn.Close())
	}
	m.conn = conn
	return nil
}

// leave gives the locks back; the pool would otherwise keep them with the connection.
func (m *membership) leave() error {
	if m.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookAfter)
	defer cancel()
	if _, err := m.conn.ExecContext(ctx, "select pg_advisory_unlock_all()"); err != nil {
		m.s.log.Debug("ConnectionBroken", "error", err)
	}
	// A check that the stop interrupted has closed the connection, and the locks with it.
	if err := m.conn.Close(); !errors.Is(err, sql.ErrConnDone) {
		return err
	}
	return nil
}
