package mailbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// office is the database's part of the leases, with the bubble's clock.
type office struct {
	mu    sync.Mutex
	owner map[string]string
	until map[string]time.Time
	fence map[string]int64
	next  int64
	away  map[string]bool // nodes that do not reach it
}

func newOffice() *office {
	return &office{owner: map[string]string{}, until: map[string]time.Time{}, fence: map[string]int64{}, away: map[string]bool{}}
}

func (o *office) Hold(_ context.Context, owner string, channels []string, ttl time.Duration) (map[string]int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away[owner] {
		return nil, errors.New("the database is away")
	}
	held := map[string]int64{}
	for _, c := range channels {
		if o.owner[c] != owner {
			if time.Now().Before(o.until[c]) {
				continue
			}
			o.next++
			o.owner[c], o.fence[c] = owner, o.next
		}
		o.until[c], held[c] = time.Now().Add(ttl), o.fence[c]
	}
	return held, nil
}

func (o *office) Release(_ context.Context, owner string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for c, who := range o.owner {
		if who == owner {
			o.until[c] = time.Time{}
		}
	}
	return nil
}

func (o *office) cut(owner string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away[owner] = true
}

// readers records who reads a channel, and complains when two do at once.
type readers struct {
	t    *testing.T
	mu   sync.Mutex
	now  string
	when time.Time
}

func (r *readers) read(name string) func(context.Context, int64) {
	return func(ctx context.Context, fence int64) {
		r.mu.Lock()
		if r.now != "" {
			r.t.Errorf("%s reads while %s does", name, r.now)
		}
		if fence == 0 {
			r.t.Error("no fence")
		}
		r.now, r.when = name, time.Now()
		r.mu.Unlock()
		<-ctx.Done()
		r.mu.Lock()
		r.now = ""
		r.mu.Unlock()
	}
}

func (r *readers) want(name string) {
	r.t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now != name {
		r.t.Errorf("%q reads, want %q", r.now, name)
	}
}

// node runs a Node with one mailbox in the bubble.
func node(t *testing.T, o *office, r *readers, name string) (stop func()) {
	n := NewNode(o, name, LeaseTimes{}, slog.New(slog.DiscardHandler))
	outer, stopOuter := context.WithCancel(t.Context())
	inner, stopInner := context.WithCancel(t.Context())
	var boxes, nodes sync.WaitGroup
	nodes.Go(func() { n.Run(inner) })
	boxes.Go(func() { n.while(outer, "support", func() {}, r.read(name)) })
	return sync.OnceFunc(func() {
		stopOuter()
		boxes.Wait()
		stopInner()
		nodes.Wait()
	})
}

func TestOneNodeReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, r := newOffice(), &readers{t: t}
		stopA := node(t, o, r, "a")
		r.want("a")
		stopB := node(t, o, r, "b")
		time.Sleep(time.Hour)
		r.want("a")
		stopA() // in order: its lease is free at once
		time.Sleep(3 * time.Second)
		r.want("b")
		stopB()
		r.want("")
	})
}

func TestNodeWithoutDatabaseStopsBeforeAnotherBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, r := newOffice(), &readers{t: t}
		stopA := node(t, o, r, "a")
		r.want("a")
		stopB := node(t, o, r, "b")
		time.Sleep(time.Minute)
		cut := time.Now()
		o.cut("a")
		time.Sleep(15 * time.Second)
		r.want("b")
		if late := r.when.Sub(cut); late > 11*time.Second {
			t.Errorf("taken over after %s", late)
		}
		stopB()
		stopA()
	})
}
