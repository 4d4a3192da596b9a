package store

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
)

type rawQueries struct {
	Insert  *sqlx.Stmt `query:"raw-insert"`
	Known   *sqlx.Stmt `query:"raw-known"`
	Claim   *sqlx.Stmt `query:"raw-claim"`
	Done    *sqlx.Stmt `query:"raw-done"`
	Share   *sqlx.Stmt `query:"raw-share"`
	Fail    *sqlx.Stmt `query:"raw-fail"`
	Replay  *sqlx.Stmt `query:"raw-replay"`
	Release *sqlx.Stmt `query:"raw-release"`
	List    *sqlx.Stmt `query:"raw-list"`
	Get     *sqlx.Stmt `query:"raw-get"`
	Next    *sqlx.Stmt `query:"raw-next"`
}

// rawRow is a journal row as the driver reads it.
type rawRow struct {
	desk.Raw
	EnvelopeTo pq.StringArray
	Arrival    int64
	Fence      int64
	Duplicates int
	Kept       int64
}

func (r rawRow) raw() desk.Raw {
	r.Raw.EnvelopeTo, r.Raw.Kept = r.EnvelopeTo, r.Kept
	return r.Raw
}

// SaveRaws commits raw items durably, in order, all or none. The receipts stand
// in the order of raws; a known source key yields the first one's ID.
//
// The statement is its own transaction, a third of the round trips while a sender
// waits. That the driver may repeat it when its answer was lost does no harm: the
// rows are then known, under the very IDs that they were given.
func (s *Store) SaveRaws(ctx context.Context, raws []desk.Raw) ([]desk.Receipt, error) {
	receipts, again, err := s.insertRaws(ctx, s.q.raw.Insert, raws)
	if err != nil || len(again) == 0 {
		return receipts, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error { return s.knownRaws(ctx, tx, raws, again, receipts) })
	return receipts, err
}

// saveRaws writes raw rows inside the caller's transaction.
func (s *Store) saveRaws(ctx context.Context, tx *sqlx.Tx, raws []desk.Raw) ([]desk.Receipt, error) {
	receipts, again, err := s.insertRaws(ctx, tx.StmtxContext(ctx, s.q.raw.Insert), raws)
	if err != nil || len(again) == 0 {
		return receipts, err
	}
	return receipts, s.knownRaws(ctx, tx, raws, again, receipts)
}

// insertRaws returns the indexes of the rows whose source key was known.
func (s *Store) insertRaws(ctx context.Context, insert *sqlx.Stmt, raws []desk.Raw) (receipts []desk.Receipt, again []int, err error) {
	if len(raws) == 0 {
		return nil, nil, nil
	}
	receipts = make([]desk.Receipt, len(raws))
	var c rawColumns
	var total int64
	for _, r := range raws {
		total += int64(len(r.Bytes))
	}
	c.bytes.grow(oidBytea, len(raws), total)
	for i := range raws {
		if raws[i].ID.IsZero() {
			raws[i].ID = desk.NewID[desk.RawID]()
		}
		receipts[i].ID = raws[i].ID
		c.add(&raws[i])
	}
	var ids []desk.RawID
	err = insert.SelectContext(ctx, &ids, &c.id, &c.channel, &c.endpoint, &c.sourceKey,
		&c.from, &c.to, &c.remote, &c.auth, &c.at, &c.size, &c.bytes, &c.state, &c.problem, &c.outgoing)
	if err != nil {
		return nil, nil, wrap("journal", err)
	}
	if len(ids) == len(raws) {
		return receipts, nil, nil
	}
	fresh := make(map[desk.RawID]bool, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
	for i, r := range raws {
		if !fresh[r.ID] {
			again = append(again, i)
		}
	}
	return receipts, again, nil
}

// knownRaws fills in the receipts of rows that the journal has already.
func (s *Store) knownRaws(ctx context.Context, tx *sqlx.Tx, raws []desk.Raw, again []int, receipts []desk.Receipt) error {
	known := tx.StmtxContext(ctx, s.q.raw.Known)
	for _, i := range again {
		r := raws[i]
		if err := known.GetContext(ctx, &receipts[i].ID, r.Channel, r.Endpoint, r.SourceKey); err != nil {
			return wrap("journal: find the known row", err)
		}
		receipts[i].Duplicate = receipts[i].ID != r.ID
	}
	return nil
}

// rawColumns is a batch of raw rows turned into columns for unnest.
type rawColumns struct {
	id, channel, endpoint, sourceKey, from, to, remote, auth, at, size, bytes, state, problem, outgoing column
}

func (c *rawColumns) add(r *desk.Raw) {
	state := r.State
	if state == "" {
		state = desk.RawPending
	}
	received := r.ReceivedAt
	if received.IsZero() {
		received = time.Now()
	}
	c.id.uuid(r.ID)
	c.channel.text(string(r.Channel))
	c.endpoint.text(r.Endpoint)
	c.sourceKey.text(r.SourceKey)
	c.from.text(r.EnvelopeFrom)
	c.to.list(r.EnvelopeTo)
	c.remote.text(r.RemoteAddr)
	c.auth.text(r.AuthResults)
	c.at.instant(received)
	c.size.number(int64(len(r.Bytes)))
	c.bytes.bytes(r.Bytes)
	c.state.text(string(state))
	c.problem.text(r.Problem)
	c.outgoing.boolean(r.Outgoing)
}

// Raws lists the journal, newest first, without bytes. An empty state means all;
// before is the Arrival of the last row seen, 0 at the beginning.
func (s *Store) Raws(ctx context.Context, state desk.RawState, before int64, limit int) ([]desk.Raw, int64, error) {
	var rows []rawRow
	if err := s.q.raw.List.SelectContext(ctx, &rows, state, before, limit); err != nil {
		return nil, 0, wrap("list raw items", err)
	}
	raws := make([]desk.Raw, len(rows))
	var last int64
	for i, r := range rows {
		raws[i], last = r.raw(), r.Arrival
	}
	return raws, last, nil
}

// Raw returns one journal row with its bytes; KindNotFound when there is none.
func (s *Store) Raw(ctx context.Context, id desk.RawID) (desk.Raw, error) {
	var row rawRow
	if err := s.q.raw.Get.GetContext(ctx, &row, id); err != nil {
		if kindOf(err) == desk.KindNotFound {
			return desk.Raw{}, notFound("raw item", id)
		}
		return desk.Raw{}, wrap("read raw item", err)
	}
	return row.raw(), nil
}

// Replay puts a quarantined row back into the pipeline, or for the zero ID all
// that failed there, and returns the rows it touched. What a filter set apart
// is let in by its own ID only.
func (s *Store) Replay(ctx context.Context, id desk.RawID) ([]desk.RawID, error) {
	var ids []desk.RawID
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		return wrap("replay", tx.StmtxContext(ctx, s.q.raw.Replay).SelectContext(ctx, &ids, id))
	})
	return ids, err
}

// writersLock is the advisory lock that every node's writer shares.
const writersLock = 0x5b_0a_77_01

// Join makes this process one of the writers. The first one of all frees what
// earlier processes had leased when they died, so that nothing waits for their
// leases to run out. The lock is held until leave is called.
func (s *Store) Join(ctx context.Context) (leave func() error, err error) {
	conn, err := s.db.Connx(ctx)
	if err != nil {
		return nil, wrap("join the writers", err)
	}
	var alone bool
	err = conn.GetContext(ctx, &alone, "select pg_try_advisory_lock($1)", writersLock)
	if err == nil && alone {
		err = s.tx(ctx, func(tx *sqlx.Tx) error {
			if _, err := tx.StmtxContext(ctx, s.q.raw.Release).ExecContext(ctx); err != nil {
				return err
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
	return conn.Close, nil
}
