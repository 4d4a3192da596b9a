package mailauth

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"
)

// Resolver is the part of *net.Resolver that the checks use.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// System returns a Resolver that uses the DNS server at addr (host:port), or the
// system's configuration if addr is empty. Names are fully qualified: the system's
// search list must not resolve a sender's domain to a local one.
func System(addr string) Resolver {
	return system{NetResolver(addr)}
}

// NetResolver returns the resolver behind System, for connections.
func NetResolver(addr string) *net.Resolver {
	if addr == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, addr)
	}}
}

type system struct{ *net.Resolver }

func (s system) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return s.Resolver.LookupTXT(ctx, rooted(name))
}

func (s system) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return s.Resolver.LookupMX(ctx, rooted(name))
}

func (s system) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	return s.Resolver.LookupIPAddr(ctx, rooted(host))
}

func rooted(name string) string { return strings.TrimSuffix(name, ".") + "." }

// The cache's limits. Package net does not return a record's TTL, so answers are
// kept for less time than usual TTLs.
const (
	keepAnswer  = 5 * time.Minute
	keepAbsence = time.Minute
	maxAnswers  = 20_000
	maxQueries  = 64
)

// Cache is a Resolver that caches the answers of another one and limits the number
// of concurrent queries.
type Cache struct {
	dns   Resolver
	slots chan struct{}

	mu      sync.Mutex
	answers map[question]answer
}

type question struct{ kind, name string }

type answer struct {
	value any
	err   error
	until time.Time
}

// NewCache returns a Cache in front of dns.
func NewCache(dns Resolver) *Cache {
	return &Cache{dns: dns, slots: make(chan struct{}, maxQueries), answers: map[question]answer{}}
}

// LookupTXT implements Resolver.
func (c *Cache) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return cached(ctx, c, question{"txt", name}, c.dns.LookupTXT)
}

// LookupMX implements Resolver.
func (c *Cache) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return cached(ctx, c, question{"mx", name}, c.dns.LookupMX)
}

// LookupIPAddr implements Resolver.
func (c *Cache) LookupIPAddr(ctx context.Context, name string) ([]net.IPAddr, error) {
	return cached(ctx, c, question{"ip", name}, c.dns.LookupIPAddr)
}

// LookupAddr implements Resolver.
func (c *Cache) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	return cached(ctx, c, question{"ptr", addr}, c.dns.LookupAddr)
}

// cached returns the cached answer to a question, or asks and caches the answer.
func cached[T any](ctx context.Context, c *Cache, q question, ask func(context.Context, string) (T, error)) (T, error) {
	if a, ok := c.lookup(q); ok {
		value, _ := a.value.(T)
		return value, a.err
	}
	var none T
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return none, timedOut(q.name)
	}
	value, err := ask(ctx, q.name)
	if ctx.Err() != nil && err != nil {
		return none, timedOut(q.name)
	}
	c.store(q, value, err)
	return value, err
}

// timedOut returns an error that the libraries treat as temporary.
func timedOut(name string) error {
	return &net.DNSError{Err: "no answer in time", Name: name, IsTimeout: true, IsTemporary: true}
}

func (c *Cache) lookup(q question) (answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.answers[q]
	return a, ok && time.Now().Before(a.until)
}

// store caches an answer, positive or negative. Failures are not cached.
func (c *Cache) store(q question, value any, err error) {
	keep := keepAnswer
	if err != nil {
		var dns *net.DNSError
		if !errors.As(err, &dns) || !dns.IsNotFound {
			return
		}
		keep = keepAbsence
	}
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.answers) >= maxAnswers {
		for old, a := range c.answers {
			if now.After(a.until) {
				delete(c.answers, old)
			}
		}
		for old := range c.answers { // still full: evict arbitrary entries
			if len(c.answers) < maxAnswers*9/10 {
				break
			}
			delete(c.answers, old)
		}
	}
	c.answers[q] = answer{value, err, now.Add(keep)}
}
