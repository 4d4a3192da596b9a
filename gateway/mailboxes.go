package gateway

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"switchboard/channels/mailbox"
	"switchboard/channels/mailbox/checkpoint"
	"switchboard/desk"
	"switchboard/internal/mailauth"
	"switchboard/internal/oauth"
	"switchboard/store"
)

// nodeName tells this process from every other one on the same database.
func nodeName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unnamed"
	}
	return fmt.Sprintf("%s-%d-%.6s", host, os.Getpid(), strings.ToLower(rand.Text()))
}

// mailboxes builds the IMAP channels. Every node has all of them; the lease says
// which node reads one.
func (g *Gateway) mailboxes() error {
	g.owner = mailbox.NewNode(g.store.Leases(), g.node, mailbox.LeaseTimes{}, g.log)
	for _, m := range g.cfg.Mailboxes {
		box, err := m.open(waking{g.store, func() { g.group.Received(m.channel()); g.processor.Wake() }}, g.owner, g.log)
		if err != nil {
			return err
		}
		g.group.Add(m.channel(), box)
	}
	return nil
}

// channel is the mailbox's name among all entrances.
func (m *Mailbox) channel() string { return "imap " + m.Name }

// open makes the channel of a configured mailbox.
func (m *Mailbox) open(journal journal, node *mailbox.Node, log *slog.Logger) (*mailbox.Mailbox, error) {
	cfg := mailbox.Config{
		Name: m.Name, Addr: m.Addr, User: m.User, Password: m.Password, TLS: mailbox.TLS(m.TLS),
		Folders: m.Folders, Sent: m.Sent, Poll: m.Poll, StallTimeout: m.Timeout, AfterImport: mailbox.AfterImport(m.AfterImport), MoveTo: m.MoveTo, Node: node,
	}
	if names := m.TrustedAuthserv; len(names) > 0 {
		cfg.Origin = func(content []byte) string {
			value, _ := mailauth.Upstream(content, names)
			return value
		}
	}
	if m.Auth == authOAuth2 {
		cfg.Tokens = oauth.New(m.source(m.channel()), journal, log.With("channel", cfg.Name))
	}
	return mailbox.New(cfg, journal, log)
}

// journal is what a mailbox needs of the database.
type journal interface {
	mailbox.Journal
	oauth.Keeper
}

// waking commits a mailbox's batches and wakes who waits for them, as the
// acceptor does for the other channels.
type waking struct {
	*store.Store
	wake func()
}

func (w waking) Commit(ctx context.Context, b checkpoint.Batch) ([]desk.Receipt, error) {
	receipts, err := w.Store.Commit(ctx, b)
	if err == nil && len(b.Raws) > 0 {
		w.wake()
	}
	return receipts, err
}
