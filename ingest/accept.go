package ingest

import (
	"context"
	"sync"
	"time"

	"switchboard/desk"
)

// Journal commits raw rows durably in one transaction.
type Journal interface {
	// AcceptRaws returns receipts in the order of raws; a known source key yields
	// the first one's receipt. With a lease it also claims the new rows for this
	// node and returns them as they are stored, except those that have to wait for
	// an earlier row of their stream that this node does not hold.
	AcceptRaws(ctx context.Context, raws []desk.Raw, lease time.Duration) ([]desk.Receipt, []Claimed, error)
}

// Acceptor is where channels deliver. It commits whatever is waiting in one
// transaction (group commit) and returns only after it.
type Acceptor struct {
	journal   Journal
	processor *Processor
	queue     chan acceptRequest

	turn sync.Mutex // one goroutine gathers at a time
	last time.Time  // when a group of chat lines was last complete; under turn
}

type acceptRequest struct {
	raw  desk.Raw
	done chan<- acceptResult
}

type acceptResult struct {
	receipt desk.Receipt
	err     error
}

const (
	acceptBytes = 32 << 20
	// acceptSpacing is the time between the commits of two groups of chat lines, so
	// that lines share commits when many arrive. Lines that come less often are not
	// delayed, and neither is mail: its senders wait for one reply before they send
	// the next mail.
	acceptSpacing = 3 * time.Millisecond
	acceptTimeout = 30 * time.Second
)

// NewAcceptor returns an Acceptor that hands committed rows to a processor. Accept
// returns only while Run runs.
func NewAcceptor(journal Journal, processor *Processor) *Acceptor {
	return &Acceptor{journal: journal, processor: processor, queue: make(chan acceptRequest, batchRows)}
}

// Accept commits raw and returns when it is durable. KindTemporary means that
// it may or may not be stored; sending it again is safe, because the source key
// identifies it.
func (a *Acceptor) Accept(ctx context.Context, raw desk.Raw) (desk.Receipt, error) {
	done := make(chan acceptResult, 1)
	select {
	case a.queue <- acceptRequest{raw, done}:
	case <-ctx.Done():
		return desk.Receipt{}, desk.Errorf(desk.KindTemporary, "journal: %w", ctx.Err())
	}
	select {
	case r := <-done:
		return r.receipt, r.err
	case <-ctx.Done():
		return desk.Receipt{}, desk.Errorf(desk.KindTemporary, "journal: %w", ctx.Err())
	}
}

// Run commits groups of rows until ctx ends. Several goroutines may run it: while one
// waits for the disk, another gathers the next group.
func (a *Acceptor) Run(ctx context.Context) error {
	for {
		group := a.next(ctx)
		if group == nil {
			return nil
		}
		a.commit(ctx, group)
	}
}

// next waits for a group; nil: ctx has ended.
func (a *Acceptor) next(ctx context.Context) []acceptRequest {
	a.turn.Lock()
	defer a.turn.Unlock()
	select {
	case <-ctx.Done():
		return nil
	case first := <-a.queue:
		if first.raw.Channel == desk.ChannelChat {
			if wait := acceptSpacing - time.Since(a.last); wait > 0 {
				<-time.After(wait)
			}
			a.last = time.Now()
		}
		return a.gather(first)
	}
}

// gather returns first and the rows that are waiting behind it; it does not wait for
// more.
func (a *Acceptor) gather(first acceptRequest) []acceptRequest {
	group, size := []acceptRequest{first}, len(first.raw.Bytes)
	for len(group) < batchRows && size < acceptBytes {
		select {
		case next := <-a.queue:
			group, size = append(group, next), size+len(next.raw.Bytes)
		default:
			return group
		}
	}
	return group
}

// commit journals a group in one transaction, queues the new rows for the processor
// and answers the senders. A permanent error is retried with each row on its own.
func (a *Acceptor) commit(ctx context.Context, group []acceptRequest) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTimeout)
	defer cancel()
	raws := make([]desk.Raw, len(group))
	for i := range group {
		raws[i] = group[i].raw
	}
	claim := time.Duration(0)
	if a.processor.queue.reserve(raws) {
		claim = lease
	}
	receipts, claimed, err := a.journal.AcceptRaws(ctx, raws, claim)
	if claim > 0 {
		// This comes before the answers to the senders: what they send next must be
		// processed later.
		a.processor.queue.add(raws, claimed)
	}
	if err != nil && len(group) > 1 && desk.KindOf(err) != desk.KindTemporary {
		for _, one := range group { // so that only the row at fault fails
			a.commit(ctx, []acceptRequest{one})
		}
		return
	}
	waiting := -len(claimed) // new rows that were not claimed
	for i, g := range group {
		if err != nil {
			g.done <- acceptResult{err: err}
			continue
		}
		if !receipts[i].Duplicate {
			waiting++
		}
		g.done <- acceptResult{receipt: receipts[i]}
	}
	if err == nil {
		a.processor.accepted(raws, waiting > 0)
	}
}
