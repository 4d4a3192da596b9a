package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/desk"
	"switchboard/normalize"
)

const (
	batchRows  = 50
	batchBytes = 16 << 20         // raw bytes held at once in each of the two stages
	lease      = 30 * time.Second // a dead node's rows wait this long for another one
	poll       = time.Second      // when the wake-up was lost
	// maxAttempts is how often a row that fails for a temporary reason is tried
	// before it is shown in quarantine.
	maxAttempts = 12
	// patience is how many of them a row has left, at least, after an outage.
	patience = 3
	maxRetry = 10 * time.Minute // between two attempts
)

// Processor turns pending raw rows into routed conversations. One runs per node.
type Processor struct {
	store Store
	rules func() *Rules // the live policy and keys; may change between batches
	log   *slog.Logger
	// Committed is called after every batch, to wake the event tail.
	Committed func()
	// Finished is called for every row that left the pipeline: processed or
	// quarantined.
	Finished func(raw *desk.Raw, state desk.RawState)
	// Stored is called for every message after the transaction that stored it has
	// committed, with the events of that transaction.
	Stored func(raw *desk.Raw, m *desk.Message, events []desk.Event)
	// Verify says what the signature of a mail received at a time is worth. It never
	// fails, takes processor time alone, and is called for signed mail.
	Verify func(s *desk.Signed, received time.Time) *desk.Signature

	pace *pace

	mu        sync.Mutex
	owed      []failure // failures that the database could not take
	committed time.Time // when rows were last processed
}

// failure is what is to be recorded of a row that was not processed.
type failure struct {
	claimed Claimed
	state   desk.RawState
	problem string
	retry   time.Duration
}

// NewProcessor makes a Processor. rules is asked once a batch.
func NewProcessor(store Store, rules func() *Rules, log *slog.Logger) *Processor {
	return &Processor{store: store, rules: rules, log: log, Committed: func() {},
		Finished: func(*desk.Raw, desk.RawState) {}, Stored: func(*desk.Raw, *desk.Message, []desk.Event) {}, Verify: unverified, pace: newPace()}
}

// Wake hints that rows are pending, to be taken at once. It never blocks.
func (p *Processor) Wake() { p.pace.hurry() }

// Accepted hints that rows were accepted. Mail comes from programs, which bring
// more of it: it waits a moment to be one batch with what follows, and leaves the
// machine to its senders meanwhile. With anything else a person is waiting.
func (p *Processor) Accepted(raws []desk.Raw) {
	for _, r := range raws {
		if r.Channel != desk.ChannelEmail {
			p.pace.hurry()
			return
		}
	}
	p.pace.accepted(len(raws))
}

// parsed is a claimed row with its normalized message, or the reason why not.
type parsed struct {
	Claimed
	message desk.Message
	err     error
}

// Run works until ctx ends. While one batch is written the next one is parsed;
// there is one pipeline, so that arrival order is kept.
func (p *Processor) Run(ctx context.Context) error {
	batches := make(chan []parsed)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(batches)
		return p.read(ctx, batches)
	})
	g.Go(func() error {
		for batch := range batches {
			// A batch in hand is finished, even when it is time to stop.
			finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease)
			start := time.Now()
			p.write(finish, batch)
			cancel()
			p.pace.worked(time.Since(start))
		}
		return nil
	})
	if err := g.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// read claims rows and normalizes them, outside any transaction.
func (p *Processor) read(ctx context.Context, batches chan<- []parsed) error {
	for {
		p.repay(ctx)
		p.pace.begin()
		claimed, err := p.store.Claim(ctx, batchRows, lease)
		if err != nil && ctx.Err() == nil {
			p.log.Warn("claim failed", "error", err)
		}
		if len(claimed) > 0 {
			if err := p.parse(ctx, claimed, batches); err != nil {
				return err
			}
			if err := p.pace.yield(ctx); err != nil {
				return err
			}
		}
		if len(claimed) < batchRows {
			if err := p.rest(ctx); err != nil {
				return err
			}
		}
	}
}

// parse hands claimed rows on, normalized.
func (p *Processor) parse(ctx context.Context, claimed []Claimed, batches chan<- []parsed) error {
	for _, chunk := range chunks(claimed, batchBytes) {
		start := time.Now()
		if err := p.store.Load(ctx, chunk); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			for _, c := range chunk {
				p.fail(ctx, c, desk.Errorf(desk.KindTemporary, "load: %w", err))
			}
			continue
		}
		batch := p.normalizeAll(chunk)
		p.pace.worked(time.Since(start))
		select {
		case batches <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// rest waits until a batch is due, for the next row that is tried again, or for
// the poll. What has come in meanwhile is the pace's.
func (p *Processor) rest(ctx context.Context) error {
	wait := poll
	if at, ok, err := p.store.NextPending(ctx); err == nil && ok {
		wait = min(poll, max(time.Until(at), gatherMost))
	}
	return p.pace.gather(ctx, wait)
}

// chunks splits rows so that none holds more than limit bytes, unless one row does.
func chunks(rows []Claimed, limit int64) [][]Claimed {
	var out [][]Claimed
	start, size := 0, int64(0)
	for i, r := range rows {
		if i > start && size+r.Raw.Size > limit {
			out, start, size = append(out, rows[start:i]), i, 0
		}
		size += r.Raw.Size
	}
	return append(out, rows[start:])
}

// normalizeAll parses on all cores and keeps the order.
func (p *Processor) normalizeAll(rows []Claimed) []parsed {
	out := make([]parsed, len(rows))
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

func (p *Processor) normalizeOne(c Claimed) (out parsed) {
	out.Claimed = c
	defer func() {
		if r := recover(); r != nil {
			out.err = desk.Errorf(desk.KindInternal, "a fault of this program kept it from being read (%v); report it, and try it again after an update", r)
		}
	}()
	out.message, out.err = normalize.Message(c.Raw)
	if s := out.message.Signed; s != nil {
		out.message.Signature, out.message.Signed = p.Verify(s, c.Raw.ReceivedAt), nil
	}
	out.Raw.Bytes = nil // not needed any more; the journal has them
	return out
}

// write stores a batch in one ordered transaction. If that fails it is redone
// one message per transaction, so that a poison mail costs only itself.
func (p *Processor) write(ctx context.Context, batch []parsed) {
	good := make([]parsed, 0, len(batch))
	for _, b := range batch {
		if b.err != nil {
			p.fail(ctx, b.Claimed, b.err)
			continue
		}
		good = append(good, b)
	}
	if len(good) == 0 {
		return
	}
	if err := p.commit(ctx, good); err != nil && len(good) > 1 {
		p.log.Warn("batch failed, redone one by one", "rows", len(good), "error", err)
		for _, b := range good {
			if err := p.commit(ctx, []parsed{b}); err != nil {
				p.fail(ctx, b.Claimed, err)
			}
		}
	} else if err != nil {
		p.fail(ctx, good[0].Claimed, err)
	}
	p.Committed()
}

// commit is the order of steps: contact and account, thread, route, stint,
// message, conversation, event.
func (p *Processor) commit(ctx context.Context, batch []parsed) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a fault of this program kept it from finding its place (%v); report it, and try it again after an update", r)
		}
	}()
	rules := p.rules()
	var changes *Changes
	err = p.store.Process(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, scopes(batch, rules)); err != nil {
			return err
		}
		snapshot, err := tx.Snapshot(ctx, query(batch, rules))
		if err != nil {
			return err
		}
		changes = decide(batch, snapshot, rules, tx.Now())
		return tx.Save(ctx, changes)
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.committed = time.Now()
	p.mu.Unlock()
	p.report(changes)
	raws := make(map[desk.RawID]*desk.Raw, len(batch))
	for i := range batch {
		raws[batch[i].Raw.ID] = &batch[i].Raw
		p.Finished(&batch[i].Raw, desk.RawProcessed)
	}
	for i := range changes.Messages {
		m := &changes.Messages[i].Message
		p.Stored(raws[m.RawID], m, changes.Events)
	}
	return nil
}

func (p *Processor) report(c *Changes) {
	for i := range c.Messages {
		m := &c.Messages[i]
		p.log.Info("Threaded", "raw", m.RawID.String(), "conversation", m.ConversationID.String(), "method", m.ThreadMethod)
	}
	for _, conversation := range c.Opened {
		p.log.Info("Routed", "conversation", conversation.ID.String(), "tier", int(conversation.Tier), "path", conversation.Path)
	}
}

// fail leaves a row pending when it may work later, and quarantines it when it
// will not, or has been tried too often while others succeeded: as long as nothing
// is stored at all, it is not this row's fault.
func (p *Processor) fail(ctx context.Context, c Claimed, cause error) {
	p.mu.Lock()
	working := time.Since(p.committed) < maxRetry
	p.mu.Unlock()
	state, retry := desk.RawQuarantined, time.Duration(0)
	if kind := desk.KindOf(cause); kind == desk.KindTemporary || kind == desk.KindConflict {
		if c.Raw.Attempts < maxAttempts || !working {
			state = desk.RawPending
			retry = min(time.Second<<min(c.Raw.Attempts, maxAttempts), maxRetry)
		}
		if !working { // else the first hiccup after a long outage would set it apart
			c.Raw.Attempts = min(c.Raw.Attempts, maxAttempts-patience)
		}
	}
	p.log.Error("Not processed", "raw", c.Raw.ID.String(), "state", state, "error", cause)
	if f := (failure{c, state, reason(cause), retry}); p.record(ctx, f) != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.owed = append(p.owed, f)
	}
}

// reason says to a person why a row was not processed. An error of the layers below
// knows what may be said of it; the rest is in the log.
func reason(cause error) string {
	var known interface{ Reason() string }
	if errors.As(cause, &known) {
		return known.Reason()
	}
	return cause.Error()
}

func (p *Processor) record(ctx context.Context, f failure) error {
	err := p.store.Fail(ctx, f.claimed, f.state, f.problem, f.retry)
	if err != nil {
		p.log.Warn("failure not recorded yet", "raw", f.claimed.Raw.ID.String(), "error", err)
	} else if f.state == desk.RawQuarantined {
		p.Finished(&f.claimed.Raw, f.state)
	}
	return err
}

// repay records the failures that the database could not take: a row must not wait
// for a lease to run out while later ones overtake it. The fences see to it that a
// row which somebody else has claimed since is left alone.
func (p *Processor) repay(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.owed) > 0 && p.record(ctx, p.owed[0]) == nil {
		p.owed = p.owed[1:]
	}
}
