package ingest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
)

// Rows that are large together have memory reserved until they are stored, and others
// do not wait for it.
func TestLargeRowsReserveMemory(t *testing.T) {
	t.Parallel()
	o := observe(t, &books{})
	var reserved []int64
	var held atomic.Int64
	o.Reserve = func(_ context.Context, size int64) (func(), error) {
		reserved = append(reserved, size)
		held.Add(size)
		return func() { held.Add(-size) }, nil
	}
	sized := func(fence, size int64) Claimed {
		c := row(fence, "From: jo@acme.example\r\n\r\nx")
		c.Raw.Size = size
		return c
	}
	rows := []Claimed{sized(1, 100), sized(2, largeBytes-101), sized(3, 2*batchBytes), sized(4, batchBytes/2), sized(5, batchBytes/2), sized(6, 100)}
	batches, ended := make(chan prepared), make(chan error, 1)
	go func() { ended <- o.parse(t.Context(), rows, batches) }()
	for i, want := range []struct{ rows, size int64 }{{2, 0}, {1, 2 * batchBytes}, {2, batchBytes}, {1, 0}} {
		b := <-batches
		if int64(len(b.rows)) != want.rows {
			t.Errorf("batch %d has %d rows, want %d", i, len(b.rows), want.rows)
		}
		if held.Load() < want.size {
			t.Errorf("batch %d: %d octets reserved, want %d", i, held.Load(), want.size)
		}
		b.release()
	}
	if err := <-ended; err != nil || held.Load() != 0 || !slices.Equal(reserved, []int64{2 * batchBytes, batchBytes}) {
		t.Errorf("%v; reserved %v, of which %d are left", err, reserved, held.Load())
	}
}

// Rows that are still waiting for memory at the end are left to other nodes.
func TestEndWhileWaitingForMemory(t *testing.T) {
	t.Parallel()
	o := observe(t, &books{})
	ctx, cancel := context.WithCancel(t.Context())
	o.Reserve = func(ctx context.Context, _ int64) (func(), error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	large := row(1, "From: jo@acme.example\r\n\r\nx")
	large.Raw.Size = 2 * batchBytes
	if err := o.parse(ctx, []Claimed{large, row(2, "x")}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if rest := o.queue.end(); !slices.Equal(fences(rest), []int64{1, 2}) {
		t.Errorf("put back %v", fences(rest))
	}
}
