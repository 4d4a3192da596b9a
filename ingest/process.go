package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/desk"
)

const (
	batchRows  = 50
	batchBytes = 16 << 20         // raw bytes held at once in each of the two stages
	largeBytes = 4 << 20          // from which on a chunk of rows waits for its memory
	lease      = 30 * time.Second // other nodes take a row over after this
	// poll bounds the wait after a lost wake-up, and for rows that other nodes gave
	// up or that are due for another attempt.
	poll = time.Second
	// pollSoon is poll for waitFor after a row had to wait for one that another node
	// holds, usually for a few milliseconds.
	pollSoon = 20 * time.Millisecond
	waitFor  = 5 * time.Second
	// maxAttempts is how often a row that fails for a temporary reason is tried
	// before it is quarantined.
	maxAttempts = 12
	// minLeft is how many attempts a row has left, at least, after an outage.
	minLeft  = 3
	maxRetry = 10 * time.Minute // between two attempts
)

// Processor turns raw rows into routed conversations. One runs on each node. It
// takes new rows from memory, where the Acceptor puts them, and everything else
// from the journal.
type Processor struct {
	store     Store
	normalize Normalize
	rules     func() *Rules // the live policy and keys; may change between batches
	log       *slog.Logger
	// Committed is called after each batch, to wake the event tail.
	Committed func()
	// Finished is called for every row that left the pipeline: processed or
	// quarantined.
	Finished func(raw *desk.Raw, state desk.RawState)
	// Stored is called for every message after the transaction that stored it has
	// committed, with the events of that transaction.
	Stored func(raw *desk.Raw, m *desk.Message, events []desk.Event)
	// Verify checks the signature of a signed mail, with the time at which the mail
	// was received. It never fails and does no I/O.
	Verify func(s *desk.Signed, received time.Time) *desk.Signature
	// Reserve waits for the memory to process rows of size octets, until other large
	// ones are stored. The memory must be for processing only: the processor would
	// otherwise wait for senders, and a chat line with it.
	Reserve func(ctx context.Context, size int64) (release func(), err error)

	queue     queue
	holds     holds
	pace      *pace
	journaled atomic.Bool  // rows may be waiting in the journal
	waiting   atomic.Int64 // until when (Unix, ns) rows may wait there for another node

	mu         sync.Mutex
	unrecorded []failure // failures that could not be stored yet
	committed  time.Time // when rows were last processed
}

// failure is what the journal has to record about a row that was not processed.
type failure struct {
	claimed Claimed
	state   desk.RawState
	problem string
	retry   time.Duration
}

// Normalize turns a raw item into a message. It is pure and called on all cores; its
// error quarantines the row. Package normalize implements it; taking it as a function
// keeps the MIME libraries out of what the store depends on.
type Normalize func(desk.Raw) (desk.Message, error)

// NewProcessor returns a Processor. It calls rules once for each batch.
func NewProcessor(store Store, normalize Normalize, rules func() *Rules, log *slog.Logger) *Processor {
	return &Processor{store: store, normalize: normalize, rules: rules, log: log, Committed: func() {},
		Finished: func(*desk.Raw, desk.RawState) {}, Verify: unverified, Reserve: unlimited, pace: newPace(),
		Stored: func(*desk.Raw, *desk.Message, []desk.Event) {}}
}

// Wake hints that rows are pending in the journal, to be processed at once. It
// never blocks.
func (p *Processor) Wake() {
	p.journaled.Store(true)
	p.pace.urge()
}

// lookAgain hints that rows wait in the journal, which may take a moment to become
// free: another node holds an earlier row of their stream.
func (p *Processor) lookAgain() {
	p.waiting.Store(time.Now().Add(waitFor).UnixNano())
	p.journaled.Store(true)
}

// accepted hints that rows were committed, and whether some wait in the journal.
// Mail comes from programs, which usually send more: it waits a moment to share a
// batch with what follows, and leaves the machine to its senders meanwhile. With
// anything else a person is waiting.
func (p *Processor) accepted(raws []desk.Raw, journaled bool) {
	if journaled {
		p.lookAgain()
	}
	for _, r := range raws {
		if r.Channel != desk.ChannelEmail {
			p.pace.urge()
			return
		}
	}
	p.pace.accepted(len(raws))
}

// unlimited is the default of Processor.Reserve.
func unlimited(context.Context, int64) (release func(), err error) { return func() {}, nil }

// prepared is what one transaction stores. release gives back the memory reserved for it.
type prepared struct {
	rows    []parsed
	release func()
}

// parsed is a claimed row with its normalized message, or the reason why it could not
// be normalized.
type parsed struct {
	Claimed
	message desk.Message
	err     error
}

// Run works until ctx ends. While one batch is written the next one is parsed; there
// is one pipeline, so that the order of arrival is kept.
func (p *Processor) Run(ctx context.Context) error {
	batches := make(chan prepared)
	g, working := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(batches)
		return p.read(working, batches)
	})
	g.Go(func() error {
		for b := range batches {
			// A batch that was begun is finished even after ctx has ended.
			finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease)
			start := time.Now()
			p.write(finish, b.rows)
			cancel()
			b.rows = nil
			b.release()
			p.pace.worked(time.Since(start))
		}
		return nil
	})
	err := g.Wait()
	p.release(ctx)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// release gives accepted rows that were not processed back, so that other nodes can
// claim them.
func (p *Processor) release(ctx context.Context) {
	rest := p.queue.end()
	if len(rest) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTimeout)
	defer cancel()
	if err := p.store.Release(ctx, rest); err != nil {
		p.log.Warn("ReleaseFailed", "rows", len(rest), "free_in", lease, "error", err)
	}
}

// write stores a batch in one ordered transaction. If that fails, it stores each
// message in a transaction of its own, so that a message that cannot be stored
// affects no other.
func (p *Processor) write(ctx context.Context, batch []parsed) {
	good := make([]parsed, 0, len(batch))
	var early []Claimed
	for _, b := range batch {
		if p.holds.held(&b.Claimed) {
			early = append(early, b.Claimed)
			continue
		}
		if b.err != nil {
			p.fail(ctx, b.Claimed, b.err)
			continue
		}
		good = append(good, b)
	}
	if len(good) > 0 {
		early = append(early, p.writeGood(ctx, good)...)
		p.Committed()
	}
	p.giveBack(ctx, early)
}

// writeGood stores the messages of a batch, and returns the rows that have to wait for
// an earlier row of their stream.
func (p *Processor) writeGood(ctx context.Context, good []parsed) (early []Claimed) {
	changes, err := p.commit(ctx, good)
	if err == nil {
		p.announce(good, changes)
		return nil
	}
	if len(good) > 1 {
		p.log.Warn("BatchFailed", "rows", len(good), "retry", "one by one", "error", err)
	}
	for i := range good {
		one := good[i : i+1]
		if p.holds.held(&one[0].Claimed) {
			early = append(early, one[0].Claimed)
			continue
		}
		if len(good) > 1 {
			changes, err = p.commit(ctx, one)
		}
		switch {
		case err == nil:
			p.announce(one, changes)
		case errors.Is(err, ErrOrder):
			early = append(early, one[0].Claimed)
		default:
			p.fail(ctx, one[0].Claimed, err)
		}
	}
	return early
}

// giveBack returns rows to the journal, where they wait for an earlier row of their
// stream.
func (p *Processor) giveBack(ctx context.Context, rows []Claimed) {
	if len(rows) == 0 {
		return
	}
	p.log.Info("HeldBack", "rows", len(rows), "reason", "an earlier message of the same source is pending")
	if err := p.store.Release(ctx, rows); err != nil {
		p.log.Warn("ReleaseFailed", "rows", len(rows), "free_in", lease, "error", err)
	}
	// Without a wake-up: if the earlier message stays where it is, as its lease does after
	// an outage, claiming these rows at once would begin an endless loop.
	p.waiting.Store(time.Now().Add(waitFor).UnixNano())
}

// commit decides on a batch (contact and account, thread, route, stint, message,
// conversation, event) and stores the result in one transaction.
func (p *Processor) commit(ctx context.Context, batch []parsed) (changes *desk.Changes, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a bug in Switchboard kept the message from being assigned to a conversation (%v): report the bug, and replay the message after an update", r)
		}
	}()
	rules := p.rules()
	err = p.store.Process(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, scopes(batch, rules)); err != nil {
			return err
		}
		snapshot, err := tx.Snapshot(ctx, query(batch, rules))
		if err != nil {
			return err
		}
		if ids := rivals(batch, snapshot, rules); len(ids) > 0 {
			if snapshot.Rivals, err = tx.Rivals(ctx, ids); err != nil {
				return err
			}
		}
		changes = decide(batch, snapshot, rules, tx.Now())
		return tx.Save(ctx, changes)
	})
	if err == nil {
		p.mu.Lock()
		p.committed = time.Now()
		p.mu.Unlock()
	}
	return changes, err
}

// announce reports a committed batch. It is not part of commit: what fails here
// does not undo the batch.
func (p *Processor) announce(batch []parsed, changes *desk.Changes) {
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
}

func (p *Processor) report(c *desk.Changes) {
	for i := range c.Messages {
		m := &c.Messages[i]
		p.log.Info("Threaded", "raw", m.RawID.String(), "conversation", m.ConversationID.String(), "method", m.ThreadMethod)
	}
	for _, conversation := range c.Opened {
		p.log.Info("Routed", "conversation", conversation.ID.String(), "tier", int(conversation.Tier), "path", conversation.Path)
	}
}

// fail leaves a row pending after a temporary failure. It quarantines the row after a
// permanent one, or after too many attempts while other rows could be stored: as long
// as no row can be, the cause is not the row.
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
		if !working { // otherwise the first failure after a long outage would quarantine it
			c.Raw.Attempts = min(c.Raw.Attempts, maxAttempts-minLeft)
		}
	}
	if state == desk.RawPending {
		p.holds.hold(&c)
	}
	p.log.Error("ProcessFailed", "raw", c.Raw.ID.String(), "state", state, "error", cause)
	if f := (failure{c, state, reason(cause), retry}); p.record(ctx, f) != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.unrecorded = append(p.unrecorded, f)
	}
}

// reason explains to an operator why a row was not processed. Errors with a Reason
// method decide how much of them to show; the log has the rest.
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
		p.log.Warn("RecordFailed", "raw", f.claimed.Raw.ID.String(), "error", err)
	} else if f.state == desk.RawQuarantined {
		p.Finished(&f.claimed.Raw, f.state)
	}
	return err
}

// recordFailures records the failures that could not be recorded before: a row must not
// wait for its lease to run out while later ones overtake it. The fences make sure
// that a row which another node has claimed since is left alone.
func (p *Processor) recordFailures(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.unrecorded) > 0 && p.record(ctx, p.unrecorded[0]) == nil {
		p.unrecorded = p.unrecorded[1:]
	}
}
