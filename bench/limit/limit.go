// Package limit measures what the parts of a support desk can do on a machine
// with no desk around them: fetch from an IMAP server, parse, store in batches,
// receive by SMTP, echo over WebSocket. Measured in the same run, they are what
// the gateway's own figures are held against.
package limit

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"switchboard/bench/proc"
)

// Cost is what n messages took.
type Cost struct {
	N      int
	Wall   time.Duration
	CPU    time.Duration // of this process
	Server time.Duration // of the server at the other end, if there is one
}

// Rate is messages a second by the wall clock.
func (c Cost) Rate() float64 { return float64(c.N) / c.Wall.Seconds() }

// Each is the CPU time of a message, on both sides together.
func (c Cost) Each() time.Duration { return (c.CPU + c.Server) / time.Duration(max(c.N, 1)) }

// measure runs f, which handles n messages. server is the process whose
// descendants do the other side's work; 0: there is none.
func measure(n, server int, f func() error) (Cost, error) {
	runtime.GC()
	at := func() (own, other time.Duration, err error) {
		if server != 0 {
			var root time.Duration
			root, other, err = proc.CPU(server)
			other += root
		}
		return proc.Self(), other, err
	}
	own, other, err := at()
	if err != nil {
		return Cost{}, err
	}
	begin := time.Now()
	if err := f(); err != nil {
		return Cost{}, err
	}
	c := Cost{N: n, Wall: time.Since(begin)}
	ownAfter, otherAfter, err := at()
	c.CPU, c.Server = ownAfter-own, otherAfter-other
	return c, err
}

// Spread runs f for 0 to n-1 on k goroutines.
func Spread(k, n int, f func(int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range k {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// Composed is the rate at which a machine with so many cores can do all of the
// costs for each message: cores by the sum of their CPU times.
func Composed(cores int, costs ...Cost) (rate float64, each time.Duration) {
	for _, c := range costs {
		each += c.Each()
	}
	return float64(cores) / each.Seconds(), each
}
