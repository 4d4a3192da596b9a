package mtasts

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"
)

// Stored is a policy as it is kept. It must outlive a restart: an attacker who can suppress
// the record is stopped only by what is known already (RFC 8461 §10.2).
type Stored struct {
	ID      string // of the record that announced it
	Policy  Policy
	Fetched time.Time
}

// Keeper keeps policies.
type Keeper interface {
	STSPolicy(ctx context.Context, domain string) (Stored, bool, error)
	SaveSTSPolicy(ctx context.Context, domain string, s Stored) error
}

// Records looks up TXT records.
type Records interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Fetch gets a domain's policy over HTTPS, see URL.
type Fetch func(ctx context.Context, url string) ([]byte, error)

// URL is where a domain's policy is (RFC 8461 §3.3).
func URL(domain string) string { return "https://mta-sts." + domain + "/.well-known/mta-sts.txt" }

const (
	refreshAfter = 24 * time.Hour  // a policy whose record has not changed
	failureAfter = 5 * time.Minute // a policy that could not be fetched (RFC 8461 §3.3)
	knownFor     = time.Minute     // what was found out for a domain
	maxKnown     = 10_000
)

// Cache knows the policies of domains. It is safe for concurrent use.
type Cache struct {
	dns    Records
	fetch  Fetch
	keeper Keeper
	log    *slog.Logger
	now    func() time.Time

	mu     sync.Mutex
	known  map[string]known
	failed map[string]time.Time // when the policy of a domain could not be fetched
}

type known struct {
	policy Policy
	until  time.Time
}

// New returns a Cache.
func New(dns Records, fetch Fetch, keeper Keeper, log *slog.Logger) *Cache {
	return &Cache{dns: dns, fetch: fetch, keeper: keeper, log: log, now: time.Now, known: map[string]known{}, failed: map[string]time.Time{}}
}

// Policy returns the policy in force for a domain, the zero one if it has none. An error
// means that what is kept could not be read: nothing may be sent then, because it might have
// to be protected.
func (c *Cache) Policy(ctx context.Context, domain string) (Policy, error) {
	now := c.now()
	c.mu.Lock()
	k, ok := c.known[domain]
	c.mu.Unlock()
	if ok && now.Before(k.until) {
		return k.policy, nil
	}
	stored, ok, err := c.keeper.STSPolicy(ctx, domain)
	if err != nil {
		return Policy{}, err
	}
	valid := ok && now.Before(stored.Fetched.Add(stored.Policy.MaxAge))
	if fresh, ok := c.refresh(ctx, domain, stored, valid, now); ok {
		stored, valid = fresh, true
	}
	var p Policy
	if valid {
		p = stored.Policy
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxKnown {
		maps.DeleteFunc(c.known, func(_ string, k known) bool { return now.After(k.until) })
	}
	if len(c.known) < maxKnown {
		c.known[domain] = known{p, now.Add(knownFor)}
	}
	return p, nil
}

// refresh fetches the policy if the domain's record announces another one than is kept. If
// that fails, what is kept stays valid (RFC 8461 §3.3).
func (c *Cache) refresh(ctx context.Context, domain string, stored Stored, valid bool, now time.Time) (Stored, bool) {
	records, err := c.dns.LookupTXT(ctx, "_mta-sts."+domain)
	id := recordID(records)
	if err != nil || id == "" || valid && id == stored.ID && now.Before(stored.Fetched.Add(refreshAfter)) {
		return stored, false
	}
	c.mu.Lock()
	recently := now.Before(c.failed[domain].Add(failureAfter))
	c.mu.Unlock()
	if recently {
		return stored, false
	}
	text, err := c.fetch(ctx, URL(domain))
	var p Policy
	if err == nil {
		p, err = Parse(text)
	}
	if err != nil {
		c.log.WarnContext(ctx, "PolicyNotFetched", "domain", domain, "error", err)
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.failed) >= maxKnown {
			clear(c.failed)
		}
		c.failed[domain] = now
		return stored, false
	}
	fresh := Stored{ID: id, Policy: p, Fetched: now}
	if err := c.keeper.SaveSTSPolicy(ctx, domain, fresh); err != nil {
		c.log.WarnContext(ctx, "PolicyNotSaved", "domain", domain, "error", err)
	}
	return fresh, true
}
