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

// leaseTable implements the leases in memory, with the clock of the synctest bubble.
type leaseTable struct {
	mu    sync.Mutex
	owner map[string]string
	until map[string]time.Time
	fence map[string]int64
	next  int64
	away  map[string]bool // nodes that cannot reach the database
}

func newLeaseTable() *leaseTable {
	return &leaseTable{owner: map[string]string{}, until: map[string]time.Time{}, fence: map[string]int64{}, away: map[string]bool{}}
}

func (o *leaseTable) Hold(_ context.Context, owner string, channels []string, ttl time.Duration) (map[string]int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away[owner] {
		return nil, errors.New("the database is unavailable")
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

func (o *leaseTable) Release(_ context.Context, owner string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for c, who := range o.owner {
		if who == owner {
			o.until[c] = time.Time{}
		}
	}
	return nil
}

func (o *leaseTable) cut(owner string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away[owner] = true
}

// readers records which node reads the channel, and fails the test if two do at once.
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

// node runs a Node with one mailbox until stop is called.
func node(t *testing.T, o *leaseTable, r *readers, name string) (stop func()) {
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
		o, r := newLeaseTable(), &readers{t: t}
		stopA := node(t, o, r, "a")
		r.want("a")
		stopB := node(t, o, r, "b")
		time.Sleep(time.Hour)
		r.want("a")
		stopA() // a clean stop releases the lease immediately
		time.Sleep(3 * time.Second)
		r.want("b")
		stopB()
		r.want("")
	})
}

func TestNodeWithoutDatabaseStopsBeforeAnotherBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, r := newLeaseTable(), &readers{t: t}
		stopA := node(t, o, r, "a")
		r.want("a")
		stopB := node(t, o, r, "b")
		time.Sleep(time.Minute)
		cut := time.Now()
		o.cut("a")
		time.Sleep(15 * time.Second)
		r.want("b")
		if late := r.when.Sub(cut); late > 11*time.Second {
			t.Errorf("taken over after %s, want 11 s at most", late)
		}
		stopB()
		stopA()
	})
}
