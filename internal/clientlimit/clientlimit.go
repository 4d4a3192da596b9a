// Package clientlimit limits what the clients of a public service may do, counted by
// the network that they come from.
package clientlimit

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxNetworks bounds the memory of a Limiter. A flood from more networks than that is
// not stopped by counting.
const maxNetworks = 100_000

// Limiter gives each client network a number of tokens, which are restored over time.
// Clients on this machine are not limited: they are proxies that do not report
// their clients, or tests.
type Limiter struct {
	perSecond rate.Limit
	burst     int

	mu       sync.Mutex
	networks map[netip.Prefix]*rate.Limiter // those that have tokens missing
	swept    time.Time
}

// New returns a Limiter of perMinute tokens, of which at most burst are saved up.
func New(perMinute, burst int) *Limiter {
	return &Limiter{perSecond: rate.Limit(float64(perMinute) / 60), burst: burst, networks: make(map[netip.Prefix]*rate.Limiter)}
}

// Network returns the network that an address is counted under; an invalid address
// is counted under the zero Prefix.
func Network(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap() // all of IPv4 is one /64 when mapped into IPv6
	bits := 32
	if addr.Is6() {
		bits = 64 // the smallest network that a provider assigns to one customer
	}
	network, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}

// Take spends n tokens of the address's network. If there are not enough, it spends
// none and returns how long to wait.
func (l *Limiter) Take(addr netip.Addr, n int, now time.Time) (wait time.Duration) {
	if addr.IsLoopback() {
		return 0
	}
	reservation := l.of(Network(addr), now).ReserveN(now, n)
	if wait = reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// Charge spends n tokens, at most the burst, that may not be there: later requests
// have to wait for them.
func (l *Limiter) Charge(addr netip.Addr, n int, now time.Time) {
	if !addr.IsLoopback() {
		l.of(Network(addr), now).ReserveN(now, n)
	}
}

// of returns the limiter of a network.
func (l *Limiter) of(network netip.Prefix, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	tokens := l.networks[network]
	if tokens == nil {
		tokens = rate.NewLimiter(l.perSecond, l.burst)
		l.networks[network] = tokens
	}
	return tokens
}

// sweep drops the limiters that are full again, once a minute or when there are too
// many.
func (l *Limiter) sweep(now time.Time) {
	full := len(l.networks) >= maxNetworks
	if now.Sub(l.swept) < time.Minute && !full {
		return
	}
	l.swept = now
	for network, tokens := range l.networks {
		if tokens.TokensAt(now) >= float64(l.burst) {
			delete(l.networks, network)
		}
	}
	if len(l.networks) >= maxNetworks {
		clear(l.networks)
	}
}
