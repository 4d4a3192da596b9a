package auth

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits of sign-in attempts, per process: as many at once, then as many again
// spread over each following window.
const (
	attemptWindow      = 15 * time.Minute
	attemptsPerAccount = 10  // for one account from one address
	attemptsPerAddr    = 100 // from one address, for any account
	attemptsTracked    = 100_000
	attemptPrefixIPv6  = 64 // one site has a whole /64
)

// attempt is the origin and target of a sign-in attempt. An empty account
// means all accounts together.
type attempt struct {
	account string
	addr    netip.Addr
}

// attempts limits password guessing.
type attempts struct {
	now      func() time.Time
	mu       sync.Mutex
	limiters map[attempt]*rate.Limiter
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, limiters: make(map[attempt]*rate.Limiter)}
}

// take counts an attempt and returns 0, or returns how long to wait. A refused
// attempt is not counted, so that the limit always ends.
func (a *attempts) take(who attempt) time.Duration {
	who.addr = network(who.addr)
	all := attempt{addr: who.addr}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if len(a.limiters) >= attemptsTracked {
		a.sweep(now)
	}
	account := a.limiter(who, attemptsPerAccount).ReserveN(now, 1)
	addr := a.limiter(all, attemptsPerAddr).ReserveN(now, 1)
	wait := max(account.DelayFrom(now), addr.DelayFrom(now))
	if wait > 0 {
		addr.CancelAt(now)
		account.CancelAt(now)
	}
	return wait
}

func (a *attempts) limiter(who attempt, burst int) *rate.Limiter {
	l, ok := a.limiters[who]
	if !ok {
		l = rate.NewLimiter(rate.Every(attemptWindow/time.Duration(burst)), burst)
		a.limiters[who] = l
	}
	return l
}

// sweep drops limiters that are full again. If all are in use it drops them all:
// such a flood comes from so many addresses that no counter stops it.
func (a *attempts) sweep(now time.Time) {
	for who, l := range a.limiters {
		if l.TokensAt(now) >= float64(l.Burst()) {
			delete(a.limiters, who)
		}
	}
	if len(a.limiters) >= attemptsTracked {
		clear(a.limiters)
	}
}

// reset clears the account's count for this address after a successful sign-in.
func (a *attempts) reset(who attempt) {
	who.addr = network(who.addr)
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.limiters, who)
}

// network returns the address to count: for IPv6 the whole prefix.
func network(addr netip.Addr) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	p, err := addr.WithZone("").Prefix(attemptPrefixIPv6)
	if err != nil {
		return addr
	}
	return p.Addr()
}
