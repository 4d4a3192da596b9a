// Package memory bounds the memory that large messages take while they are received
// or processed, whatever their number.
package memory

import (
	"context"
	"runtime"

	"golang.org/x/sync/semaphore"
)

// Budget is an amount of memory, for messages that are worked on at the same time.
type Budget struct {
	octets, copies int64
	free           *semaphore.Weighted
}

// New returns a budget of octets, of which each message takes copies times its size.
func New(octets, copies int64) *Budget {
	return &Budget{octets: octets, copies: copies, free: semaphore.NewWeighted(octets)}
}

// Reserve waits until there is room for a message of size octets, first come, first
// served. A message that would not fit into the whole budget gets all of it, and is
// alone then. release must be called when the message is no longer referenced; it may
// be called more than once.
func (b *Budget) Reserve(ctx context.Context, size int64) (release func(), err error) {
	n := b.octets
	if size < b.octets/b.copies {
		n = max(size, 0) * b.copies
	}
	if err := b.free.Acquire(ctx, n); err != nil {
		return nil, err
	}
	released := false
	return func() {
		if released {
			return
		}
		released = true
		// Otherwise the next message would be added to what this one has left: by default
		// the runtime lets the heap double before it collects.
		runtime.GC()
		b.free.Release(n)
	}, nil
}
