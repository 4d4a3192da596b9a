package store

import (
	"context"

	"github.com/lib/pq"

	"switchboard/desk"
	"switchboard/outbound"
)

// beginning is an attempt that is about to send its content.
type beginning struct {
	delivery  desk.Delivery
	rendering []byte     // nil: it is stored
	kept      []byte     // what has to be sent
	done      chan error // capacity 1
}

// A transaction has at most maxBeginnings attempts (as delivery-begin), and about so many
// octets of mail.
const (
	maxBeginnings     = 32
	maxBeginningBytes = 4 << 20
)

// BeginContent implements mailer.Archive. Attempts that begin at about the same time are one
// statement, which is a transaction of its own. If the driver repeats it, it does the same
// again.
func (s *Store) BeginContent(ctx context.Context, d desk.Delivery, rendering []byte) ([]byte, error) {
	b := &beginning{delivery: d, rendering: rendering, kept: rendering, done: make(chan error, 1)}
	if s.beginnings.add(b) {
		go s.beginWaiting()
	}
	select {
	case err := <-b.done:
		return b.kept, err
	case <-ctx.Done():
		return nil, wrap("record that the content is sent", ctx.Err())
	}
}

// beginWaiting records attempts until none waits.
func (s *Store) beginWaiting() {
	for {
		batch := s.takeBeginnings()
		if len(batch) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), completionTimeout)
		errs, err := s.begin(ctx, batch)
		for i, b := range batch {
			switch {
			case err == nil:
				b.done <- errs[i]
			case len(batch) == 1:
				b.done <- err
			default: // one by one: somebody else may have locked two of them in another order
				errs, err := s.begin(ctx, batch[i:i+1])
				if err == nil {
					err = errs[0]
				}
				b.done <- err
			}
		}
		cancel()
	}
}

// takeBeginnings returns the attempts that wait, at most one of each message.
func (s *Store) takeBeginnings() []*beginning {
	seen, size, full := map[desk.MessageID]bool{}, 0, false
	return s.beginnings.take(func(b *beginning) bool {
		m := b.delivery.MessageID
		size += len(b.rendering)
		full = full || len(seen) > 0 && (seen[m] || len(seen) == maxBeginnings || size > maxBeginningBytes)
		seen[m] = true
		return !full // in the order in which they came
	})
}

// begin records several attempts, and returns what prevents each.
func (s *Store) begin(ctx context.Context, batch []*beginning) ([]error, error) {
	var ids, messages column
	var fences pq.Int64Array
	var bytes pq.ByteaArray
	for _, b := range batch {
		ids.uuid(b.delivery.ID)
		messages.uuid(b.delivery.MessageID)
		fences = append(fences, b.delivery.Fence)
		bytes = append(bytes, b.rendering)
	}
	var rows []struct {
		ID    desk.DeliveryID
		Saved bool
	}
	if err := s.q.delivery.Begin.SelectContext(ctx, &rows, &ids, fences, &messages, bytes); err != nil {
		return nil, wrap("record that the content is sent", err)
	}
	saved, begun := map[desk.DeliveryID]bool{}, map[desk.DeliveryID]bool{}
	for _, r := range rows {
		begun[r.ID], saved[r.ID] = true, r.Saved
	}
	errs := make([]error, len(batch))
	for i, b := range batch {
		switch id := b.delivery.ID; {
		case !begun[id]:
			errs[i] = s.notBegun(ctx, b.delivery)
		case !saved[id] && b.rendering != nil: // another attempt to send this message was first
			b.kept, _, errs[i] = s.Rendering(ctx, b.delivery.MessageID)
		}
	}
	return errs, nil
}

// notBegun returns why an attempt must not send its content.
func (s *Store) notBegun(ctx context.Context, d desk.Delivery) error {
	var claimed bool
	switch err := s.q.delivery.Claimed.GetContext(ctx, &claimed, d.ID, d.Fence); {
	case err != nil:
		return wrap("read a claim", err)
	case claimed:
		return &desk.Error{Op: "send delivery " + d.ID.String(), Kind: desk.KindConflict, Err: outbound.ErrArrived}
	}
	return desk.Errorf(desk.KindConflict, "another program has taken over delivery %s", d.ID)
}
