package health

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"switchboard/channels"
	"switchboard/desk"
)

// spaceInterval is how often the free space is measured.
const spaceInterval = time.Second

// Space watches the disk of the database. Below a floor nothing more is received, so
// that a full disk never stops the database itself: agents can go on reading and
// answering, and what senders keep arrives later. It is safe for concurrent use.
type Space struct {
	Folder string
	Floor  int64 // octets
	Free   func() (int64, error)
	// Restock is called by Run while there is enough space.
	Restock func(floor int64) error
	Log     *slog.Logger

	free atomic.Int64
	low  atomic.Pointer[channels.Fault] // nil while enough is free
}

// lowSpace is the cause of the error that senders receive.
type lowSpace struct{ error }

func (e lowSpace) Unwrap() error { return e.error }

// NoStorage reports that the disk is full, as the errors of the database do.
func (lowSpace) NoStorage() bool { return true }

// Err returns an error while less than the floor is free.
func (s *Space) Err() error {
	if s == nil {
		return nil
	}
	return AsError(s.low.Load())
}

// FreeSpace returns the octets that were last measured.
func (s *Space) FreeSpace() int64 {
	if s == nil {
		return 0
	}
	return s.free.Load()
}

// Run measures until ctx ends.
func (s *Space) Run(ctx context.Context) error {
	tick := time.NewTicker(spaceInterval)
	defer tick.Stop()
	failing := false // logged once
	for {
		s.Measure(ctx)
		if s.low.Load() == nil {
			err := s.Restock(s.Floor)
			if err != nil && !failing {
				s.Log.WarnContext(ctx, "DiskReserveFailed", "error", err)
			}
			failing = err != nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Measure updates what Err returns. If the free space cannot be measured, the last
// result remains.
func (s *Space) Measure(ctx context.Context) {
	free, err := s.Free()
	if err != nil {
		s.Log.WarnContext(ctx, "FreeSpaceUnknown", "error", err)
		return
	}
	s.free.Store(free)
	if free >= s.Floor {
		if s.low.Swap(nil) != nil {
			s.Log.InfoContext(ctx, "ReceivingAgain", "free", free, "floor", s.Floor)
		}
		return
	}
	fault := &channels.Fault{
		What:   fmt.Sprintf("the disk of the database is almost full: %s of the last %s are free", mebibytes(free), mebibytes(s.Floor)),
		Advice: fmt.Sprintf("Free some space on the disk of %s. Until then nothing is received: mail stays with its senders and in the mailboxes, and arrives by itself afterwards.", s.Folder),
		Err:    lowSpace{desk.Errorf(desk.KindTemporary, "%d octets are free, the floor is %d", free, s.Floor)},
	}
	if s.low.Swap(fault) == nil {
		s.Log.WarnContext(ctx, "DiskAlmostFull", "error", fault.What, "advice", fault.Advice)
	}
}

// Check is the Probe.Check of the disk. It warns before the floor is reached.
func (s *Space) Check(context.Context, channels.Sink) (hint, fault error) {
	if free := s.free.Load(); free < 2*s.Floor {
		hint = &channels.Fault{
			What:   fmt.Sprintf("the disk of the database has %s left; below %s nothing more is received", mebibytes(free), mebibytes(s.Floor)),
			Advice: fmt.Sprintf("Free some space on the disk of %s.", s.Folder),
		}
	}
	return hint, s.Err()
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
