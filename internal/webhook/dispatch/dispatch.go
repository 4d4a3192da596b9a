// Package dispatch sends events to webhooks: durably, at least once, in the order of each
// conversation, on any number of nodes.
package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"switchboard/desk"
	"switchboard/internal/webhook"
)

// Queue is what is to be sent.
type Queue interface {
	// ExpandWebhooks turns events into deliveries, and reports whether there are more.
	ExpandWebhooks(ctx context.Context) (more bool, err error)
	// ActiveWebhooks lists the webhooks that have deliveries that are due, and how many may
	// be sent to each at the same time.
	ActiveWebhooks(ctx context.Context) (map[desk.WebhookID]int, error)
	// ClaimWebhook returns deliveries of a webhook for one attempt each, which no other
	// node makes during the lease. Of a conversation, it returns the first one only.
	ClaimWebhook(ctx context.Context, id desk.WebhookID, limit int, lease time.Duration) ([]webhook.Delivery, error)
	// WebhookAttempted records an attempt and what follows from it. disabled: the webhook
	// is not used any more, for the reason.
	WebhookAttempted(ctx context.Context, d *webhook.Delivery, a webhook.Attempt, v webhook.Verdict) (disabled string, err error)
}

// Client sends.
type Client interface {
	Post(ctx context.Context, address string, header http.Header, body []byte, most int64) (status int, answer http.Header, text []byte, err error)
}

// Options configures a Loop.
type Options struct {
	Timeout time.Duration // of an attempt
	// Attempted is called after each attempt; it may be nil.
	Attempted func(state webhook.State, took time.Duration)
	Log       *slog.Logger
}

const (
	poll     = time.Second
	gather   = 20 * time.Millisecond
	margin   = 5 * time.Second // by which a lease is longer than an attempt
	parallel = 64              // attempts of a node at the same time
	errorMax = 5 * time.Second
	response = 1 << 10 // octets of a response that are kept
)

// Loop sends what is due.
type Loop struct {
	queue  Queue
	client Client
	opt    Options
	wake   chan struct{}

	mu      sync.Mutex
	running map[desk.WebhookID]int
	wg      sync.WaitGroup
	slots   chan struct{}
}

// New returns a Loop; Run starts it.
func New(queue Queue, client Client, opt Options) *Loop {
	return &Loop{queue: queue, client: client, opt: opt, wake: make(chan struct{}, 1), running: map[desk.WebhookID]int{}, slots: make(chan struct{}, parallel)}
}

// Wake says that there may be something to do. It never blocks.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends, and waits for the attempts that it has begun.
func (l *Loop) Run(ctx context.Context) error {
	defer l.wg.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	pause := poll
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.wake:
		case <-timer.C:
		}
		err := l.step(ctx)
		switch {
		case err == nil:
			pause = poll
		case ctx.Err() == nil:
			l.opt.Log.WarnContext(ctx, "WebhooksFailed", "error", err, "retry_in", pause)
			pause = min(2*pause, errorMax)
		}
		timer.Reset(pause)
		if !l.rest(ctx) {
			return ctx.Err()
		}
	}
}

// rest lets wake-ups of a busy desk come together. It returns false when ctx ends.
func (l *Loop) rest(ctx context.Context) bool {
	timer := time.NewTimer(gather)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// step turns events into deliveries, and begins the attempts that are due.
func (l *Loop) step(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = l.queue.ExpandWebhooks(ctx); err != nil {
			return err
		}
	}
	active, err := l.queue.ActiveWebhooks(ctx)
	for id, most := range active {
		if err == nil {
			err = l.start(ctx, id, most)
		}
	}
	return err
}

// start begins attempts of a webhook, as many as may run at the same time.
func (l *Loop) start(ctx context.Context, id desk.WebhookID, most int) error {
	l.mu.Lock()
	free := min(most-l.running[id], parallel-len(l.slots))
	l.mu.Unlock()
	if free <= 0 {
		return nil
	}
	// The lease begins with the claim, so the time for the attempts does, too.
	attempt, cancel := context.WithTimeout(ctx, l.opt.Timeout)
	due, err := l.queue.ClaimWebhook(ctx, id, free, l.opt.Timeout+margin)
	if err != nil || len(due) == 0 {
		cancel()
		return err
	}
	l.mu.Lock()
	l.running[id] += len(due)
	l.mu.Unlock()
	var all sync.WaitGroup
	for i := range due {
		l.slots <- struct{}{} // there is room, because only this goroutine fills it
		all.Add(1)
		l.wg.Go(func() {
			defer all.Done()
			l.deliver(ctx, attempt, &due[i])
			l.mu.Lock()
			l.running[id]--
			l.mu.Unlock()
			<-l.slots
			l.Wake() // the next one of the conversation may go
		})
	}
	l.wg.Go(func() { all.Wait(); cancel() })
	return nil
}

// deliver makes one attempt and records what came of it. When ctx ends meanwhile, the
// lease ends by itself, and the attempt is made again.
func (l *Loop) deliver(ctx, attempt context.Context, d *webhook.Delivery) {
	a := l.attempt(attempt, d)
	if ctx.Err() != nil && a.Status == 0 {
		return
	}
	v := webhook.Decide(a, d.Attempts, time.Since(d.Since), rand.Float64())
	if l.opt.Attempted != nil {
		l.opt.Attempted(v.State, a.Latency)
	}
	if a.Error != "" {
		l.opt.Log.WarnContext(ctx, "WebhookFailed", "webhook", d.Webhook.ID, "delivery", d.SendID, "conversation", d.Conversation, "attempts", d.Attempts, "error", a.Error, "state", v.State)
	}
	// What was received is recorded although the program stops.
	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), margin)
	defer cancel()
	disabled, err := l.queue.WebhookAttempted(record, d, a, v)
	if err != nil {
		l.opt.Log.WarnContext(ctx, "WebhookNotRecorded", "webhook", d.Webhook.ID, "delivery", d.SendID, "error", err)
	}
	if disabled != "" {
		l.opt.Log.ErrorContext(ctx, "WebhookDisabled", "webhook", d.Webhook.ID, "reason", disabled)
	}
}

// attempt sends a message once.
func (l *Loop) attempt(ctx context.Context, d *webhook.Delivery) (a webhook.Attempt) {
	if d.Restricted && !d.Webhook.Restricted {
		// It has become restricted since the event.
		return webhook.Attempt{Withheld: true, Error: "the conversation is restricted now, and the webhook may not be told of those"}
	}
	now := time.Now()
	header, err := webhook.Sign(d.Secrets, &d.Message, now)
	if err != nil {
		return webhook.Attempt{Error: err.Error()}
	}
	header.Set("Content-Type", "application/json")
	status, answer, text, err := l.client.Post(ctx, d.Webhook.URL, header, d.Body, response)
	a.Latency = time.Since(now)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) { // without the URL, which may contain a secret
			err = failed.Err
		}
		a.Error = err.Error()
		return a
	}
	a.Status, a.Response = status, strings.ToValidUTF8(string(text), "\uFFFD")
	switch {
	case status >= 300 && status < 400:
		a.Error = "the receiver answered " + strconv.Itoa(status) + ": redirects are not followed, set the URL that it names"
	case status < 200 || status > 299:
		a.Error = "the receiver answered " + strconv.Itoa(status) + " " + http.StatusText(status)
		a.RetryAfter = retryAfter(answer.Get("Retry-After"), now)
	}
	return a
}

// retryAfter reads the field of RFC 9110 §10.2.3; 0 if it is missing or not valid.
func retryAfter(field string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(field)); err == nil && seconds > 0 {
		return time.Duration(min(seconds, int(webhook.Window/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(field); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
