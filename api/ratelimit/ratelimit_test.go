package ratelimit

import (
	"testing"
	"time"
)

func TestTake(t *testing.T) {
	now := time.Date(2026, 11, 30, 8, 0, 20, 0, time.UTC)
	l := New(2)
	l.now = func() time.Time { return now }
	for i, step := range []struct {
		after time.Duration
		key   string
		left  int
		next  time.Duration
	}{
		{0, "a", 1, 40 * time.Second},
		{10 * time.Second, "a", 0, 30 * time.Second},
		{0, "b", 1, 30 * time.Second},
		{0, "a", -1, 30 * time.Second},
		{29999 * time.Millisecond, "a", -2, time.Millisecond},
		{time.Millisecond, "a", 1, time.Minute},
		{3 * time.Minute, "b", 1, time.Minute},
	} {
		now = now.Add(step.after)
		if left, next := l.Take(step.key); left != step.left || next != step.next {
			t.Errorf("request %d of %s: %d left, %s to the next window; want %d and %s", i, step.key, left, next, step.left, step.next)
		}
	}
}
