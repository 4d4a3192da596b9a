package gateway

import (
	"context"
	"time"

	"switchboard/channels"
	"switchboard/channels/livechat"
	"switchboard/channels/mailbox"
	"switchboard/channels/mailbox/checkpoint"
	"switchboard/channels/webform"
	"switchboard/desk"
	"switchboard/internal/health"
	"switchboard/internal/mailaccount"
	"switchboard/internal/screening"
	"switchboard/internal/tlscert"
	"switchboard/store"
)

// buildChannels adds every channel, and the probes of what they depend on.
func (g *Gateway) buildChannels() error {
	widgets := map[string]livechat.Widget{}
	for _, w := range g.cfg.Widgets {
		widgets[w.Key] = livechat.Widget{Key: w.Key, Name: w.Name, Origins: w.Origins}
	}
	chat := livechat.New(livechat.Config{Widgets: widgets, Committed: g.tail.Wake, Left: g.store.Visitors().Left}, g.store.Visitors(), g.hub, g.log)
	g.mux.Handle("/chat", chat)
	g.group.Add("chat", chat)

	forms := map[string]webform.Form{}
	for _, f := range g.cfg.Forms {
		forms[f.Key] = webform.Form{Key: f.Key, Title: f.Title, Redirects: f.Redirects, Origins: f.Origins}
	}
	form := webform.New(webform.Config{Forms: forms, Suggest: true}, g.log)
	g.group.Add("forms", form)
	if err := g.addHelp(form); err != nil {
		return err
	}

	g.addUnsubscribe()
	if err := g.addSurveys(); err != nil {
		return err
	}
	if err := g.addMailboxes(); err != nil {
		return err
	}
	g.addProbes()
	g.watchPolicy()
	return g.listenSMTP()
}

// addMailboxes adds the IMAP channels. Every node has all of them; a lease decides
// which node reads one.
func (g *Gateway) addMailboxes() error {
	g.mailboxes = mailbox.NewNode(g.store.Leases(), g.node, mailbox.LeaseTimes{}, g.log)
	for i := range g.cfg.Mailboxes {
		m := &g.cfg.Mailboxes[i]
		committed := func() { g.group.Received(m.Channel()); g.processor.Wake() }
		box, err := mailaccount.OpenMailbox(m, wakingStore{g.store, g.space, committed}, g.mailboxes, g.log)
		if err != nil {
			return err
		}
		g.group.Add(m.Channel(), box)
	}
	return nil
}

// wakingStore commits a mailbox's batches, unless the disk is almost full, and wakes the
// processor, as the acceptor does for the other channels.
type wakingStore struct {
	*store.Store
	space     *health.Space
	committed func()
}

// Cursor implements mailbox.Journal. Every connection asks for it before it reads
// anything, so that a full disk does not make it read in vain.
func (w wakingStore) Cursor(ctx context.Context, channel, folder string) (checkpoint.Cursor, error) {
	if err := w.space.Err(); err != nil {
		return checkpoint.Cursor{}, err
	}
	return w.Store.Cursor(ctx, channel, folder)
}

// Commit implements mailbox.Journal.
func (w wakingStore) Commit(ctx context.Context, b checkpoint.Batch) ([]desk.Receipt, error) {
	if err := w.space.Err(); err != nil && len(b.Raws) > 0 {
		return nil, err
	}
	receipts, err := w.Store.Commit(ctx, b)
	if err == nil && len(b.Raws) > 0 {
		w.committed()
	}
	return receipts, err
}

// addProbes adds what the reception of mail depends on: disk, certificate and filters.
func (g *Gateway) addProbes() {
	if g.space != nil {
		g.group.Add("disk", &health.Probe{Interval: diskInterval, Check: g.space.Check})
	}
	c := &g.cfg.SMTP
	if c.TLSCert != "" {
		g.group.Add("certificate", &health.Probe{Interval: health.Interval, Check: func(context.Context, channels.Sink) (hint, fault error) {
			_, soon, now := tlscert.Check(c.TLSCert, c.TLSKey, time.Now())
			return health.AsError(soon), health.AsError(now)
		}})
	}
	for _, f := range screening.Filters(c) {
		g.group.Add(f.Name, &health.Probe{Interval: health.Interval, Check: func(ctx context.Context, _ channels.Sink) (hint, fault error) {
			return nil, health.AsError(f.Ping(ctx))
		}})
	}
}
