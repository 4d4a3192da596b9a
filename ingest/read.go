package ingest

import (
	"context"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/desk"
)

// read collects rows, normalizes them outside any transaction, and sends them to
// batches until ctx ends.
func (p *Processor) read(ctx context.Context, batches chan<- prepared) error {
	var looked time.Time // when the journal was last looked at
	p.journaled.Store(true)
	for {
		p.recordFailures(ctx)
		p.pace.begin()
		var rows []Claimed
		if p.journaled.Swap(false) || time.Since(looked) >= p.pollTime() {
			looked = time.Now()
			rows = p.claim(ctx)
		}
		// The queue is read after the journal: a row that was accepted before one
		// that has just been claimed is in the queue by now, and must not be
		// processed after it.
		most := batchRows
		if len(rows) > 0 {
			most = chatRows
		}
		queued := p.queue.take(most)
		full := len(queued) == batchRows || len(rows) == batchRows
		rows = append(rows, queued...)
		slices.SortStableFunc(rows, inOrder)
		if len(rows) > 0 {
			if err := p.parse(ctx, rows, batches); err != nil {
				return err
			}
			if err := p.pace.yield(ctx); err != nil {
				return err
			}
		}
		if !full {
			if err := p.pace.gather(ctx, p.pollTime()); err != nil {
				return err
			}
		}
	}
}

// pollTime returns how often the journal is looked at without being told to.
func (p *Processor) pollTime() time.Duration {
	if time.Now().UnixNano() < p.waiting.Load() {
		return pollSoon
	}
	return poll
}

// claim leases a batch of pending rows from the journal.
func (p *Processor) claim(ctx context.Context) []Claimed {
	claimed, err := p.store.Claim(ctx, batchRows, lease)
	if err != nil && ctx.Err() == nil {
		p.log.Warn("ClaimFailed", "error", err)
	}
	if len(claimed) == batchRows {
		p.journaled.Store(true) // there may be more
	}
	return claimed
}

// parse normalizes rows and sends them to batches. Rows that it cannot send before
// ctx ends are released.
func (p *Processor) parse(ctx context.Context, rows []Claimed, batches chan<- prepared) error {
	for _, chunk := range chunks(rows, batchBytes) {
		release, err := p.reserve(ctx, chunk)
		if err != nil {
			p.queue.putBack(rows)
			return err
		}
		start := time.Now()
		next := prepared{p.normalizeAll(p.load(ctx, chunk)), release}
		p.pace.worked(time.Since(start))
		select {
		case batches <- next:
			rows = rows[len(chunk):]
		case <-ctx.Done():
			release()
			p.queue.putBack(rows)
			return ctx.Err()
		}
	}
	return nil
}

// reserve reserves the memory of a chunk that is large; others need little.
func (p *Processor) reserve(ctx context.Context, rows []Claimed) (release func(), err error) {
	size := int64(0)
	for i := range rows {
		size += rows[i].Raw.Size
	}
	if size < largeBytes {
		return func() {}, nil
	}
	return p.Reserve(ctx, size)
}

// load reads the bytes of the rows that were claimed without them, and returns the
// rows that can be processed.
func (p *Processor) load(ctx context.Context, rows []Claimed) []Claimed {
	var missing []Claimed
	for _, r := range rows {
		if r.Raw.Bytes == nil {
			missing = append(missing, r)
		}
	}
	if len(missing) == 0 {
		return rows
	}
	err := p.store.Load(ctx, missing)
	ready := make([]Claimed, 0, len(rows))
	for _, r := range rows {
		switch {
		case r.Raw.Bytes != nil:
		case err == nil:
			r, missing = missing[0], missing[1:]
		default:
			if ctx.Err() == nil {
				p.fail(ctx, r, desk.Errorf(desk.KindTemporary, "load: %w", err))
			}
			continue
		}
		ready = append(ready, r)
	}
	return ready
}

// chunks splits rows so that no chunk has more than a batch's rows, or more than
// limit bytes unless it is one row.
func chunks(rows []Claimed, limit int64) [][]Claimed {
	var out [][]Claimed
	start, size := 0, int64(0)
	for i, r := range rows {
		if i > start && (size+r.Raw.Size > limit || i-start == batchRows) {
			out, start, size = append(out, rows[start:i]), i, 0
		}
		size += r.Raw.Size
	}
	return append(out, rows[start:])
}

// normalizeAll normalizes rows on all cores and keeps their order.
func (p *Processor) normalizeAll(rows []Claimed) []parsed {
	out := make([]parsed, len(rows))
	if len(rows) == 1 {
		out[0] = p.normalizeOne(rows[0])
		return out
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, c := range rows {
		g.Go(func() error {
			out[i] = p.normalizeOne(c)
			return nil
		})
	}
	g.Wait() //nolint:errcheck // normalizeOne keeps its error in the row
	return out
}

// normalizeOne normalizes a row and verifies its signature. A panic becomes the row's
// error.
func (p *Processor) normalizeOne(c Claimed) (out parsed) {
	out.Claimed = c
	defer func() {
		if r := recover(); r != nil {
			out.err = desk.Errorf(desk.KindInternal, "a bug in Switchboard kept the message from being read (%v): report the bug, and replay the message after an update", r)
		}
	}()
	out.message, out.err = p.normalize(c.Raw)
	if s := out.message.Signed; s != nil {
		out.message.Signature, out.message.Signed = p.Verify(s, c.Raw.ReceivedAt), nil
	}
	out.Raw.Bytes = nil // no longer needed; the journal has them
	return out
}
