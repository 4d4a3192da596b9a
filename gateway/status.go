package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"switchboard/channels"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/store"
)

const (
	statusEvery    = time.Second      // how old what others read of our channels may be
	quietChange    = 30 * time.Second // a later success alone is not worth a write
	reconcileEvery = 24 * time.Hour
	reconcileFirst = time.Hour // a mailbox that is new has its backlog to read
	reconcileCheck = time.Minute
)

// observe writes how this node's channels are doing, and raises the alarm for
// those that a person should look at, until ctx ends.
func (g *Gateway) observe(ctx context.Context) error {
	o := observer{g: g, written: map[string]view.Channel{}, alarmed: map[string]bool{}}
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	for {
		o.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusEvery)
			defer cancel()
			o.look(last) // that they have stopped
			return nil
		}
	}
}

type observer struct {
	g       *Gateway
	written map[string]view.Channel
	alarmed map[string]bool
}

func (o *observer) look(ctx context.Context) {
	now := time.Now()
	var changed []view.Channel
	for _, s := range o.g.group.Statuses() {
		reason, alarm := s.Alarm(now, o.g.cfg.AlarmAfter)
		if alarm != o.alarmed[s.Name] {
			o.alarmed[s.Name] = alarm
			if alarm {
				o.g.log.Warn("Alarm", "channel", s.Name, "reason", reason, "error", s.LastError, "advice", s.Advice)
			} else {
				o.g.log.Info("Alarm over", "channel", s.Name, "state", string(s.State))
			}
		}
		if c := channelView(s, alarm); differs(o.written[s.Name], c) {
			changed = append(changed, c)
		}
	}
	if err := o.g.store.SaveChannels(ctx, o.g.node, changed); err != nil {
		if ctx.Err() == nil {
			o.g.log.Warn("the channels' state is not written", "error", err)
		}
		return
	}
	for _, c := range changed {
		o.written[c.Name] = c
	}
}

func channelView(s channels.Status, alarm bool) view.Channel {
	c := view.Channel{Name: s.Name, State: string(s.State), Alarm: alarm, Since: s.Since, LastError: s.LastError, Advice: s.Advice}
	if !s.LastSuccess.IsZero() {
		c.LastSuccess = &s.LastSuccess
	}
	if !s.LastItem.IsZero() {
		c.LastItem = &s.LastItem
	}
	if p := s.Progress; p != nil {
		c.Progress = &view.Progress{Done: p.Done, Total: p.Total, Rate: p.Rate, ETA: p.ETA}
	}
	return c
}

// differs reports whether there is something to write.
func differs(a, b view.Channel) bool {
	if a.State != b.State || a.Alarm != b.Alarm || !a.Since.Equal(b.Since) || a.LastError != b.LastError || a.Advice != b.Advice {
		return true
	}
	if c := b.LastItem; c != nil && (a.LastItem == nil || !c.Equal(*a.LastItem)) {
		return true
	}
	if (a.Progress == nil) != (b.Progress == nil) || a.Progress != nil && *a.Progress != *b.Progress {
		return true
	}
	if a.LastSuccess == nil || b.LastSuccess == nil {
		return a.LastSuccess != b.LastSuccess
	}
	return b.LastSuccess.Sub(*a.LastSuccess) > quietChange
}

// reconcile compares each mailbox with the journal once a day. Any node may do
// it; the database hands them out one by one.
func (g *Gateway) reconcile(ctx context.Context) error {
	boxes := map[string]*Mailbox{}
	var names []string
	for i := range g.cfg.Mailboxes {
		m := &g.cfg.Mailboxes[i]
		boxes[m.channel()] = m
		names = append(names, m.channel())
	}
	if len(names) == 0 {
		return nil
	}
	tick := time.NewTicker(reconcileCheck)
	defer tick.Stop()
	for {
		name, err := g.store.DueReconciliation(ctx, names, reconcileFirst)
		if err == nil && name != "" {
			_, err = boxes[name].reconcile(ctx, g.store, g.log)
		}
		if err != nil && ctx.Err() == nil {
			g.log.Warn("not reconciled; tried again in an hour", "channel", name, "error", err)
		}
		if err == nil && name != "" {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// reconcile compares one mailbox with the journal, fetches what is missing and
// keeps the result.
func (m *Mailbox) reconcile(ctx context.Context, st *store.Store, log *slog.Logger) ([]view.ReconciledFolder, error) {
	box, err := m.open(st, nil, log)
	if err != nil {
		return nil, err
	}
	report, err := box.Reconcile(ctx)
	if err != nil {
		return nil, err
	}
	folders := make([]view.ReconciledFolder, len(report))
	for i, r := range report {
		folders[i] = view.ReconciledFolder(r)
	}
	return folders, st.SaveReconciliation(ctx, m.channel(), folders, reconcileEvery)
}

// reconciler compares a mailbox when a person asks for it.
type reconciler struct {
	g    *Gateway
	mu   sync.Mutex
	busy map[string]bool
}

// Reconcile implements api.Reconciler. What the mail server answers is for the
// person who asks: the error says it with the advice.
func (r *reconciler) Reconcile(ctx context.Context, channel string) ([]view.ReconciledFolder, error) {
	i := slices.IndexFunc(r.g.cfg.Mailboxes, func(m Mailbox) bool { return m.channel() == channel })
	if i < 0 {
		return nil, desk.Errorf(desk.KindNotFound, "%q is no mailbox that is pulled", channel)
	}
	if !r.claim(channel) {
		return nil, desk.Errorf(desk.KindConflict, "it is being compared already")
	}
	defer r.release(channel)
	folders, err := r.g.cfg.Mailboxes[i].reconcile(ctx, r.g.store, r.g.log)
	var fault *channels.Fault
	if errors.As(err, &fault) {
		return nil, desk.Errorf(desk.KindConflict, "%w. %s", err, fault.Advice)
	}
	return folders, err
}

func (r *reconciler) claim(channel string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[channel] {
		return false
	}
	r.busy[channel] = true
	return true
}

func (r *reconciler) release(channel string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, channel)
}

// Reconcile compares a configured mailbox with the journal for a verb; name is
// the mailbox's, or the channel's. KindNotFound when the configuration has none.
func Reconcile(ctx context.Context, cfg Config, st *store.Store, name string, log *slog.Logger) ([]view.ReconciledFolder, error) {
	for i := range cfg.Mailboxes {
		if m := &cfg.Mailboxes[i]; m.Name == name || m.channel() == name {
			folders, err := m.reconcile(ctx, st, log)
			if fault, ok := errors.AsType[*channels.Fault](err); ok && fault.Advice != "" {
				err = fmt.Errorf("%w\n%s", err, fault.Advice)
			}
			return folders, err
		}
	}
	return nil, desk.Errorf(desk.KindNotFound, "the configuration has no mailbox %q", name)
}
