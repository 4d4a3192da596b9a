package ingest

import (
	"context"
	"time"

	"switchboard/desk"
)

// Journal commits raw rows durably in one transaction.
type Journal interface {
	// SaveRaws returns receipts in the order of raws; a known source key yields
	// the first one's receipt.
	SaveRaws(ctx context.Context, raws []desk.Raw) ([]desk.Receipt, error)
}

// Acceptor is the channels' sink. It commits whatever waits at a moment in one
// transaction (group commit, no added delay) and returns only after it.
type Acceptor struct {
	journal Journal
	// Accepted is called after every commit with its rows, to wake the processor.
	Accepted func([]desk.Raw)
	queue    chan accepting
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

// NewAcceptor makes an Acceptor; Run must run for Accept to return.
func NewAcceptor(journal Journal) *Acceptor {
	return &Acceptor{journal: journal, Accepted: func([]desk.Raw) {}, queue: make(chan accepting, batchRows)}
}

// Accept commits raw and returns when it is durable. KindTemporary means that
// the outcome is not known or nothing was stored; sending it again is safe,
// because the source key tells.
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

// gather takes what waits, and does not wait for more.
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
	receipts, err := a.journal.SaveRaws(ctx, raws)
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
		a.Accepted(raws)
	}
}
