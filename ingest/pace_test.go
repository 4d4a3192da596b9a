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

// woken reports whether the pace has been poked since it was last asked.
func woken(p *pace) bool {
	select {
	case <-p.wake:
		return true
	default:
		return false
	}
}

// The pipeline is woken only by what changes when the next batch is due.
func TestAcceptedWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace()
		start := time.Now()
		p.accepted(2)
		if !woken(p) || p.fresh != 2 || !p.first.Equal(start) || !p.last.Equal(start) {
			t.Errorf("the first rows: %+v", p)
		}
		time.Sleep(quiet / 2)
		p.accepted(3)
		if woken(p) || p.fresh != 5 || !p.first.Equal(start) || !p.last.Equal(start.Add(quiet/2)) {
			t.Errorf("more rows: %+v", p)
		}
		if p.accepted(batchRows - 6); woken(p) {
			t.Error("woken although the batch is not full")
		}
		if p.accepted(1); !woken(p) {
			t.Error("not woken although the batch is full")
		}
		p.poke()
		p.poke() // must not block
		if !woken(p) || woken(p) {
			t.Error("two pokes are not one token")
		}
		if p.urge(); !woken(p) || !p.urgent {
			t.Error("an urgent row does not wake")
		}
		p.begin()
		if p.urgent || p.fresh != 0 || !p.due(time.Now()).IsZero() {
			t.Errorf("a batch begins: %+v", p)
		}
	})
}

func TestDue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pace *pace
		want time.Time
	}{
		"nothing":         {&pace{last: noon, first: noon}, time.Time{}},
		"urgent":          {&pace{urgent: true}, noon},
		"a full batch":    {&pace{fresh: batchRows, first: noon, last: noon}, noon},
		"almost full":     {&pace{fresh: batchRows - 1, first: noon, last: noon}, noon.Add(quiet)},
		"one row":         {&pace{fresh: 1, first: noon, last: noon}, noon.Add(quiet)},
		"a steady stream": {&pace{fresh: 9, first: noon, last: noon.Add(maxGather)}, noon.Add(maxGather)},
	} {
		if got := c.pace.due(noon); !got.Equal(c.want) {
			t.Errorf("%s: due at %s, want %s", name, got, c.want)
		}
	}
}

// A row that is accepted while gather waits brings the batch forward; the end of the
// context ends every wait with its error.
func TestWaitsAreInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace()
		time.AfterFunc(poll/4, func() { p.accepted(1) })
		if got := waited(t, gather(p)); got != poll/4+quiet {
			t.Errorf("waited %s, want %s", got, poll/4+quiet)
		}
		p.begin()
		time.AfterFunc(poll-quiet/2, func() { p.accepted(1) })
		if got := waited(t, gather(p)); got != poll {
			t.Errorf("waited %s, want no more than %s", got, poll)
		}
		time.AfterFunc(quiet/4, p.urge)
		p.worked(time.Hour)
		if got := waited(t, p.yield); got != quiet/4 {
			t.Errorf("yielded %s, want %s", got, quiet/4)
		}
		p.begin()
		p.accepted(1)
		p.begin()
		woken(p)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.gather(ctx, poll); err != context.Canceled {
			t.Errorf("gather: %v", err)
		}
		p.worked(time.Second)
		p.worked(time.Second)
		if err := p.yield(ctx); err != context.Canceled || p.spent != 0 {
			t.Errorf("yield: %v", err)
		}
		p.worked(time.Second)
		if p.worked(time.Second); p.spent != 2*time.Second {
			t.Errorf("worked %s, want 2s", p.spent)
		}
	})
}
