package webform

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter limits the submissions of each client network.
type limiter struct {
	perSecond rate.Limit
	burst     int

	mu       sync.Mutex
	networks map[netip.Prefix]*rate.Limiter // those that have tokens missing
	swept    time.Time
}

func newLimiter(perMinute, burst int) *limiter {
	return &limiter{perSecond: rate.Limit(float64(perMinute) / 60), burst: burst, networks: make(map[netip.Prefix]*rate.Limiter)}
}

// take spends a token of the address's network. If there is none, it returns how
// long to wait for one.
func (l *limiter) take(addr netip.Addr, now time.Time) (wait time.Duration) {
	if addr.IsLoopback() {
		return 0
	}
	bits := 32
	if addr.Is6() {
		bits = 64 // the smallest network that a provider assigns to one customer
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		network = netip.Prefix{} // unknown addresses share one limit
	}
	reservation := l.of(network, now).ReserveN(now, 1)
	if wait = reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// of returns the limiter of a network.
func (l *limiter) of(network netip.Prefix, now time.Time) *rate.Limiter {
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

// sweep drops the limiters that are full again, once a minute.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for network, tokens := range l.networks {
		if tokens.TokensAt(now) >= float64(l.burst) {
			delete(l.networks, network)
		}
	}
}
