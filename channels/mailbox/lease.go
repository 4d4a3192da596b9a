package mailbox

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Leases decide which of several nodes reads a mailbox. The clock is the
// database's, never a node's.
type Leases interface {
	// Hold renews owner's leases on channels for ttl, takes those that are free or
	// have run out, and returns the fence of each that owner holds now. A lease gets
	// another fence whenever it changes hands.
	Hold(ctx context.Context, owner string, channels []string, ttl time.Duration) (map[string]int64, error)
	// Release frees every lease of owner.
	Release(ctx context.Context, owner string) error
}

// Node holds leases in the name of one process: it renews them all together, so
// that a thousand mailboxes cost one statement every Renew.
type Node struct {
	leases Leases
	owner  string
	log    *slog.Logger
	times  LeaseTimes
	kick   chan struct{} // a mailbox has come
	lapse  *time.Timer   // when nothing is certain any more

	mu     sync.Mutex
	claims map[string]*claim
}

// LeaseTimes bound how long a mailbox stays unread after its node has died: TTL
// and Renew together. The zero value is 8 s and 2 s.
type LeaseTimes struct{ TTL, Renew time.Duration }

// claim is one mailbox's wish for its lease. fence is 0 while others hold it;
// changed is closed, and renewed, whenever fence changes.
type claim struct {
	fence   int64
	changed chan struct{}
}

// NewNode makes a Node under a name that no other process has. Run must run for
// its mailboxes to be read.
func NewNode(leases Leases, owner string, times LeaseTimes, log *slog.Logger) *Node {
	times.TTL, times.Renew = cmp.Or(times.TTL, 8*time.Second), cmp.Or(times.Renew, 2*time.Second)
	n := &Node{leases: leases, owner: owner, log: log.With("node", owner), times: times, kick: make(chan struct{}, 1),
		claims: map[string]*claim{}}
	n.lapse = time.AfterFunc(n.trusted(), func() { n.update(nil) })
	return n
}

// Run renews until ctx is done, then frees what it held. Its mailboxes should
// have stopped by then.
func (n *Node) Run(ctx context.Context) error {
	defer n.lapse.Stop()
	tick := time.NewTicker(n.times.Renew)
	defer tick.Stop()
	for {
		n.renew(ctx)
		select {
		case <-tick.C:
		case <-n.kick:
		case <-ctx.Done():
			n.update(nil)
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), n.times.TTL)
			defer cancel()
			if err := n.leases.Release(last, n.owner); err != nil {
				n.log.Warn("leases not freed; they run out", "error", err)
			}
			return nil
		}
	}
}

// trusted is how long a node believes in what it was granted, counted from before
// it asked: it has stopped reading when another one may begin.
func (n *Node) trusted() time.Duration { return n.times.TTL * 3 / 4 }

// renew asks once.
func (n *Node) renew(ctx context.Context) {
	n.mu.Lock()
	channels := make([]string, 0, len(n.claims))
	for channel := range n.claims {
		channels = append(channels, channel)
	}
	n.mu.Unlock()
	if len(channels) == 0 {
		return
	}
	slices.Sort(channels)
	ctx, cancel := context.WithTimeout(ctx, n.times.TTL)
	defer cancel()
	asked := time.Now()
	fences, err := n.leases.Hold(ctx, n.owner, channels, n.times.TTL)
	if err != nil {
		if ctx.Err() == nil {
			n.log.Warn("leases not renewed", "error", err)
		}
		return
	}
	if left := n.trusted() - time.Since(asked); left > 0 {
		n.lapse.Reset(left)
		n.update(fences)
	}
}

// update tells every mailbox whose fence has changed.
func (n *Node) update(fences map[string]int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for channel, c := range n.claims {
		if fence := fences[channel]; fence != c.fence {
			n.log.Info("Lease", "channel", channel, "held", fence != 0)
			c.fence = fence
			close(c.changed)
			c.changed = make(chan struct{})
		}
	}
}

// while calls read whenever the lease on channel is held, until ctx is done. The
// context of read ends with the lease. standby is called when others hold it.
func (n *Node) while(ctx context.Context, channel string, standby func(), read func(ctx context.Context, fence int64)) {
	n.mu.Lock()
	n.claims[channel] = &claim{changed: make(chan struct{})}
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		delete(n.claims, channel)
		n.mu.Unlock()
	}()
	select {
	case n.kick <- struct{}{}:
	default:
	}
	for ctx.Err() == nil {
		n.mu.Lock()
		fence, changed := n.claims[channel].fence, n.claims[channel].changed
		n.mu.Unlock()
		if fence == 0 {
			standby()
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		leased, cancel := context.WithCancel(ctx)
		watching := make(chan struct{})
		go func() {
			defer close(watching)
			select {
			case <-changed:
				cancel()
			case <-leased.Done():
			}
		}()
		read(leased, fence)
		cancel()
		<-watching
	}
}
