package auth

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestAttemptLimits(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	a := newAttempts(func() time.Time { return now })
	who := attempt{"ana@desk.example", netip.MustParseAddr("192.0.2.1")}
	for n := range attemptsPerAccount {
		if wait := a.take(who); wait != 0 {
			t.Fatalf("attempt %d: wait %v, want 0", n+1, wait)
		}
	}
	for range 3 { // a refused attempt does not lengthen the wait
		if wait := a.take(who); wait != 90*time.Second {
			t.Errorf("wait %v, want 90s, a tenth of 15 minutes", wait)
		}
	}
	now = now.Add(90 * time.Second)
	if a.take(who) != 0 || a.take(who) == 0 {
		t.Error("after 90 s there must be exactly one more attempt")
	}
	if a.take(attempt{"ana@desk.example", netip.MustParseAddr("192.0.2.2")}) != 0 {
		t.Error("the account is locked for another address")
	}
	v6 := func(s string) attempt { return attempt{"ana@desk.example", netip.MustParseAddr(s)} }
	for range attemptsPerAccount {
		a.take(v6("2001:db8::1"))
	}
	if a.take(v6("2001:db8::ffff")) == 0 {
		t.Error("the addresses of one /64 are counted separately")
	}
	for i := range attemptsPerAddr {
		a.take(attempt{strings.Repeat("x", i+1), netip.MustParseAddr("192.0.2.3")})
	}
	if a.take(attempt{"fresh", netip.MustParseAddr("192.0.2.3")}) == 0 {
		t.Error("one address may try any number of accounts")
	}
	a.reset(who)
	if a.take(who) != 0 {
		t.Error("a successful sign-in must reset the count")
	}
}

func TestAttemptsAreSwept(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	a := newAttempts(func() time.Time { return now })
	addr := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for i := range attemptsTracked / 2 {
		a.take(attempt{"ana@desk.example", addr(i)})
	}
	if len(a.limiters) != attemptsTracked {
		t.Fatalf("%d limiters, want %d", len(a.limiters), attemptsTracked)
	}
	now = now.Add(attemptWindow)
	a.take(attempt{"ana@desk.example", addr(0)})
	if len(a.limiters) != 2 {
		t.Errorf("%d limiters after a window without attempts, want 2", len(a.limiters))
	}
}
