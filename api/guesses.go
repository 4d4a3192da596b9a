package api

import (
	"net/netip"
	"sync"
	"time"
)

// The limits of guessing passwords, per process.
const (
	guessWindow     = 15 * time.Minute
	guessesPerPair  = 10  // for one account from one address
	guessesPerAddr  = 100 // from one address, whatever the accounts
	guessesTracked  = 100_000
	guessPrefixIPv6 = 64 // a site has a /64 to itself
)

// guess is an attempt to sign in.
type guess struct {
	account string
	addr    netip.Addr
}

// guesses counts the attempts of the last quarter of an hour.
type guesses struct {
	now  func() time.Time
	mu   sync.Mutex
	seen map[guess][]time.Time // the empty account counts for all of an address
}

func newGuesses(now func() time.Time) *guesses {
	return &guesses{now: now, seen: make(map[guess][]time.Time)}
}

// take counts an attempt and returns 0, or how long to wait when there were too
// many; a refused attempt is not counted, so that the door opens again.
func (g *guesses) take(who guess) time.Duration {
	who.addr = site(who.addr)
	all := guess{addr: who.addr}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if len(g.seen) >= guessesTracked {
		g.sweep(now)
	}
	wait := max(g.wait(who, guessesPerPair, now), g.wait(all, guessesPerAddr, now))
	if wait > 0 {
		return wait
	}
	g.seen[who] = append(g.seen[who], now)
	g.seen[all] = append(g.seen[all], now)
	return 0
}

// wait tells when the oldest of the last limit attempts falls out of the window.
func (g *guesses) wait(who guess, limit int, now time.Time) time.Duration {
	times := g.seen[who]
	for len(times) > 0 && now.Sub(times[0]) >= guessWindow {
		times = times[1:]
	}
	if len(times) == 0 {
		delete(g.seen, who)
		return 0
	}
	g.seen[who] = times
	if len(times) < limit {
		return 0
	}
	return guessWindow - now.Sub(times[len(times)-limit])
}

// sweep drops what is over; when all is fresh it drops everything, because a
// full table means a flood from many addresses that no counter stops.
func (g *guesses) sweep(now time.Time) {
	for who, times := range g.seen {
		if now.Sub(times[len(times)-1]) >= guessWindow {
			delete(g.seen, who)
		}
	}
	if len(g.seen) >= guessesTracked {
		clear(g.seen)
	}
}

// forget clears the account's count at this address after a right password.
func (g *guesses) forget(who guess) {
	who.addr = site(who.addr)
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.seen, who)
}

// site is the address that counts: an IPv6 host has a whole prefix to try from.
func site(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	p, err := a.WithZone("").Prefix(guessPrefixIPv6)
	if err != nil {
		return a
	}
	return p.Addr()
}
