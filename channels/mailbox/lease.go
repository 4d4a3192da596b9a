package mailbox

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Leases decide which of several nodes reads a mailbox. Times are those of the
// database's clock.
type Leases interface {
	// Hold renews owner's leases on channels for ttl, acquires those that are free or
	// have expired, and returns the fence of each lease that owner now holds. A lease
	// gets a new fence whenever it changes hands.
	Hold(ctx context.Context, owner string, channels []string, ttl time.Duration) (map[string]int64, error)
	// Release frees every lease of owner.
	Release(ctx context.Context, owner string) error
}

// Node holds the leases of one process. It renews all of them together, so that any
// number of mailboxes takes one statement per interval.
type Node struct {
	leases Leases
	owner  string
	log    *slog.Logger
	times  LeaseTimes
	kick   chan struct{} // a mailbox was added
	lapse  *time.Timer   // fires when the leases may have expired

	mu     sync.Mutex
	claims map[string]*claim
}

// LeaseTimes are the lifetime of a lease and the interval of renewals. After a node
// has died, its mailboxes are not read for up to their sum. The defaults are 8 s and
// 2 s.
type LeaseTimes struct{ TTL, Renew time.Duration }

// claim is a mailbox's request for its lease. fence is 0 while another node holds it.
// changed is closed and replaced whenever fence changes.
type claim struct {
	fence   int64
	changed chan struct{}
}

// NewNode returns a Node. owner must be unique among all processes. Mailboxes are
// read only while Run is running.
func NewNode(leases Leases, owner string, times LeaseTimes, log *slog.Logger) *Node {
	times.TTL, times.Renew = cmp.Or(times.TTL, 8*time.Second), cmp.Or(times.Renew, 2*time.Second)
	n := &Node{leases: leases, owner: owner, log: log.With("node", owner), times: times, kick: make(chan struct{}, 1),
		claims: map[string]*claim{}}
	n.lapse = time.AfterFunc(n.trusted(), func() { n.update(nil) })
	return n
}

// Run renews the leases until ctx is done and then releases them. The mailboxes
// should have stopped by then.
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
				n.log.Warn("ReleaseFailed", "error", err)
			}
			return nil
		}
	}
}

// trusted is how long a node relies on a lease, counted from before it sent the
// request. It is shorter than the lease, so that the node has stopped reading when
// another node may start.
func (n *Node) trusted() time.Duration { return n.times.TTL * 3 / 4 }

// renew renews the leases once.
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
			n.log.Warn("RenewFailed", "error", err)
		}
		return
	}
	if left := n.trusted() - time.Since(asked); left > 0 {
		n.lapse.Reset(left)
		n.update(fences)
	}
}

// update notifies every mailbox whose fence has changed.
func (n *Node) update(fences map[string]int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for channel, c := range n.claims {
		if fence := fences[channel]; fence != c.fence {
			n.log.Info("LeaseChanged", "channel", channel, "held", fence != 0)
			c.fence = fence
			close(c.changed)
			c.changed = make(chan struct{})
		}
	}
}

// while calls read whenever this node holds the lease on channel, until ctx is done.
// The context of read ends with the lease. standby is called when another node holds
// the lease.
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
