package signinlimit

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var (
	one = netip.MustParseAddr("192.0.2.1")
	two = netip.MustParseAddr("192.0.2.2")
)

// TestAttemptsForOneAccount: the wait grows with each failure, up to a limit.
func TestAttemptsForOneAccount(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	a := New(func() time.Time { return now })
	const who = "ana@desk.example"
	for n := range accountLimit.free {
		if wait := a.Take(who, one); wait != 0 {
			t.Fatalf("attempt %d: wait %v, want 0", n+1, wait)
		}
	}
	for _, want := range []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		for range 3 { // a refused attempt does not lengthen the wait
			if wait := a.Take(who, one); wait != want {
				t.Fatalf("wait %v, want %v", wait, want)
			}
		}
		now = now.Add(want)
		if wait := a.Take(who, one); wait != 0 {
			t.Fatalf("wait %v after waiting %v", wait, want)
		}
	}
	if a.Take(who, two) != 0 {
		t.Error("the account is locked for another network")
	}
	if a.Take("ben@desk.example", one) != 0 {
		t.Error("another account is locked")
	}
	now = now.Add(attemptMemory + 15*time.Minute)
	for n := range accountLimit.free {
		if a.Take(who, one) != 0 {
			t.Errorf("failures are not forgotten: attempt %d", n+1)
		}
	}
}

// TestAttemptsOfOneClient: over all accounts, whether they exist or not.
func TestAttemptsOfOneClient(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	a := New(func() time.Time { return now })
	try := func(i int, addr string) time.Duration {
		return a.Take(fmt.Sprintf("agent%d@desk.example", i), netip.MustParseAddr(addr))
	}
	for i := range networkLimit.free {
		if try(i, fmt.Sprintf("2001:db8::%x", i)) != 0 { // the addresses of one /64 are one client
			t.Fatalf("attempt %d is refused", i+1)
		}
	}
	for i, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
		if wait := try(1000+i, "2001:db8::ffff"); wait != want*time.Second {
			t.Errorf("wait %v, want %v", wait, want*time.Second)
		}
		now = now.Add(want * time.Second)
		if wait := try(1000+i, "2001:db8::ffff"); wait != 0 {
			t.Errorf("wait %v after waiting", wait)
		}
	}
	if try(0, "2001:db8:0:1::1") != 0 {
		t.Error("another network is refused")
	}
}

// TestSuccess: those who know their password are not slowed down, and one who knows one
// cannot use it to guess others.
func TestSuccess(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	a := New(func() time.Time { return now })
	for i := range 100 { // an office on Monday morning
		who := fmt.Sprintf("agent%d@desk.example", i)
		if a.Take(who, one) != 0 {
			t.Fatalf("agent %d has to wait", i)
		}
		a.Succeeded(who, one)
	}
	for range accountLimit.free - 1 {
		a.Take("ana@desk.example", two)
	}
	a.Take("ana@desk.example", two)
	a.Succeeded("ana@desk.example", two)
	if a.Take("ana@desk.example", two) != 0 {
		t.Error("a successful sign-in must reset the count of the account")
	}
	guesses := 0
	for i := 0; guesses < 100; i++ {
		if a.Take(fmt.Sprintf("victim%d@desk.example", i), two) != 0 {
			break
		}
		guesses++
		if a.Take("mallory@desk.example", two) == 0 {
			a.Succeeded("mallory@desk.example", two)
		}
	}
	if guesses > networkLimit.free+2 {
		t.Errorf("%d guesses between successful sign-ins", guesses)
	}
}

func TestAttemptsAreSwept(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	a := New(func() time.Time { return now })
	addr := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for i := range attemptsTracked/2 + 5 {
		a.Take("ana@desk.example", addr(i))
	}
	if len(a.known) > attemptsTracked {
		t.Fatalf("%d are tracked", len(a.known))
	}
	for i := range attemptsTracked / 2 {
		a.Take("ana@desk.example", addr(i))
	}
	now = now.Add(attemptMemory + time.Second)
	a.Take("ana@desk.example", addr(0))
	a.Take("ana@desk.example", addr(1))
	if a.sweep(now); len(a.known) != 4 {
		t.Errorf("%d are tracked after a pause, want 4", len(a.known))
	}
}
