package ingest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// waited returns how long f took in the time of the synctest bubble.
func waited(t *testing.T, f func(context.Context) error) time.Duration {
	t.Helper()
	start := time.Now()
	if err := f(t.Context()); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

func gather(p *pace) func(context.Context) error {
	return func(ctx context.Context) error { return p.gather(ctx, poll) }
}

func TestGather(t *testing.T) {
	for _, c := range []struct {
		name   string
		arrive func(*pace)
		want   time.Duration
	}{
		{"nothing: the poll", func(*pace) {}, poll},
		{"a person waits", func(p *pace) { p.urge() }, 0},
		{"a person waits, and mail", func(p *pace) { p.accepted(1); p.urge() }, 0},
		{"one mail: a moment for others", func(p *pace) { p.accepted(1) }, quiet},
		{"a batch is full", func(p *pace) { p.accepted(batchRows - 1); p.accepted(1) }, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPace()
			c.arrive(p)
			if got := waited(t, gather(p)); got != c.want {
				t.Errorf("%s: waited %s, want %s", c.name, got, c.want)
			}
		})
	}
}

// A steady stream of mail delays its batch, but not forever.
func TestGatherIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace()
		defer trickle(p, quiet/2)()
		if got := waited(t, gather(p)); got > maxGather+quiet || got < maxGather {
			t.Errorf("waited %s, want %s", got, maxGather)
		}
		p.begin()
	})
}

// trickle accepts a mail every pause until stop is called.
func trickle(p *pace, pause time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for p.accepted(1); p.sleepOnly(ctx, pause) == nil; {
			p.accepted(1)
		}
	}()
	synctest.Wait()
	return func() { cancel(); <-done }
}

// sleepOnly waits without being woken by the pace.
func (*pace) sleepOnly(ctx context.Context, d time.Duration) error {
	return newPace().sleep(ctx, d)
}

// While mail comes in, the pipeline gets its share of the time and no more; when the
// senders are done, or a person is waiting, it continues at once.
func TestYield(t *testing.T) {
	const work = 30 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		p := newPace()
		p.worked(work)
		if got := waited(t, p.yield); got != 0 {
			t.Errorf("no sender is active: waited %s", got)
		}
		stop := trickle(p, quiet/2)
		p.worked(work)
		if got := waited(t, p.yield); got != yieldFactor*work {
			t.Errorf("while mail comes: waited %s, want %s", got, yieldFactor*work)
		}
		if got := waited(t, p.yield); got != 0 {
			t.Errorf("without having worked: waited %s", got)
		}
		p.worked(time.Hour)
		if got := waited(t, p.yield); got != maxYield {
			t.Errorf("after much work: waited %s, want %s", got, maxYield)
		}
		p.worked(work)
		p.urge()
		if got := waited(t, p.yield); got != 0 {
			t.Errorf("a person waits: waited %s", got)
		}
		p.begin()
		stop()
		p.worked(work)
		if got := waited(t, p.yield); got > quiet {
			t.Errorf("the senders are done: waited %s", got)
		}
	})
}
