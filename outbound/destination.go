package outbound

import (
	"cmp"
	"context"
	"slices"
	"time"

	"switchboard/desk"
)

// Limit bounds what is sent to one destination. The zero Limit allows everything.
type Limit struct {
	Most int // attempts at once, of all nodes together; 0: no limit
	Rate int // messages per minute; 0: no limit
	// Wait is the longest time for which one that cannot be reached is not tried; 0:
	// longestWait.
	Wait time.Duration
}

// Pace is the time between two messages that the rate allows.
func (l Limit) Pace() time.Duration {
	if l.Rate == 0 {
		return 0
	}
	return time.Minute / time.Duration(l.Rate)
}

// Limits are those of all destinations.
type Limits struct {
	Limit
	Named map[string]Limit // others, by the name of the destination
	// Warn is after which time of delays people are told; 0: never. A delivery that waits
	// for its destination is tried at that time, so that there is an answer to show.
	Warn time.Duration
}

// Waits returns how long a destination is not tried after one failure, two in a row, and so
// on, from the pauses of the schedule.
func (l *Limits) Waits(destination string, pauses []time.Duration) []time.Duration {
	limit, ok := l.Named[destination]
	if !ok {
		limit = l.Limit
	}
	longest := cmp.Or(limit.Wait, longestWait)
	i := slices.IndexFunc(pauses, func(p time.Duration) bool { return p >= longest })
	if i < 0 {
		return pauses
	}
	return append(pauses[:i:i], longest)
}

// Reach is what attempts say about a destination.
type Reach struct {
	Destination string
	Failed      string          // why it was not reached; empty: it was
	Pauses      []time.Duration // of the schedule
}

// longestWait bounds how long a destination is not tried. A customer's server that works
// again gets its mail after at most that time.
const longestWait = 30 * time.Minute

// reach records whether an attempt reached its destination, if that is news. One that is not
// reached waits as a whole: each of its deliveries would find out the same, after the same
// timeout, while others wait for the slot.
func (la *lane) reach(ctx context.Context, job Job, r desk.Result) {
	news := Reach{Destination: job.Delivery.Destination}
	switch {
	case news.Destination == "":
		return
	case r.Unreached:
		news.Failed, news.Pauses = r.Detail, la.opt.Schedule.pauses()
		if news.Failed == "" {
			news.Failed = "not reached"
		}
	case !job.Failing || !answered(r):
		return
	}
	// Only a hint for the next claims: without it they find out by themselves.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), completeTimeout)
	defer cancel()
	if err := la.queue.Reach(bounded, news); err != nil {
		la.opt.Log.WarnContext(ctx, "ReachFailed", "destination", news.Destination, "error", err)
	}
}

// answered reports whether a result is a server's answer.
func answered(r desk.Result) bool { return r.State == desk.DeliverySent || r.Code != 0 }
