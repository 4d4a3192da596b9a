package webform

import (
	"net/netip"
	"sync"
	"time"
)

// limiter is a token bucket per address.
type limiter struct {
	every time.Duration // one token
	burst int

	mu sync.Mutex
	// full says when an address's bucket will be full again; absent: it is full.
	full  map[netip.Prefix]time.Time
	swept time.Time
}

func newLimiter(perMinute, burst int) *limiter {
	return &limiter{every: time.Minute / time.Duration(perMinute), burst: burst, full: make(map[netip.Prefix]time.Time)}
}

// take spends a token of the address, or tells how long until there is one.
func (l *limiter) take(addr netip.Addr, now time.Time) (wait time.Duration) {
	if addr.IsLoopback() {
		return 0
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		network = netip.Prefix{} // unknown addresses share one bucket
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	full := l.full[network]
	if full.Before(now) {
		full = now
	}
	full = full.Add(l.every)
	if over := full.Sub(now) - time.Duration(l.burst)*l.every; over > 0 {
		return over
	}
	l.full[network] = full
	return 0
}

// sweep forgets full buckets once a minute.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for k, full := range l.full {
		if full.Before(now) {
			delete(l.full, k)
		}
	}
}
