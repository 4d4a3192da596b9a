package channels

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Backoff is the pause between two attempts: it doubles from Min to Max, with
// jitter, so that many channels of one dead server do not return as one. The
// zero value goes from 1 s to 5 min. It is not safe for concurrent use.
type Backoff struct {
	Min, Max time.Duration

	failures int
}

// Reset is called after a success; the next pause is Min again.
func (b *Backoff) Reset() { b.failures = 0 }

// Next returns the pause after one more failure, between the half and the whole
// of the current step. Refused credentials wait for Max at once.
func (b *Backoff) Next(err error) time.Duration {
	low, high := b.Min, b.Max
	if low <= 0 {
		low = time.Second
	}
	if high <= 0 {
		high = 5 * time.Minute
	}
	step := high
	if _, unauthorised := adviceOf(err); !unauthorised && b.failures < 32 {
		step = min(low<<b.failures, high)
		if step <= 0 { // the shift overflowed
			step = high
		}
	}
	b.failures++
	return step/2 + rand.N(step/2+1)
}

// Wait sleeps for Next(err). It returns false when ctx ended first.
func (b *Backoff) Wait(ctx context.Context, err error) bool {
	timer := time.NewTimer(b.Next(err))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// errEnded is the failure of a channel whose Run returned without being asked to.
var errEnded = errors.New("the channel ended by itself")
