// Package limit measures what the components of the gateway can do on their own: fetch
// from an IMAP server, parse, store in batches, receive by SMTP, echo over WebSocket.
// They are measured in the same run as the gateway and serve as its upper limits.
package limit

import (
	"runtime"
	"time"

	"switchboard/bench/proc"
)

// Cost is the time spent on N messages.
type Cost struct {
	N      int
	Wall   time.Duration
	CPU    time.Duration // of this process
	Server time.Duration // of the server process, if there is one
}

// Rate is the number of messages per second of wall clock time.
func (c Cost) Rate() float64 { return float64(c.N) / c.Wall.Seconds() }

// Each is the CPU time per message, client and server together.
func (c Cost) Each() time.Duration { return (c.CPU + c.Server) / time.Duration(max(c.N, 1)) }

// measure runs f, which processes n messages. The CPU time of server and its child
// processes is measured too; 0 means that there is no server.
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

// Composed returns the rate at which a machine with that many cores can do all of the
// given work for each message, and its CPU time per message.
func Composed(cores int, costs ...Cost) (rate float64, each time.Duration) {
	for _, c := range costs {
		each += c.Each()
	}
	return float64(cores) / each.Seconds(), each
}
