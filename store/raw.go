package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/ingest"
)

type rawQueries struct {
	Insert  *sqlx.Stmt `query:"raw-insert"`
	Known   *sqlx.Stmt `query:"raw-known"`
	Claim   *sqlx.Stmt `query:"raw-claim"`
	Fail    *sqlx.Stmt `query:"raw-fail"`
	Replay  *sqlx.Stmt `query:"raw-replay"`
	Fill    *sqlx.Stmt `query:"raw-fill"`
	Release *sqlx.Stmt `query:"raw-release"`
	List    *sqlx.Stmt `query:"raw-list"`
	Get     *sqlx.Stmt `query:"raw-get"`
	Due     *sqlx.Stmt `query:"raw-due"`
	Unclaim *sqlx.Stmt `query:"raw-unclaim"`
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

// SaveRaws commits raw items durably, in order, all or none. The receipts are in
// the order of raws; a known source key yields the first row's ID.
func (s *Store) SaveRaws(ctx context.Context, raws []desk.Raw) ([]desk.Receipt, error) {
	receipts, _, err := s.AcceptRaws(ctx, raws, 0)
	return receipts, err
}

// AcceptRaws implements ingest.Journal.
//
// The statement is a transaction of its own, which saves two of three round trips
// while a sender waits. The driver may repeat it when its answer was lost: the rows
// are then known, under the IDs that they were given.
func (s *Store) AcceptRaws(ctx context.Context, raws []desk.Raw, lease time.Duration) ([]desk.Receipt, []ingest.Claimed, error) {
	receipts, claimed, known, err := s.insertRaws(ctx, s.q.raw.Insert, raws, lease)
	if err != nil || len(known) == 0 {
		return receipts, claimed, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error { return s.knownRaws(ctx, tx, raws, known, receipts) })
	return receipts, claimed, err
}

// saveRaws writes raw rows inside the caller's transaction.
func (s *Store) saveRaws(ctx context.Context, tx *sqlx.Tx, raws []desk.Raw) ([]desk.Receipt, error) {
	receipts, _, known, err := s.insertRaws(ctx, tx.StmtxContext(ctx, s.q.raw.Insert), raws, 0)
	if err != nil || len(known) == 0 {
		return receipts, err
	}
	return receipts, s.knownRaws(ctx, tx, raws, known, receipts)
}

// insertRaws returns the indexes of the rows whose source key was known, and those
// rows that were claimed. It changes raws to what the database has.
func (s *Store) insertRaws(ctx context.Context, insert *sqlx.Stmt, raws []desk.Raw, lease time.Duration) (receipts []desk.Receipt, claimed []ingest.Claimed, known []int, err error) {
	if len(raws) == 0 {
		return nil, nil, nil, nil
	}
	receipts = make([]desk.Receipt, len(raws))
	var c rawColumns
	var total int64
	for _, r := range raws {
		total += int64(len(r.Bytes))
	}
	c.bytes.grow(oidBytea, len(raws), total)
	for i := range raws {
		stored(&raws[i])
		receipts[i].ID = raws[i].ID
		c.add(&raws[i])
	}
	var rows []struct {
		ID      desk.RawID
		Arrival int64
		Fence   int64
	}
	err = insert.SelectContext(ctx, &rows, &c.id, &c.channel, &c.endpoint, &c.sourceKey,
		&c.from, &c.to, &c.remote, &c.auth, &c.at, &c.size, &c.bytes, &c.state, &c.problem, &c.outgoing, lease.Seconds(), s.owner, &c.stream, &c.history)
	if err != nil {
		return nil, nil, nil, wrap("journal", err)
	}
	at := 0 // rows come in the order of raws, without the known ones
	for i := range raws {
		if at == len(rows) || rows[at].ID != raws[i].ID {
			known = append(known, i)
			continue
		}
		if rows[at].Fence != 0 {
			claim := ingest.Claimed{Raw: raws[i], Fence: rows[at].Fence, Arrival: rows[at].Arrival}
			claim.Raw.Attempts = 1
			claimed = append(claimed, claim)
		}
		at++
	}
	return receipts, claimed, known, nil
}

// stored makes a new raw item what its row will be.
func stored(r *desk.Raw) {
	if r.ID.IsZero() {
		r.ID = desk.NewID[desk.RawID]()
	}
	if r.State == "" {
		r.State = desk.RawPending
	}
	if r.ReceivedAt.IsZero() {
		r.ReceivedAt = time.Now()
	}
	r.ReceivedAt = r.ReceivedAt.Truncate(time.Microsecond)
	for _, s := range []*string{&r.Endpoint, &r.SourceKey, &r.EnvelopeFrom, &r.RemoteAddr, &r.AuthResults, &r.Problem} {
		*s = clean(*s)
	}
	r.EnvelopeTo = slices.Clone(r.EnvelopeTo)
	for i := range r.EnvelopeTo {
		r.EnvelopeTo[i] = clean(r.EnvelopeTo[i])
	}
	r.Stream = clean(ingest.Stream(r))
	r.Kept = int64(len(r.Bytes))
	r.Size = max(r.Size, r.Kept) // greater if the server delivered only a part of a mail
}

// knownRaws fills in the receipts of rows that the journal has already.
func (s *Store) knownRaws(ctx context.Context, tx *sqlx.Tx, raws []desk.Raw, indexes []int, receipts []desk.Receipt) error {
	known := tx.StmtxContext(ctx, s.q.raw.Known)
	for _, i := range indexes {
		r := raws[i]
		var row struct {
			ID    desk.RawID
			First sql.NullString
		}
		if err := known.GetContext(ctx, &row, r.Channel, r.Endpoint, r.SourceKey, r.ID); err != nil {
			return wrap("journal: find the known row", err)
		}
		receipts[i] = desk.Receipt{ID: row.ID, Duplicate: row.ID != r.ID, First: row.First.String}
	}
	return nil
}

// rawColumns is a batch of raw rows turned into columns for unnest.
type rawColumns struct {
	id, channel, endpoint, sourceKey, from, to, remote, auth, at, size, bytes, state, problem, outgoing, stream, history column
}

func (c *rawColumns) add(r *desk.Raw) {
	c.id.uuid(r.ID)
	c.channel.text(string(r.Channel))
	c.endpoint.text(r.Endpoint)
	c.sourceKey.text(r.SourceKey)
	c.from.text(r.EnvelopeFrom)
	c.to.list(r.EnvelopeTo)
	c.remote.text(r.RemoteAddr)
	c.auth.text(r.AuthResults)
	c.at.instant(r.ReceivedAt)
	c.size.number(r.Size)
	c.bytes.bytes(r.Bytes)
	c.state.text(string(r.State))
	c.problem.text(r.Problem)
	c.outgoing.boolean(r.Outgoing)
	c.stream.text(r.Stream)
	c.history.boolean(r.History)
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
