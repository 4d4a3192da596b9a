package outbound

import (
	"testing"
	"time"

	"switchboard/desk"
)

func TestSchedule(t *testing.T) {
	first := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		state   desk.DeliveryState
		attempt int
		after   time.Duration // since first
		want    time.Duration // pause; 0: give up
	}{
		{"first delay", desk.DeliveryDelayed, 1, 0, time.Minute},
		{"second", desk.DeliveryDelayed, 2, time.Minute, 5 * time.Minute},
		{"third", desk.DeliveryDelayed, 3, 6 * time.Minute, 15 * time.Minute},
		{"seventh", desk.DeliveryDelayed, 7, 4 * time.Hour, 4 * time.Hour},
		{"thirtieth", desk.DeliveryDelayed, 30, 4 * 24 * time.Hour, 4 * time.Hour},
		{"end of the fifth day", desk.DeliveryDelayed, 33, 5*24*time.Hour - time.Hour, 0},
		{"first retry overdue by a day", desk.DeliveryDelayed, 2, 24 * time.Hour, 5 * time.Minute},
		{"a year later, by a wrong clock", desk.DeliveryDelayed, 2, 365 * 24 * time.Hour, 5 * time.Minute},
		{"a year later, again and again", desk.DeliveryDelayed, 12, 365 * 24 * time.Hour, 0},
		{"a year earlier", desk.DeliveryDelayed, 59, -365 * 24 * time.Hour, 4 * time.Hour},
		{"a year earlier, again and again", desk.DeliveryDelayed, 60, -365 * 24 * time.Hour, 0},
		{"attempt not counted", desk.DeliveryDelayed, 0, 0, time.Minute},
		{"unknown once", desk.DeliveryUnknown, 1, 0, 15 * time.Minute},
		{"unknown twice", desk.DeliveryUnknown, 2, 15 * time.Minute, 0},
		{"sent", desk.DeliverySent, 1, 0, 0},
		{"delivered", desk.DeliveryDelivered, 1, 0, 0},
		{"failed", desk.DeliveryFailed, 1, 0, 0},
	} {
		now := first.Add(c.after)
		next, again := Schedule{}.Next(c.attempt, first, now, desk.Result{State: c.state})
		if again != (c.want > 0) || again && next.Sub(now) != c.want {
			t.Errorf("%s: retry %v after %s, want pause %s", c.name, again, next.Sub(now), c.want)
		}
	}
	if next, _ := (Schedule{UnknownPause: time.Hour}).Next(1, first, first, desk.Result{State: desk.DeliveryUnknown}); !next.Equal(first.Add(time.Hour)) {
		t.Errorf("configured pause: next attempt at %s", next)
	}
}

// TestScheduleEnds follows a delivery that never succeeds until it is given up.
func TestScheduleEnds(t *testing.T) {
	first := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	id, now, attempts := desk.NewID[desk.DeliveryID](), first, 1
	for {
		next, again := Schedule{}.Next(attempts, first, now, desk.Result{State: desk.DeliveryDelayed})
		if !again {
			break
		}
		next = jitter(id, attempts, now, next)
		if !next.After(now) {
			t.Fatalf("attempt %d is not later than the previous one", attempts)
		}
		now, attempts = next, attempts+1
	}
	if lasted := now.Sub(first); lasted < 4*24*time.Hour || lasted > 6*24*time.Hour || attempts > 50 {
		t.Errorf("gave up after %s and %d attempts", lasted, attempts)
	}
}

func TestJitter(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	next, seen := now.Add(time.Hour), map[time.Time]bool{}
	for range 200 {
		id := desk.NewID[desk.DeliveryID]()
		got := jitter(id, 1, now, next)
		if got.Before(next) || got.After(next.Add(6*time.Minute)) || !got.Equal(jitter(id, 1, now, next)) {
			t.Fatalf("jittered time %s out of range or not stable", got)
		}
		seen[got] = true
	}
	if len(seen) < 100 {
		t.Errorf("only %d distinct times", len(seen))
	}
}

// TestWarn: an attempt is made when the warning is due, and it warns once.
func TestWarn(t *testing.T) {
	since := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return since.Add(d) }
	for _, c := range []struct {
		name        string
		warn        time.Duration
		state       desk.DeliveryState
		warned      bool
		now, next   time.Duration
		want        time.Duration
		wantWarning bool
	}{
		{"early", 4 * time.Hour, desk.DeliveryDelayed, false, time.Hour, 2 * time.Hour, 2 * time.Hour, false},
		{"the next attempt would be after the warning", 4 * time.Hour, desk.DeliveryDelayed, false, 3 * time.Hour, 7 * time.Hour, 4 * time.Hour, false},
		{"at the time of the warning", 4 * time.Hour, desk.DeliveryDelayed, false, 4 * time.Hour, 8 * time.Hour, 8 * time.Hour, true},
		{"late, because nothing ran", 4 * time.Hour, desk.DeliveryDelayed, false, 30 * time.Hour, 34 * time.Hour, 34 * time.Hour, true},
		{"warned already", 4 * time.Hour, desk.DeliveryDelayed, true, 8 * time.Hour, 12 * time.Hour, 12 * time.Hour, false},
		{"no warnings", 0, desk.DeliveryDelayed, false, 8 * time.Hour, 12 * time.Hour, 12 * time.Hour, false},
		{"unknown", 4 * time.Hour, desk.DeliveryUnknown, false, 8 * time.Hour, 9 * time.Hour, 9 * time.Hour, false},
	} {
		var d desk.Delivery
		if c.warned {
			d.WarnedAt = since
		}
		next, late := (&Options{Warn: c.warn}).warn(d, since, at(c.now), at(c.next), desk.Result{State: c.state})
		if !next.Equal(at(c.want)) || late != c.wantWarning {
			t.Errorf("%s: next after %s, late %v", c.name, next.Sub(since), late)
		}
	}
}
