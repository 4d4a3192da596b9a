package ingest

import (
	"context"
	"sync"
	"time"
)

const (
	// quiet is how long no row is accepted before the senders count as done.
	quiet = 40 * time.Millisecond
	// maxGather bounds how long a row waits for others to share its batch.
	maxGather = 250 * time.Millisecond
	// While senders are waiting for their replies, the pipeline works a quarter of
	// the time: it pauses for yieldFactor as long as it worked, maxYield at most.
	yieldFactor = 3
	maxYield    = 500 * time.Millisecond
)

// pace decides when the pipeline takes its next batch. The pipeline shares the
// machine with acceptance, which has priority: a sender waits for the 250 and
// times out in the end, while a mail in the journal can wait. So mail is taken in
// batches, which cost a fifth of the same mails one by one, and the pipeline pauses
// while more is coming in. Chat lines and forms are urgent: a person is waiting.
type pace struct {
	mu     sync.Mutex
	wake   chan struct{} // has a token when something below has changed
	urgent bool
	fresh  int           // rows accepted since the last batch was due
	first  time.Time     // when the first of these was accepted
	last   time.Time     // when the last row was accepted
	spent  time.Duration // on work since the last pause
}

func newPace() *pace { return &pace{wake: make(chan struct{}, 1)} }

// poke wakes gather and yield, so that they look at what has changed.
func (p *pace) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// urge makes the next batch due at once.
func (p *pace) urge() {
	p.mu.Lock()
	p.urgent = true
	p.mu.Unlock()
	p.poke()
}

// accepted records new rows that can wait a moment.
func (p *pace) accepted(rows int) {
	p.mu.Lock()
	p.last = time.Now()
	if p.fresh == 0 {
		p.first = p.last
	}
	p.fresh += rows
	changed := p.fresh == rows || p.fresh >= batchRows // else gather knows when to wake
	p.mu.Unlock()
	if changed {
		p.poke()
	}
}

// worked adds to the time that the pipeline has worked since its last pause.
func (p *pace) worked(took time.Duration) {
	p.mu.Lock()
	p.spent += took
	p.mu.Unlock()
}

// due returns when the next batch is due; zero: not before another row is accepted.
func (p *pace) due(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.urgent || p.fresh >= batchRows:
		return now
	case p.fresh > 0:
		return earliest(p.last.Add(quiet), p.first.Add(maxGather))
	}
	return time.Time{}
}

// gather waits until a batch is due, but not longer than limit.
func (p *pace) gather(ctx context.Context, limit time.Duration) error {
	end := time.Now().Add(limit)
	for {
		now, until := time.Now(), end
		if due := p.due(now); !due.IsZero() {
			until = earliest(due, end)
		}
		if !until.After(now) {
			break
		}
		if err := p.sleep(ctx, until.Sub(now)); err != nil {
			return err
		}
	}
	return nil
}

// begin records that every accepted row is taken now.
func (p *pace) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.urgent, p.fresh = false, 0
}

// yield leaves the machine to the senders while they deliver, at most for a multiple
// of the time that the pipeline has just worked.
func (p *pace) yield(ctx context.Context) error {
	p.mu.Lock()
	end := time.Now().Add(min(yieldFactor*p.spent, maxYield))
	p.spent = 0
	p.mu.Unlock()
	for {
		p.mu.Lock()
		until := earliest(end, p.last.Add(quiet))
		urgent := p.urgent
		p.mu.Unlock()
		left := time.Until(until)
		if urgent || left <= 0 {
			return nil
		}
		if err := p.sleep(ctx, left); err != nil {
			return err
		}
	}
}

func (p *pace) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.wake:
	case <-timer.C:
	}
	return nil
}
