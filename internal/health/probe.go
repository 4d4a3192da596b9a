// Package health watches what the gateway depends on, publishes the state of its
// channels, and raises alarms.
package health

import (
	"context"
	"time"

	"switchboard/channels"
)

// Probe is a channel that accepts nothing: it checks a dependency periodically, so
// that its state is listed among the channels.
type Probe struct {
	// Interval is the time between two checks while they succeed.
	Interval time.Duration
	// Check returns a hint if the dependency works but needs attention, and a fault
	// if it does not work.
	Check func(ctx context.Context, sink channels.Sink) (hint, fault error)
}

// Interval is the Probe.Interval of local dependencies.
const Interval = time.Minute

// checkTimeout bounds one check.
const checkTimeout = 20 * time.Second

// Every implements channels.Periodic.
func (p *Probe) Every() time.Duration { return p.Interval }

// Run implements channels.Channel.
func (p *Probe) Run(ctx context.Context, sink channels.Sink) error {
	backoff := channels.Backoff{Max: min(p.Interval, 5*time.Minute)}
	for {
		bounded, cancel := context.WithTimeout(ctx, checkTimeout)
		hint, fault := p.Check(bounded, sink)
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		if fault != nil {
			channels.Failing(sink, fault)
			if !backoff.Wait(ctx, fault) {
				return nil
			}
			continue
		}
		backoff.Reset()
		if hint != nil {
			channels.Degraded(sink, hint)
		} else {
			channels.Healthy(sink)
		}
		timer := time.NewTimer(p.Interval)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// AsError returns f as an error that is nil if f is nil.
func AsError(f *channels.Fault) error {
	if f == nil {
		return nil
	}
	return f
}
