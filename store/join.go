package store

import (
	"context"
	"errors"
	"time"

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
			for _, release := range []*sqlx.Stmt{s.q.raw.Release, s.q.delivery.Release} {
				if _, err := tx.StmtxContext(ctx, release).ExecContext(ctx, ownersLock); err != nil {
					return err
				}
			}
			if !alone {
				return nil
			}
			_, err := tx.StmtxContext(ctx, s.q.mailbox.Release).ExecContext(ctx, "")
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
	m := &membership{s: s, conn: conn, ended: make(chan struct{})}
	keep, stop := context.WithCancel(context.WithoutCancel(ctx))
	go m.keep(keep)
	return func() error {
		stop()
		<-m.ended
		return m.leave()
	}, nil
}

// lookAfter is how often a program checks that it still holds its locks.
const lookAfter = 5 * time.Second

// membership is the connection that holds the locks of a writer.
type membership struct {
	s     *Store
	conn  *sqlx.Conn // nil while there is none
	ended chan struct{}
}

// keep takes the locks again whenever the connection that held them is lost, until ctx
// ends.
func (m *membership) keep(ctx context.Context) {
	defer close(m.ended)
	ticker := time.NewTicker(lookAfter)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
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
	return m.conn.Close()
}
