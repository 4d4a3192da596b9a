package outbound

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"switchboard/desk"
)

// Options configures a Loop; the zero value is usable.
type Options struct {
	Log      *slog.Logger // nil: slog.DiscardHandler
	Parallel int          // attempts at once per channel; 0: 8
	// Lease is how long a claim lasts. An attempt is cut off a little earlier, so
	// that the node that made it can still record its result. 0: 15 minutes, which
	// covers the 10 minutes RFC 5321 §4.5.3.2.6 allows after the final dot.
	Lease time.Duration
	// Poll bounds the delay of a delivery whose wake-up was lost; 0: 1 s.
	Poll time.Duration
	// Grace is how long attempts may continue after Run's context ends; 0: 10 s.
	Grace    time.Duration
	Schedule Schedule
	// Warn is after which time of delays people are told; 0: never.
	Warn time.Duration
	Now  func() time.Time // nil: time.Now
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Parallel == 0 {
		o.Parallel = 8
	}
	if o.Lease == 0 {
		o.Lease = 15 * time.Minute
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	if o.Grace == 0 {
		o.Grace = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Loop sends due deliveries. Several loops, on any number of nodes, may share a
// queue.
type Loop struct {
	queue Queue
	lanes []*lane
	opt   Options
}

// lane is the part of the loop that serves one channel. Channels have separate
// lanes so that a stalled peer delays only its own channel.
type lane struct {
	*Loop
	channel desk.Channel
	sender  Sender
	wake    chan struct{} // capacity 1: a delivery may be due, or a slot became free
	slots   chan struct{} // one element per attempt in progress
	open    chan struct{} // one element per attempt whose result is not recorded yet
	ready   []Job         // claimed ahead, see ahead
	quick   atomic.Int64  // how long attempts take, as a time.Duration; 0: not known
}

// New returns a Loop that sends with the given senders. Deliveries on a channel
// without a sender stay in the queue.
func New(queue Queue, senders map[desk.Channel]Sender, opt Options) *Loop {
	l := &Loop{queue: queue, opt: opt.withDefaults()}
	for ch, s := range senders {
		l.lanes = append(l.lanes, &lane{Loop: l, channel: ch, sender: s,
			wake: make(chan struct{}, 1), slots: make(chan struct{}, l.opt.Parallel), open: make(chan struct{}, l.opt.Parallel+max(l.opt.Parallel, minAhead))})
	}
	return l
}

// Wake makes the loop look for due deliveries now. It never blocks.
func (l *Loop) Wake() {
	for _, la := range l.lanes {
		la.poke()
	}
}

func (la *lane) poke() {
	select {
	case la.wake <- struct{}{}:
	default:
	}
}

// Run sends deliveries until ctx ends, waits up to Grace for the attempts in
// progress and returns nil.
func (l *Loop) Run(ctx context.Context) error {
	var g errgroup.Group
	for _, la := range l.lanes {
		g.Go(func() error { return la.run(ctx) })
	}
	return g.Wait()
}

func (la *lane) run(ctx context.Context) error {
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var attempts sync.WaitGroup
	for ctx.Err() == nil {
		jobs, err := la.claim(ctx)
		if err != nil && ctx.Err() == nil {
			la.opt.Log.WarnContext(ctx, "ClaimFailed", "channel", la.channel, "error", err)
		}
		la.ready = append(la.ready, jobs...)
		for len(la.ready) > 0 && la.free() > 0 {
			job := la.ready[0]
			la.ready = la.ready[1:]
			la.slots <- struct{}{} // does not block: there is a free one
			la.open <- struct{}{}
			attempts.Go(func() {
				la.attempt(sending, job)
				<-la.open
				la.poke()
			})
		}
		if len(jobs) == 0 || la.free() == 0 {
			la.wait(ctx)
		}
	}
	grace := time.AfterFunc(la.opt.Grace, cut)
	defer grace.Stop()
	attempts.Wait()
	return nil
}

// free is how many attempts can begin now.
func (la *lane) free() int {
	return min(cap(la.slots)-len(la.slots), cap(la.open)-len(la.open))
}

const (
	// minAhead is how many deliveries are claimed ahead at least, if any are.
	minAhead = 16
	// quickAttempt is up to which duration of attempts deliveries are claimed ahead.
	quickAttempt = 100 * time.Millisecond
)

// ahead is how many deliveries are claimed before there is a slot for them, so that a claim
// serves several. They cannot be held or taken over meanwhile, so it is none unless attempts
// are quick.
func (la *lane) ahead() int {
	if took := time.Duration(la.quick.Load()); took == 0 || took > quickAttempt {
		return 0
	}
	return max(minAhead, cap(la.slots))
}

func (la *lane) claim(ctx context.Context) ([]Job, error) {
	ahead := la.ahead()
	want := la.free() + ahead - len(la.ready)
	if want <= ahead/2 {
		return nil, nil
	}
	return la.queue.Claim(ctx, la.channel, want, la.opt.Lease)
}

// wait returns at a wake-up, when the next delivery is due, or after Poll.
func (la *lane) wait(ctx context.Context) {
	pause := la.opt.Poll
	if la.free() > 0 { // otherwise the end of an attempt is a wake-up
		if at, ok, err := la.queue.NextDue(ctx, la.channel); err == nil && ok {
			// At least 5 ms, because the database's clock may be behind this machine's.
			pause = min(pause, max(at.Sub(la.opt.Now()), 5*time.Millisecond))
		}
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-la.wake:
	case <-timer.C:
	}
}

// attempt makes one attempt and records it.
func (la *lane) attempt(ctx context.Context, job Job) {
	d := job.Delivery
	log := la.opt.Log.With("delivery", d.ID, "conversation", d.ConversationID, "channel", d.Channel)
	begin := time.Now()
	r := la.send(ctx, job)
	// The connection need not wait until the result is recorded.
	la.quick.Store(int64((7*time.Duration(la.quick.Load()) + time.Since(begin)) / 8))
	<-la.slots
	la.poke()
	now := la.opt.Now()
	count := d.Attempts - d.PeriodAttempts
	if r.State == desk.DeliveryUnknown {
		count = job.Unknowns + 1
	}
	since := cmp.Or(d.PeriodAt, d.CreatedAt)
	next, again := la.opt.Schedule.Next(count, since, now, r)
	if again {
		next = jitter(d.ID, d.Attempts, now, next)
		next, r.Late = la.opt.warn(d, since, now, next, r)
	} else if r.State == desk.DeliveryDelayed {
		// The retry period is over: a temporary failure becomes a permanent one.
		r.State = desk.DeliveryFailed
	}
	log.InfoContext(ctx, "Attempted", "state", r.State, "attempt", d.Attempts, "code", r.Code, "enhanced_code", r.EnhancedCode,
		"detail", r.Detail, "next", next)
	la.reach(ctx, job, r) // before the slot of the destination is free
	la.complete(ctx, log, d, r, next)
}

// warn reports whether people have to know now that a delivery is late. An attempt is made
// at the time of the warning, so that it has a fresh answer.
func (o *Options) warn(d desk.Delivery, since, now, next time.Time, r desk.Result) (time.Time, bool) {
	at := since.Add(o.Warn)
	switch {
	case o.Warn <= 0 || r.State != desk.DeliveryDelayed || !d.WarnedAt.IsZero():
		return next, false
	case now.Before(at) && next.After(at):
		return at, false
	}
	return next, !now.Before(at)
}

// send calls the sender and returns the result. An interrupted attempt, an error
// and a panic become results too.
func (la *lane) send(ctx context.Context, job Job) (r desk.Result) {
	if job.Abandoned && job.Delivery.Channel == desk.ChannelEmail {
		// It is not known how far the attempt got, so it is not repeated blindly. A
		// chat message may be sent again at once: its number lets the client drop
		// the copy.
		return desk.Result{State: desk.DeliveryUnknown, Detail: "the attempt was interrupted; the message may or may not have been sent"}
	}
	defer func() {
		if p := recover(); p != nil {
			la.opt.Log.ErrorContext(ctx, "SenderPanicked", "delivery", job.Delivery.ID, "panic", p, "stack", string(debug.Stack()))
			r = desk.Result{State: desk.DeliveryUnknown, Detail: fmt.Sprintf("internal error while sending: %v", p)}
		}
	}()
	// The margin leaves time to record the result while the lease is still held.
	ctx, cancel := context.WithTimeout(ctx, la.opt.Lease-la.opt.Lease/15)
	defer cancel()
	r, err := la.sender.Send(ctx, job.Message, job.Delivery)
	if err != nil {
		return desk.Result{State: desk.DeliveryDelayed, Detail: err.Error()}
	}
	return r
}

const (
	completeTimeout  = 30 * time.Second // for one write
	completeInterval = 500 * time.Millisecond
	completeMaxPause = 15 * time.Second
)

// complete records the result. A known result must survive a database outage, so
// the write is repeated until it succeeds, until the lease has passed to another
// node or until ctx ends; in the last case the delivery is reclaimed as abandoned.
func (la *lane) complete(ctx context.Context, log *slog.Logger, d desk.Delivery, r desk.Result, next time.Time) {
	record := func() (struct{}, error) {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), completeTimeout)
		defer cancel()
		err := la.queue.Complete(bounded, d, r, next)
		if err == nil {
			return struct{}{}, nil
		}
		log.WarnContext(ctx, "CompletionFailed", "state", r.State, "error", err)
		if k := desk.KindOf(err); k == desk.KindConflict || k == desk.KindNotFound {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	}
	pauses := &backoff.ExponentialBackOff{InitialInterval: completeInterval, RandomizationFactor: backoff.DefaultRandomizationFactor,
		Multiplier: 2, MaxInterval: completeMaxPause}
	// The error has been logged; there is no one left to return it to.
	_, _ = backoff.Retry(ctx, record, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(0))
}
