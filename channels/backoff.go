package channels

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Backoff is the pause between two attempts. It doubles from Min to Max with
// jitter, so that the channels of one failed server do not all reconnect at once.
// The zero value goes from 1 s to 5 min. It is not safe for concurrent use.
type Backoff struct {
	Min, Max time.Duration

	pauses backoff.ExponentialBackOff // set up by the first Next
}

// Reset is called after a success; the next pause is Min again.
func (b *Backoff) Reset() { b.pauses.Reset() }

// Next returns the pause after another failure, between half and all of the
// current step. After refused credentials it is Max at once.
func (b *Backoff) Next(err error) time.Duration {
	low, high := b.Min, b.Max
	if low <= 0 {
		low = time.Second
	}
	if high <= 0 {
		high = 5 * time.Minute
	}
	if _, unauthorised := adviceOf(err); unauthorised {
		longest := pauses(high, high)
		return longest.NextBackOff()
	}
	if b.pauses.InitialInterval == 0 {
		b.pauses = pauses(min(low, high), high)
	}
	return b.pauses.NextBackOff()
}

// pauses draws from the interval of three quarters of a step plus or minus a
// third, which is the upper half of the step.
func pauses(low, high time.Duration) backoff.ExponentialBackOff {
	return backoff.ExponentialBackOff{InitialInterval: low * 3 / 4, MaxInterval: high * 3 / 4, Multiplier: 2, RandomizationFactor: 1.0 / 3}
}

// Wait sleeps for Next(err). It returns false if ctx ended first.
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

// errEnded is the failure of a channel whose Run returned although its context had not ended.
var errEnded = errors.New("the channel stopped unexpectedly")
