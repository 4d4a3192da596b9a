package queueing

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestErlangC: values of published tables.
func TestErlangC(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		agents int
		load   float64
		want   float64
	}{{1, 0.5, 0.5}, {2, 1, 1.0 / 3}, {5, 4, 0.5541}, {10, 8, 0.4092}, {0, 1, 1}, {3, 3, 1}, {3, 0, 0}} {
		if got := ErlangC(c.agents, c.load); math.Abs(got-c.want) > 0.0001 {
			t.Errorf("%d agents, %g erlangs: %g, want %g", c.agents, c.load, got, c.want)
		}
	}
	f := MGc(1, 3, 10*time.Minute, 1) // M/M/1: rho / (mu - lambda)
	if f.Mean.Round(time.Second) != 10*time.Minute || f.Utilization != 0.5 {
		t.Errorf("%+v", f)
	}
	if full := MGc(2, 20, 10*time.Minute, 1); full.Mean != Endless || full.Longer(time.Hour) != 1 {
		t.Errorf("%+v", full)
	}
}

var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// simulated returns the mean wait of many conversations in a Queue.
func simulated(n, agents int, perHour float64, service func(*rand.Rand) time.Duration) time.Duration {
	r := rand.New(rand.NewPCG(1, 2))
	q := Queue{Staff: func(time.Time) int { return agents }}
	var sum time.Duration
	at := start
	for range n {
		at = at.Add(time.Duration(r.ExpFloat64() / perHour * float64(time.Hour)))
		sum += q.Arrive(at, service(r))
	}
	return sum / time.Duration(n)
}

func within(got, want time.Duration, share float64) bool {
	return math.Abs(float64(got-want)) <= share*float64(want)
}

// TestQueueFollowsErlang: the simulation is within 10 % of the M/M/c formulas.
func TestQueueFollowsErlang(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		agents int
		rate   float64
	}{{1, 3.5}, {2, 9}, {3, 14}, {8, 42}} {
		mean := 10 * time.Minute
		got := simulated(400_000, c.agents, c.rate, func(r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * float64(mean)) })
		if want := MGc(c.agents, c.rate, mean, 1).Mean; !within(got, want, 0.10) {
			t.Errorf("%d agents, %g an hour: %s, want %s", c.agents, c.rate, got, want)
		}
	}
}

// lognormal returns service times with a mean and a coefficient of variation.
func lognormal(r *rand.Rand, mean time.Duration, variation float64) time.Duration {
	s2 := math.Log(1 + variation*variation)
	return time.Duration(math.Exp(math.Log(float64(mean)) - s2/2 + math.Sqrt(s2)*r.NormFloat64()))
}

// reference is another simulation: Kiefer and Wolfowitz's recursion on the remaining work of
// each agent.
func reference(n, agents int, perHour float64, mean time.Duration, variation float64) time.Duration {
	r := rand.New(rand.NewPCG(7, 9))
	work := make([]float64, agents)
	sum := 0.0
	for range n {
		gap := r.ExpFloat64() / perHour * float64(time.Hour)
		for i := range work {
			work[i] = math.Max(0, work[i]-gap)
		}
		least := slices.Index(work, slices.Min(work))
		sum += work[least]
		work[least] += float64(lognormal(r, mean, variation))
	}
	return time.Duration(sum / float64(n))
}

// TestMGc: forecast and simulation are within 15 % of a reference with lognormal handling
// times.
func TestMGc(t *testing.T) {
	t.Parallel()
	const n = 4_000_000 // of 400,000 the mean still varies by a tenth: waits in a row are alike
	for _, c := range []struct {
		agents    int
		rate      float64
		variation float64
	}{{1, 4, 0.5}, {2, 9, 1.2}, {6, 31, 1.3}} {
		mean := 10 * time.Minute
		want := reference(n, c.agents, c.rate, mean, c.variation)
		if got := MGc(c.agents, c.rate, mean, c.variation).Mean; !within(got, want, 0.15) {
			t.Errorf("forecast for %d agents, %g an hour, variation %g: %s, want %s", c.agents, c.rate, c.variation, got, want)
		}
		got := simulated(n/2, c.agents, c.rate, func(r *rand.Rand) time.Duration { return lognormal(r, mean, c.variation) })
		if !within(got, want, 0.15) {
			t.Errorf("simulation for %d agents, %g an hour, variation %g: %s, want %s", c.agents, c.rate, c.variation, got, want)
		}
	}
}

// TestStaffChanges: nobody is taken before somebody comes, who leaves finishes first, and
// what nobody takes is given up.
func TestStaffChanges(t *testing.T) {
	t.Parallel()
	q := Queue{Staff: func(at time.Time) int { // two from 9 to 10, one until 11
		switch at.Hour() {
		case 9:
			return 2
		case 10:
			return 1
		}
		return 0
	}}
	for i, c := range []struct {
		at    time.Duration
		takes time.Duration
		wait  time.Duration
	}{
		{8 * time.Hour, 30 * time.Minute, time.Hour},
		{8 * time.Hour, 90 * time.Minute, time.Hour},
		{9 * time.Hour, 45 * time.Minute, 30 * time.Minute},                // until 10:15
		{9*time.Hour + 45*time.Minute, 10 * time.Minute, 45 * time.Minute}, // at 10:30, when the second one has finished
		{10*time.Hour + 50*time.Minute, 20 * time.Minute, 0},               // finishes at 11:10
		{11 * time.Hour, time.Minute, 22 * time.Hour},                      // tomorrow
	} {
		if wait := q.Arrive(start.Add(c.at), c.takes); wait != c.wait {
			t.Errorf("%d: waits %s, want %s", i, wait, c.wait)
		}
	}
	nobody := Queue{Staff: func(time.Time) int { return 0 }}
	if wait := nobody.Arrive(start, time.Minute); wait != Longest {
		t.Errorf("%s", wait)
	}
}
