package ingest

import (
	"context"
	"sync"
	"time"
)

const (
	// quiet is how long nothing is accepted before the senders count as done.
	quiet = 40 * time.Millisecond
	// gatherMost bounds how long a row waits for others to share its batch.
	gatherMost = 250 * time.Millisecond
	// While senders wait for their answers, a quarter of the time is the
	// pipeline's, in pauses of at most yieldMost.
	yieldTimes = 3
	yieldMost  = 500 * time.Millisecond
)

// pace says when the pipeline takes its next batch. It shares the machine with
// acceptance, and the two are not equal: a sender waits for his 250, and gives up
// in the end; a mail that is in the journal can wait. So what programs deliver is
// taken in batches, which cost a fifth of the same mails one by one, and the
// pipeline pauses while more is coming in. What a person waits for is urgent.
type pace struct {
	mu     sync.Mutex
	wake   chan struct{} // has a token when something below has changed
	urgent bool
	fresh  int           // rows accepted since the last batch was due
	first  time.Time     // when the first of them was
	last   time.Time     // when the last row of all was
	spent  time.Duration // on work since the last pause
}

func newPace() *pace { return &pace{wake: make(chan struct{}, 1)} }

func (p *pace) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// hurry makes the next batch due at once.
func (p *pace) hurry() {
	p.mu.Lock()
	p.urgent = true
	p.mu.Unlock()
	p.poke()
}

// accepted tells of rows that can wait a moment.
func (p *pace) accepted(rows int) {
	p.mu.Lock()
	p.last = time.Now()
	if p.fresh == 0 {
		p.first = p.last
	}
	p.fresh += rows
	tell := p.fresh == rows || p.fresh >= batchRows // the one who waits knows the rest
	p.mu.Unlock()
	if tell {
		p.poke()
	}
}

// worked adds to what the pipeline has had of the machine.
func (p *pace) worked(took time.Duration) {
	p.mu.Lock()
	p.spent += took
	p.mu.Unlock()
}

// due tells when the next batch is; the zero time: when something comes.
func (p *pace) due(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.urgent || p.fresh >= batchRows:
		return now
	case p.fresh > 0:
		return earlier(p.last.Add(quiet), p.first.Add(gatherMost))
	}
	return time.Time{}
}

// gather waits until a batch is due, but not longer than most.
func (p *pace) gather(ctx context.Context, most time.Duration) error {
	end := time.Now().Add(most)
	for {
		now, until := time.Now(), end
		if due := p.due(now); !due.IsZero() {
			until = earlier(due, end)
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

// begin says that everything there is gets claimed now.
func (p *pace) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.urgent, p.fresh = false, 0
}

// yield leaves the machine to the senders for as long as they come, and at most
// for a multiple of what the pipeline has just used.
func (p *pace) yield(ctx context.Context) error {
	p.mu.Lock()
	end := time.Now().Add(min(yieldTimes*p.spent, yieldMost))
	p.spent = 0
	p.mu.Unlock()
	for {
		p.mu.Lock()
		until := earlier(end, p.last.Add(quiet))
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

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
