// Package queueing forecasts waiting times: by the formulas of Erlang and of Allen and
// Cunneen for a constant load, and by a simulation for staffing that changes. It is pure.
package queueing

import (
	"container/heap"
	"math"
	"time"
)

// ErlangC returns the probability that somebody has to wait in an M/M/c queue with c
// agents and an offered load in erlangs; 1 if the load is not less than c.
func ErlangC(c int, load float64) float64 {
	if load <= 0 {
		return 0
	}
	if c <= 0 || load >= float64(c) {
		return 1
	}
	b := 1.0 // Erlang B, by its recursion, which does not overflow
	for n := 1; n <= c; n++ {
		b = load * b / (float64(n) + load*b)
	}
	rho := load / float64(c)
	return b / (1 - rho + rho*b)
}

// Forecast is what to expect of a queue whose load stays the same.
type Forecast struct {
	Utilization float64       // of the agents; 1 and more: the queue grows without end
	Waits       float64       // the share of conversations that wait
	Mean        time.Duration // wait of all conversations; the largest duration if the queue grows without end
	rate        float64       // at which waits end, per second
}

// Endless is the mean wait in a queue that grows without end.
const Endless = time.Duration(math.MaxInt64)

// MGc forecasts a queue with c agents, arrivals per hour, and handling times with a mean and
// a coefficient of variation: 1 for M/M/c, where it is exact (Erlang C), others by the
// approximation of Allen and Cunneen.
func MGc(c int, arrivals float64, mean time.Duration, variation float64) Forecast {
	load := arrivals * mean.Hours()
	f := Forecast{Waits: ErlangC(c, load), Mean: Endless, Utilization: math.Inf(1)}
	if c > 0 {
		f.Utilization = load / float64(c)
	}
	if load <= 0 {
		return Forecast{}
	}
	if f.Utilization >= 1 {
		return f
	}
	spread := (1 + variation*variation) / 2
	f.rate = (float64(c) - load) / mean.Seconds() / spread
	f.Mean = time.Duration(f.Waits / f.rate * float64(time.Second))
	return f
}

// Longer returns the share of conversations that wait longer than a time.
func (f Forecast) Longer(t time.Duration) float64 {
	if f.Utilization >= 1 {
		return 1
	}
	return f.Waits * math.Exp(-f.rate*t.Seconds())
}

// Queue simulates agents who take conversations in the order of their arrival. How many
// there are may change at full hours; who leaves finishes first. It needs as much memory as
// there are agents.
type Queue struct {
	Staff func(at time.Time) int
	busy  ends
	last  time.Time // start of the last conversation
}

// Longest is the longest wait that is simulated.
const Longest = 14 * 24 * time.Hour

// Arrive returns how long a conversation waits that arrives at an instant, not before the
// one before it, and takes an agent some time; at most Longest.
func (q *Queue) Arrive(at time.Time, takes time.Duration) time.Duration {
	start := at
	if q.last.After(start) {
		start = q.last
	}
	for {
		for len(q.busy) > 0 && !q.busy[0].After(start) {
			heap.Pop(&q.busy)
		}
		if len(q.busy) < q.Staff(start) {
			break
		}
		next := start.Truncate(time.Hour).Add(time.Hour)
		if len(q.busy) > 0 && q.busy[0].Before(next) {
			next = q.busy[0]
		}
		if start = next; start.Sub(at) >= Longest {
			return Longest // it is given up: it keeps nobody busy
		}
	}
	q.last = start
	heap.Push(&q.busy, start.Add(takes))
	return start.Sub(at)
}

// ends are the instants at which agents finish, a heap.
type ends []time.Time

func (e ends) Len() int           { return len(e) }
func (e ends) Less(i, j int) bool { return e[i].Before(e[j]) }
func (e ends) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *ends) Push(x any)        { *e = append(*e, x.(time.Time)) }
func (e *ends) Pop() any {
	n := len(*e) - 1
	x := (*e)[n]
	*e = (*e)[:n]
	return x
}
