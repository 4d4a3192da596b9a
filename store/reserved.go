package store

import (
	"context"
	"sync"

	"github.com/jmoiron/sqlx"
)

// reserved is a connection of the pool that is kept for one kind of transaction. That kind
// does not wait for a free connection, and its statements have been planned.
type reserved struct {
	mu   sync.Mutex // held during a transaction
	conn *sqlx.Conn // nil until the first one, and after an error
}

// run runs fn in a transaction of the reserved connection.
func (r *reserved) run(ctx context.Context, s *Store, fn func(*sqlx.Tx) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	tx, err := r.begin(ctx, s)
	if err != nil {
		return wrap("begin", err)
	}
	if err = s.run(ctx, tx, fn); err != nil {
		r.release()
	}
	return err
}

// begin begins a transaction. A connection that has ended meanwhile is replaced.
func (r *reserved) begin(ctx context.Context, s *Store) (*sqlx.Tx, error) {
	for {
		fresh := r.conn == nil
		if fresh {
			conn, err := s.db.Connx(ctx)
			if err != nil {
				return nil, err
			}
			r.conn = conn
		}
		tx, err := r.conn.BeginTxx(ctx, nil)
		if err == nil {
			return tx, nil
		}
		r.release()
		if fresh {
			return nil, err
		}
	}
}

// release returns the connection to the pool, which closes one that is broken.
func (r *reserved) release() {
	if r.conn != nil {
		r.conn.Close() //nolint:errcheck // its only error says that it is closed already
		r.conn = nil
	}
}

func (r *reserved) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release()
	return nil
}
