package clientlimit

import (
	"net/netip"
	"testing"
	"time"
)

func TestTake(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := New(60, 10)
	for i, c := range []struct {
		addr string
		n    int
		at   time.Duration
		wait time.Duration
	}{
		{"192.0.2.1", 10, 0, 0},
		{"192.0.2.1", 1, 0, time.Second},
		{"192.0.2.2", 1, 0, 0}, // another client
		{"192.0.2.1", 1, time.Second, 0},
		{"192.0.2.1", 5, time.Second, 5 * time.Second},
		{"2001:db8::1", 10, 0, 0},
		{"2001:db8::ffff:1", 1, 0, time.Second}, // the same site
		{"2001:db8:0:1::1", 1, 0, 0},
		{"fe80::1%eth0", 10, 0, 0},
		{"fe80::2%eth1", 1, 0, time.Second},
		{"127.0.0.1", 1000, 0, 0},
		{"::1", 1000, 0, 0},
	} {
		if wait := l.Take(netip.MustParseAddr(c.addr), c.n, now.Add(c.at)); wait != c.wait {
			t.Errorf("step %d: wait %v, want %v", i, wait, c.wait)
		}
	}
	l.Take(netip.Addr{}, 10, now)
	if l.Take(netip.Addr{}, 1, now) == 0 {
		t.Error("clients without an address are not limited")
	}
	busy := netip.MustParseAddr("192.0.2.9")
	l.Take(busy, 10, now)
	l.Charge(busy, 3, now)
	if wait := l.Take(busy, 1, now); wait != 4*time.Second {
		t.Errorf("wait %v after a debt of 3", wait)
	}
}

// TestMemory: full limiters are dropped, and a flood cannot fill the memory.
func TestMemory(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := New(60, 1)
	for i := range maxNetworks + 10 {
		l.Take(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 1, now)
	}
	if len(l.networks) > maxNetworks {
		t.Errorf("%d networks", len(l.networks))
	}
	l.Take(netip.MustParseAddr("192.0.2.1"), 1, now.Add(2*time.Minute))
	if len(l.networks) != 1 {
		t.Errorf("%d networks are tracked after a pause", len(l.networks))
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"203.0.113.9":           "203.0.113.9/32",
		"::ffff:203.0.113.9":    "203.0.113.9/32",
		"2001:db8:1:2:3:4:5:6":  "2001:db8:1:2::/64",
		"fe80::1:2:3:4%eth0":    "fe80::/64",
		"::ffff:198.51.100.254": "198.51.100.254/32",
	} {
		if got := Network(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
	if got := Network(netip.Addr{}); got != (netip.Prefix{}) {
		t.Errorf("an invalid address: %s", got)
	}
}
