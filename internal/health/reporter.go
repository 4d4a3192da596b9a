package health

import (
	"context"
	"log/slog"
	"time"

	"switchboard/channels"
	"switchboard/desk/view"
)

const (
	reportInterval = time.Second
	// successInterval is how often a later LastSuccess alone is written.
	successInterval = 30 * time.Second
)

// Store keeps the state of every node's channels.
type Store interface {
	SaveChannels(ctx context.Context, node string, list []view.Channel) error
}

// Reporter publishes the state of this node's channels and logs alarms.
type Reporter struct {
	Node       string
	Store      Store
	Statuses   func() []channels.Status
	AlarmAfter time.Duration // how long a channel may fail or be silent before an alarm
	Log        *slog.Logger

	written map[string]view.Channel
	alarms  map[string]bool
}

// Run reports until ctx ends. It then reports once more, because the channels have
// stopped.
func (r *Reporter) Run(ctx context.Context) error {
	r.written, r.alarms = map[string]view.Channel{}, map[string]bool{}
	ticker := time.NewTicker(reportInterval)
	defer ticker.Stop()
	for {
		r.report(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportInterval)
			defer cancel()
			r.report(last)
			return nil
		}
	}
}

// report logs alarms that were raised or cleared, and saves what changed.
func (r *Reporter) report(ctx context.Context) {
	now := time.Now()
	var changed []view.Channel
	for _, s := range r.Statuses() {
		reason, alarm := s.Alarm(now, r.AlarmAfter)
		if alarm != r.alarms[s.Name] {
			r.alarms[s.Name] = alarm
			if alarm {
				r.Log.Warn("AlarmRaised", "channel", s.Name, "reason", reason, "error", s.LastError, "advice", s.Advice)
			} else {
				r.Log.Info("AlarmCleared", "channel", s.Name, "state", string(s.State))
			}
		}
		if c := channelView(s, alarm); differs(r.written[s.Name], c) {
			changed = append(changed, c)
		}
	}
	if err := r.Store.SaveChannels(ctx, r.Node, changed); err != nil {
		if ctx.Err() == nil {
			r.Log.Warn("SaveChannelsFailed", "error", err)
		}
		return
	}
	for _, c := range changed {
		r.written[c.Name] = c
	}
}

// channelView returns the view of a status. Node and Reconciled are set when it is read.
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

// differs reports whether b, the current state, must be written over a.
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
	return b.LastSuccess.Sub(*a.LastSuccess) > successInterval
}
