// Package signinlimit limits attempts to guess passwords, by account and network.
package signinlimit

import (
	"net/netip"
	"sync"
	"time"

	"switchboard/internal/clientlimit"
)

// limit says how many failed attempts are free, and how long to wait after each further
// one: first, then twice as long each time, up to most.
type limit struct {
	free        int
	first, most time.Duration
}

// Limits of sign-in attempts, per process. Many agents may share a network, so its
// limit only slows guessing down; that of one account stops it.
var (
	accountLimit = limit{free: 10, first: 15 * time.Second, most: 15 * time.Minute} // one account from one network
	networkLimit = limit{free: 20, first: 2 * time.Second, most: time.Minute}       // all accounts from one network
)

const (
	attemptMemory   = time.Hour // without another failure; longer than any wait
	attemptsTracked = 100_000
)

// attempt is the origin and target of a sign-in attempt. An empty account
// means all accounts together.
type attempt struct {
	account string
	network netip.Prefix
}

// failures are the attempts that failed, and when the next one is allowed.
type failures struct {
	count      int
	last, next time.Time
}

// Limiter limits password guessing. It is safe for concurrent use.
type Limiter struct {
	now   func() time.Time
	mu    sync.Mutex
	known map[attempt]failures
}

// New returns a Limiter by a clock.
func New(now func() time.Time) *Limiter {
	return &Limiter{now: now, known: make(map[attempt]failures)}
}

// Take counts an attempt as failed and returns 0, or returns how long to wait. A
// refused attempt is not counted, so that the wait always ends.
func (a *Limiter) Take(account string, addr netip.Addr) time.Duration {
	one := attempt{account, clientlimit.Network(addr)}
	all := attempt{network: one.network}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if len(a.known) >= attemptsTracked {
		a.sweep(now)
	}
	if wait := max(a.known[one].next.Sub(now), a.known[all].next.Sub(now)); wait > 0 {
		return wait
	}
	a.known[one] = a.known[one].add(accountLimit, now)
	a.known[all] = a.known[all].add(networkLimit, now)
	return 0
}

// add counts a failure.
func (f failures) add(l limit, now time.Time) failures {
	if now.Sub(f.last) > attemptMemory {
		f = failures{}
	}
	f.count++
	f.last = now
	if over := f.count - l.free; over >= 0 {
		// The shift is bounded, so that it cannot overflow.
		f.next = now.Add(min(l.first<<min(over, 20), l.most))
	}
	return f
}

// Succeeded takes back the last attempt. Of the network's other failures it forgets
// none: knowing one password must not help to guess others.
func (a *Limiter) Succeeded(account string, addr netip.Addr) {
	one := attempt{account, clientlimit.Network(addr)}
	all := attempt{network: one.network}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.known, one)
	f := a.known[all]
	f.count--
	f.next = time.Time{}
	a.known[all] = f
}

// sweep forgets old failures. If all are recent it forgets them all: such a flood
// comes from so many networks that no counter stops it.
func (a *Limiter) sweep(now time.Time) {
	for who, f := range a.known {
		if now.Sub(f.last) > attemptMemory {
			delete(a.known, who)
		}
	}
	if len(a.known) >= attemptsTracked {
		clear(a.known)
	}
}
