// Package reconcile compares mailboxes with the journal and fetches what is missing:
// once a day, on request in the console, and for the command line.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"switchboard/channels"
	"switchboard/config"
	"switchboard/desk"
	"switchboard/desk/view"
	"switchboard/internal/mailaccount"
)

const (
	interval      = 24 * time.Hour
	firstAfter    = time.Hour // a new mailbox first reads its backlog
	checkInterval = time.Minute
)

// Store is what reconciling needs of the database.
type Store interface {
	mailaccount.Journal
	// DueReconciliation claims one of the named channels that is due, "" if none is;
	// a channel seen for the first time is due after first.
	DueReconciliation(ctx context.Context, names []string, first time.Duration) (string, error)
	SaveReconciliation(ctx context.Context, channel string, folders []view.ReconciledFolder, next time.Duration) error
}

// Reconciler reconciles the configured mailboxes.
type Reconciler struct {
	mailboxes []config.Mailbox
	store     Store
	log       *slog.Logger

	mu   sync.Mutex
	busy map[string]bool // by channel
}

// New returns a Reconciler of mailboxes.
func New(mailboxes []config.Mailbox, store Store, log *slog.Logger) *Reconciler {
	return &Reconciler{mailboxes: mailboxes, store: store, log: log, busy: map[string]bool{}}
}

// Run reconciles every mailbox once a day until ctx ends. All nodes run it; the
// database gives each mailbox to one of them.
func (r *Reconciler) Run(ctx context.Context) error {
	var names []string
	for i := range r.mailboxes {
		names = append(names, r.mailboxes[i].Channel())
	}
	if len(names) == 0 {
		return nil
	}
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	for {
		name, err := r.store.DueReconciliation(ctx, names, firstAfter)
		if err == nil && name != "" {
			_, err = r.reconcile(ctx, &r.mailboxes[slices.Index(names, name)])
		}
		if err != nil && ctx.Err() == nil { // it is due again in an hour
			r.log.Warn("ReconcileFailed", "channel", name, "error", err)
		}
		if err == nil && name != "" {
			continue
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// reconcile compares one mailbox with the journal, fetches what is missing and saves
// the result.
func (r *Reconciler) reconcile(ctx context.Context, m *config.Mailbox) ([]view.ReconciledFolder, error) {
	box, err := mailaccount.OpenMailbox(m, r.store, nil, r.log)
	if err != nil {
		return nil, err
	}
	report, err := box.Reconcile(ctx)
	if err != nil {
		return nil, err
	}
	folders := make([]view.ReconciledFolder, len(report))
	for i, f := range report {
		folders[i] = view.ReconciledFolder(f)
	}
	return folders, r.store.SaveReconciliation(ctx, m.Channel(), folders, interval)
}

// Reconcile implements api.Reconciler. KindNotFound: no such mailbox. KindConflict:
// it is already running, or the mail server failed; then the error includes advice.
func (r *Reconciler) Reconcile(ctx context.Context, channel string) ([]view.ReconciledFolder, error) {
	i := slices.IndexFunc(r.mailboxes, func(m config.Mailbox) bool { return m.Channel() == channel })
	if i < 0 {
		return nil, desk.Errorf(desk.KindNotFound, "%q is not a configured mailbox", channel)
	}
	if !r.claim(channel) {
		return nil, desk.Errorf(desk.KindConflict, "this mailbox is already being reconciled")
	}
	defer r.release(channel)
	folders, err := r.reconcile(ctx, &r.mailboxes[i])
	if fault, ok := errors.AsType[*channels.Fault](err); ok {
		return nil, desk.Errorf(desk.KindConflict, "%w. %s", err, fault.Advice)
	}
	return folders, err
}

func (r *Reconciler) claim(channel string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[channel] {
		return false
	}
	r.busy[channel] = true
	return true
}

func (r *Reconciler) release(channel string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, channel)
}

// Named reconciles one mailbox for the command line, by its own name or its
// channel's. KindNotFound: it is not configured.
func (r *Reconciler) Named(ctx context.Context, name string) ([]view.ReconciledFolder, error) {
	for i := range r.mailboxes {
		if m := &r.mailboxes[i]; m.Name == name || m.Channel() == name {
			folders, err := r.reconcile(ctx, m)
			if fault, ok := errors.AsType[*channels.Fault](err); ok && fault.Advice != "" {
				err = fmt.Errorf("%w\n%s", err, fault.Advice)
			}
			return folders, err
		}
	}
	return nil, desk.Errorf(desk.KindNotFound, "mailbox %q is not configured", name)
}
