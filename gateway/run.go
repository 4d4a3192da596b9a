package gateway

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/agent"
	"switchboard/config"
	"switchboard/desk"
	"switchboard/internal/forwarded"
	"switchboard/internal/health"
	"switchboard/lifecycle"
)

const (
	// timerInterval is how often due timers are looked for: the end of snoozes, warnings,
	// breaches and escalations.
	timerInterval = 250 * time.Millisecond
	// searchInterval is how often new messages are added to the index of words, which
	// happens when there are a thousand.
	searchInterval = 2 * time.Second
	// shutdownTimeout bounds how long HTTP requests may delay a stop.
	shutdownTimeout = 15 * time.Second
	// sweepInterval is how often expired answers to API requests are removed.
	sweepInterval = 10 * time.Minute
	// noticeInterval is how often notices are looked for that nobody has acknowledged.
	noticeInterval = 5 * time.Second
	// updateInterval is how often updates about root causes and advisories are looked for that are due.
	updateInterval = 500 * time.Millisecond
	// clockInterval is how often times are looked for that a wrong clock has set.
	clockInterval = time.Minute
	// reportInterval is how often what has changed is prepared for reports, and how long after
	// the start that begins: the start belongs to mail that has waited.
	reportInterval = time.Minute
	// reportMailInterval is how often saved reports are looked for that are due by mail.
	reportMailInterval = 15 * time.Second
)

// Run serves until ctx ends, then stops in order: the channels first, then the
// pipeline, once the channels have finished what they had received, and the database
// last.
func (g *Gateway) Run(ctx context.Context) error {
	// The pipeline outlives the channels, which wait for it to commit.
	inner, stopInner := context.WithCancel(context.WithoutCancel(ctx))
	defer stopInner()
	var pipeline errgroup.Group
	for range 2 { // while one commit waits for the disk, the next batch is collected
		pipeline.Go(func() error { return g.acceptor.Run(inner) })
	}
	pipeline.Go(func() error { return g.processor.Run(inner) })
	pipeline.Go(func() error { return g.tail.Run(inner) })
	pipeline.Go(func() error { return g.outbox.Run(inner) })
	pipeline.Go(func() error { return g.mailboxes.Run(inner) })
	if g.space != nil {
		pipeline.Go(func() error { return g.space.Run(inner) })
	}
	reporter := health.Reporter{Node: g.node, Store: g.store, Statuses: g.group.Statuses, AlarmAfter: g.cfg.AlarmAfter, Log: g.log}
	pipeline.Go(func() error { return reporter.Run(inner) })
	if g.metrics != nil {
		pipeline.Go(func() error { return g.metrics.Run(inner) })
	}
	pipeline.Go(func() error { return g.store.RunSearchIndex(inner, searchInterval) })
	pipeline.Go(func() error { return g.runTimers(inner) })
	pipeline.Go(func() error { return g.repeat(inner, timerInterval, "ReviewAccountsFailed", g.reviewAccounts) })
	pipeline.Go(func() error { return g.assigner.Run(inner) })
	pipeline.Go(func() error { return g.wakeByEvents(inner) })
	pipeline.Go(func() error { return g.runPolicy(inner) })
	pipeline.Go(func() error { return g.responder.Run(inner) })
	pipeline.Go(func() error {
		return g.repeat(inner, agentInterval, "ReadAgentsFailed", func(ctx context.Context) (bool, error) { return false, g.people.load(ctx) })
	})
	pipeline.Go(func() error { return g.repeat(inner, sweepInterval, "SweepFailed", g.store.SweepRepeats) })
	pipeline.Go(func() error { return g.repeat(inner, updateInterval, "SendUpdatesFailed", g.sendUpdate) })
	pipeline.Go(func() error { return g.repeat(inner, updateInterval, "SendAdvisoriesFailed", g.sendAdvisory) })
	if g.notices != nil {
		pipeline.Go(func() error { return g.repeat(inner, noticeInterval, "SendNoticesFailed", g.notices.Send) })
	}
	pipeline.Go(func() error {
		return g.repeat(inner, reportMailInterval, "SendReportsFailed", func(ctx context.Context) (bool, error) { return g.SendReports(ctx, time.Now()) })
	})
	pipeline.Go(func() error {
		return g.repeat(inner, sweepInterval, "RemindTargetsFailed", func(ctx context.Context) (bool, error) { return false, g.RemindTargets(ctx, time.Now()) })
	})
	pipeline.Go(func() error { return g.repeat(inner, sweepInterval, "SweepUploadsFailed", g.store.SweepUploads) })
	pipeline.Go(func() error { return g.webhooks.Run(inner) })
	pipeline.Go(func() error { return g.repeat(inner, sweepInterval, "SweepWebhooksFailed", g.store.SweepWebhooks) })
	pipeline.Go(func() error {
		select {
		case <-inner.Done():
			return nil
		case <-time.After(reportInterval):
			return g.repeat(inner, reportInterval, "KeepReportsFailed", g.store.KeepReports)
		}
	})
	pipeline.Go(func() error {
		return g.repeat(inner, sweepInterval, "DrawReviewsFailed", func(ctx context.Context) (bool, error) { return false, g.DrawReviews(ctx) })
	})
	pipeline.Go(func() error { return g.repeat(inner, clockInterval, "ResetFarTimesFailed", g.resetFarTimes) })

	frontend, outer := errgroup.WithContext(ctx)
	frontend.Go(func() error { return g.group.Run(outer) })
	frontend.Go(func() error { return g.serve(outer) })
	frontend.Go(func() error { return g.runAgentMail(outer) })
	frontend.Go(func() error { return g.db.Wait(outer) })
	frontend.Go(func() error { return g.reconcile.Run(outer) })
	err := frontend.Wait()
	stopInner()
	return errors.Join(err, ignoreCanceled(pipeline.Wait()), g.Close())
}

// HoldTimers keeps Run from firing timers until release is called, for a history that is
// written after the fact: clocks must not run ahead of it. It must be called before Run.
func (g *Gateway) HoldTimers() (release func()) {
	g.held = make(chan struct{})
	return sync.OnceFunc(func() { close(g.held) })
}

// runTimers fires timers until ctx ends.
func (g *Gateway) runTimers(ctx context.Context) error {
	if g.held != nil {
		select {
		case <-g.held:
		case <-ctx.Done():
			return nil
		}
	}
	return ignoreCanceled(g.desk.RunTimers(ctx, g.store, timerInterval, func() { g.tail.Wake(); g.responder.Wake() }))
}

// serve answers HTTP until ctx ends.
func (g *Gateway) serve(ctx context.Context) error {
	server := &http.Server{Handler: forwarded.Handler(config.Networks(g.cfg.TrustedProxies), g.handler), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	done := make(chan error, 1)
	go func() { done <- server.Serve(g.httpListener) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	return errors.Join(g.api.Shutdown(stop), server.Shutdown(stop))
}

// repeat calls a task at the start and then at each interval, and again at once when
// there is more to do, until ctx ends.
func (g *Gateway) repeat(ctx context.Context, interval time.Duration, failed string, task func(context.Context) (more bool, err error)) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		more, err := task(ctx)
		if err != nil && ctx.Err() == nil {
			g.log.WarnContext(ctx, failed, "error", err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// reviewAccounts looks at the open conversations of accounts that were changed.
func (g *Gateway) reviewAccounts(ctx context.Context) (more bool, err error) {
	n, err := g.desk.ReviewAccounts(ctx, g.store)
	if n > 0 {
		g.tail.Wake()
	}
	return false, err
}

// DrawReviews draws the conversations of last week whose answers are reviewed, unless that was
// done before. Run calls it from time to time.
func (g *Gateway) DrawReviews(ctx context.Context) error {
	key, err := secret(ctx, g.store, "reviews")
	if err != nil {
		return err
	}
	n, err := g.store.DrawReviews(ctx, key, time.Now())
	if n > 0 {
		g.log.InfoContext(ctx, "ReviewsDrawn", "conversations", n)
	}
	return err
}

// resetFarTimes makes due what was scheduled by a wrong clock.
func (g *Gateway) resetFarTimes(ctx context.Context) (more bool, err error) {
	n, err := g.store.ResetFarTimes(ctx)
	if n > 0 {
		g.log.WarnContext(ctx, "FarTimesReset", "rows", n, "reason", "the database's clock was wrong for a while")
		g.outbox.Wake()
		g.processor.Wake()
	}
	return false, err
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// actions wakes the event tail and the outbound loop after each operation of an agent.
type actions struct {
	*agent.Desk
	committed func() // wakes the event tail
	queued    func() // wakes the outbound loop
}

// Reply wakes the outbound loop for mail. A chat reply is delivered by its commit.
func (a actions) Reply(ctx context.Context, by desk.Agent, c desk.ConversationID, r agent.Reply) (desk.Message, error) {
	defer a.committed()
	m, err := a.Desk.Reply(ctx, by, c, r)
	if err == nil && m.Channel != desk.ChannelChat {
		a.queued()
	}
	return m, err
}

func (a actions) Note(ctx context.Context, by desk.Agent, c desk.ConversationID, text string) (desk.Message, error) {
	defer a.committed()
	return a.Desk.Note(ctx, by, c, text)
}

func (a actions) Change(ctx context.Context, by desk.Agent, c desk.ConversationID, ch agent.Change) (agent.Done, error) {
	defer a.committed()
	return a.Desk.Change(ctx, by, c, ch)
}

func (a actions) Undo(ctx context.Context, by desk.Agent, r lifecycle.Reversal) (desk.Conversation, error) {
	defer a.committed()
	return a.Desk.Undo(ctx, by, r)
}

func (a actions) MergeReversibly(ctx context.Context, by desk.Agent, absorbed, surviving desk.ConversationID) (desk.Conversation, *lifecycle.Reversal, error) {
	defer a.committed()
	return a.Desk.MergeReversibly(ctx, by, absorbed, surviving)
}

func (a actions) LinkRootCause(ctx context.Context, by desk.Agent, id desk.RootCauseID, c desk.ConversationID) error {
	defer a.committed()
	return a.Desk.LinkRootCause(ctx, by, id, c)
}

func (a actions) UnlinkRootCause(ctx context.Context, by desk.Agent, id desk.RootCauseID, c desk.ConversationID) error {
	defer a.committed()
	return a.Desk.UnlinkRootCause(ctx, by, id, c)
}

// sendUpdate sends what is to be told about a root cause in one conversation.
func (g *Gateway) sendUpdate(ctx context.Context) (more bool, err error) {
	if more, err = g.desk.SendUpdate(ctx, g.store); more && err == nil {
		g.tail.Wake()
		g.outbox.Wake()
	}
	return more, err
}
