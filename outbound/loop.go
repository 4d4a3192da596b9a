package outbound

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/desk"
)

// Options configures a Loop; the zero value is usable.
type Options struct {
	Log      *slog.Logger // nil: slog.DiscardHandler
	Parallel int          // attempts at once per channel; 0: 8
	// Lease is how long a claim lasts; an attempt is cut off a little earlier, so
	// that it is always told by whoever made it. 0: 15 minutes, which covers the
	// 10 minutes that RFC 5321 §4.5.3.2.6 gives a server after the final dot.
	Lease time.Duration
	// Poll bounds how late a delivery is found when its wake-up was lost; 0: 1 s.
	Poll time.Duration
	// Grace is how long attempts may go on when the loop is told to stop; 0: 10 s.
	Grace    time.Duration
	Schedule Schedule
	Now      func() time.Time // nil: time.Now
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

// Loop sends what is due. Several, on any number of nodes, may share a queue.
type Loop struct {
	queue Queue
	lanes []*lane
	opt   Options
}

// lane is one channel's part of the loop: a peer that stalls holds up its own
// channel only.
type lane struct {
	*Loop
	channel desk.Channel
	sender  Sender
	wake    chan struct{} // holds one token: "something may be due, or a place is free"
	slots   chan struct{} // one token per attempt in progress
}

// New returns a Loop that sends with the given senders. Deliveries on a channel
// without one wait in the queue.
func New(queue Queue, senders map[desk.Channel]Sender, opt Options) *Loop {
	l := &Loop{queue: queue, opt: opt.withDefaults()}
	for ch, s := range senders {
		l.lanes = append(l.lanes, &lane{Loop: l, channel: ch, sender: s,
			wake: make(chan struct{}, 1), slots: make(chan struct{}, l.opt.Parallel)})
	}
	return l
}

// Wake says that a delivery may have become due. It never blocks.
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

// Run sends until ctx ends, then lets the attempts in progress finish within
// Grace and returns nil.
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
		for _, job := range jobs {
			la.slots <- struct{}{} // free: claim asked for no more than there are
			attempts.Go(func() {
				la.attempt(sending, job)
				<-la.slots
				la.poke()
			})
		}
		if len(jobs) == 0 || len(la.slots) == cap(la.slots) {
			la.rest(ctx)
		}
	}
	grace := time.AfterFunc(la.opt.Grace, cut)
	defer grace.Stop()
	attempts.Wait()
	return nil
}

func (la *lane) claim(ctx context.Context) ([]Job, error) {
	free := cap(la.slots) - len(la.slots)
	if free == 0 {
		return nil, nil
	}
	return la.queue.Claim(ctx, la.channel, free, la.opt.Lease)
}

// rest waits for a wake-up, for the next due delivery, or for the poll.
func (la *lane) rest(ctx context.Context) {
	pause := la.opt.Poll
	if at, ok, err := la.queue.NextDue(ctx, la.channel); err == nil && ok && len(la.slots) < cap(la.slots) {
		// Never less than a moment: the database's clock and ours may differ.
		pause = min(pause, max(at.Sub(la.opt.Now()), 5*time.Millisecond))
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
	r := la.outcome(ctx, job)
	now := la.opt.Now()
	count := d.Attempts
	if r.State == desk.DeliveryUnknown {
		count = job.Unknowns + 1
	}
	next, again := la.opt.Schedule.Next(count, d.CreatedAt, now, r)
	if again {
		next = jitter(d.ID, d.Attempts, now, next)
	} else if r.State == desk.DeliveryDelayed {
		// Given up: what was temporary for five days is permanent.
		r.State = desk.DeliveryFailed
	}
	log.InfoContext(ctx, "Attempted", "state", r.State, "attempt", d.Attempts, "code", r.Code, "enhanced_code", r.EnhancedCode,
		"detail", r.Detail, "next", next)
	la.complete(ctx, log, d, r, next)
}

// outcome is what came of the attempt, whatever the sender did.
func (la *lane) outcome(ctx context.Context, job Job) (r desk.Result) {
	if job.Abandoned && job.Delivery.Channel == desk.ChannelEmail {
		// Nobody knows how far it got: no blind retry. A chat line may go again at
		// once, because its number lets the client drop the copy.
		return desk.Result{State: desk.DeliveryUnknown, Detail: "the attempt was interrupted; the mail may or may not have been sent"}
	}
	defer func() {
		if p := recover(); p != nil {
			la.opt.Log.ErrorContext(ctx, "SenderPanicked", "delivery", job.Delivery.ID, "panic", p, "stack", string(debug.Stack()))
			r = desk.Result{State: desk.DeliveryUnknown, Detail: fmt.Sprintf("a fault of ours in the middle of sending: %v", p)}
		}
	}()
	// The margin leaves time to record the outcome while the claim is still ours.
	ctx, cancel := context.WithTimeout(ctx, la.opt.Lease-la.opt.Lease/15)
	defer cancel()
	r, err := la.sender.Send(ctx, job.Message, job.Delivery)
	if err != nil {
		return desk.Result{State: desk.DeliveryDelayed, Detail: err.Error()}
	}
	return r
}

const (
	completeTimeout = 30 * time.Second
	completePause   = 500 * time.Millisecond
)

// complete records the outcome. What is known must not be forgotten because the
// database is away: it is repeated until the claim is not ours any more, or the
// process ends; then the delivery comes back as abandoned.
func (la *lane) complete(ctx context.Context, log *slog.Logger, d desk.Delivery, r desk.Result, next time.Time) {
	for pause := completePause; ; pause = min(2*pause, 15*time.Second) {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), completeTimeout)
		err := la.queue.Complete(bounded, d, r, next)
		cancel()
		if err == nil {
			return
		}
		log.WarnContext(ctx, "CompletionFailed", "state", r.State, "error", err)
		if k := desk.KindOf(err); k == desk.KindConflict || k == desk.KindNotFound {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}
