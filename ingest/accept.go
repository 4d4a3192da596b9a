package ingest

import (
	"context"
	"time"

	"switchboard/desk"
)

// Journal commits raw rows durably in one transaction.
type Journal interface {
	// AcceptRaws returns receipts in the order of raws; a known source key yields
	// the first one's receipt. With a lease it also claims the new rows for this
	// node and returns them as they are stored, except those that have to wait for
	// a row that no node has claimed yet.
	AcceptRaws(ctx context.Context, raws []desk.Raw, lease time.Duration) ([]desk.Receipt, []Claimed, error)
}

// Acceptor is where channels deliver. It commits whatever is waiting in one
// transaction (group commit, without added delay) and returns only after it.
type Acceptor struct {
	journal   Journal
	processor *Processor
	queue     chan accepting
}

type accepting struct {
	raw  desk.Raw
	done chan<- accepted
}

type accepted struct {
	receipt desk.Receipt
	err     error
}

const (
	acceptBytes   = 32 << 20
	acceptTimeout = 30 * time.Second
)

// NewAcceptor returns an Acceptor that hands committed rows to a processor. Accept
// returns only while Run runs.
func NewAcceptor(journal Journal, processor *Processor) *Acceptor {
	return &Acceptor{journal: journal, processor: processor, queue: make(chan accepting, batchRows)}
}

// Accept commits raw and returns when it is durable. KindTemporary means that
// it may or may not be stored; sending it again is safe, because the source key
// identifies it.
func (a *Acceptor) Accept(ctx context.Context, raw desk.Raw) (desk.Receipt, error) {
	done := make(chan accepted, 1)
	select {
	case a.queue <- accepting{raw, done}:
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

// Run commits until ctx ends. Several may run at once: while one waits for the
// disk the next one gathers.
func (a *Acceptor) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case first := <-a.queue:
			a.commit(ctx, a.gather(first))
		}
	}
}

// gather takes what is waiting, and does not wait for more.
func (a *Acceptor) gather(first accepting) []accepting {
	group, size := []accepting{first}, len(first.raw.Bytes)
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

func (a *Acceptor) commit(ctx context.Context, group []accepting) {
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
		// Before the senders are answered: what they send next must be behind it.
		a.processor.queue.add(raws, claimed)
	}
	if err != nil && len(group) > 1 && desk.KindOf(err) != desk.KindTemporary {
		for _, one := range group { // one of them is at fault: only that one fails
			a.commit(ctx, []accepting{one})
		}
		return
	}
	for i, g := range group {
		if err != nil {
			g.done <- accepted{err: err}
			continue
		}
		g.done <- accepted{receipt: receipts[i]}
	}
	if err == nil {
		a.processor.accepted(raws, len(claimed) < len(raws))
	}
}
