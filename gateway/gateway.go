package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"switchboard/agent"
	"switchboard/api"
	"switchboard/channels"
	"switchboard/channels/livechat"
	"switchboard/channels/mailbox"
	"switchboard/channels/webform"
	"switchboard/desk"
	"switchboard/ingest"
	"switchboard/internal/localpg"
	"switchboard/internal/mailsig"
	"switchboard/live"
	"switchboard/normalize"
	"switchboard/outbound"
	"switchboard/outbound/chatter"
	"switchboard/store"
	"switchboard/threading"
)

// Version is the program's, set by the linker.
var Version = "devel"

// Gateway is the whole program but for flags and signals.
type Gateway struct {
	cfg     Config
	log     *slog.Logger
	cluster *localpg.Cluster // nil when db.url is set
	store   *store.Store
	leave   func() error // the writers
	own     addresses
	rules   atomic.Pointer[ingest.Rules]

	hub       *live.Hub
	tail      *live.Tail
	acceptor  *ingest.Acceptor
	processor *ingest.Processor
	desk      *agent.Desk
	loop      *outbound.Loop
	group     *channels.Group
	api       *api.Handler
	mux       *http.ServeMux
	handler   http.Handler // the mux, and what was wrapped around it

	node         string        // this process among all on one database
	owner        *mailbox.Node // of the mailboxes this process reads
	smtpAddr     net.Addr      // of smtp.addr
	smtpsAddr    net.Addr      // of smtp.tls_addr
	httpListener net.Listener
	metrics      *metrics // nil when nobody asks
}

// New opens the database and the listeners and builds every part; nothing runs
// before Run. A port in use, an unusable data folder or a database that cannot
// be reached is one error that says what to do.
func New(ctx context.Context, cfg Config, log *slog.Logger) (*Gateway, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	g := &Gateway{cfg: cfg, log: log, own: newAddresses(cfg.Mail), hub: live.New(), node: nodeName()}
	if err := g.build(ctx); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

func (g *Gateway) build(ctx context.Context) error {
	var err error
	if g.httpListener, err = listen(g.cfg.Addr); err != nil {
		return err
	}
	if err := g.openMetrics(); err != nil {
		return err
	}
	if err := g.openStore(ctx); err != nil {
		return err
	}
	if _, err := g.store.RebaseEvents(ctx); err != nil {
		return err
	}
	key, err := secret(ctx, g.store, "reply-token-1")
	if err != nil {
		return err
	}
	tokens := threading.NewTokens(threading.Key{ID: 1, Secret: key})
	rules, err := loadRules(ctx, g.store, g.cfg.Policy, g.own, tokens)
	if err != nil {
		return err
	}
	g.rules.Store(rules)
	if g.leave, err = g.store.Join(ctx); err != nil {
		return err
	}
	if err := g.pipeline(); err != nil {
		return err
	}
	if err := g.outbound(ctx, tokens); err != nil {
		return err
	}
	return errors.Join(g.http(ctx), g.entrances())
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, listenFault("addr", addr, err)
	}
	return l, nil
}

// openStore connects to the configured database, or starts the private cluster.
func (g *Gateway) openStore(ctx context.Context) (err error) {
	dsn := g.cfg.DB.URL
	if dsn == "" {
		g.cluster, err = localpg.Start(ctx, localpg.Config{Dir: filepath.Join(g.cfg.Data, "postgres"), Log: g.log})
		if err != nil {
			return err
		}
		dsn = g.cluster.DSN("switchboard")
	}
	g.store, err = store.Open(ctx, store.Options{DSN: dsn, Log: g.log, MaxConns: g.cfg.DB.MaxConns})
	return err
}

// pipeline connects journal, processor and event tail by their wake-ups.
func (g *Gateway) pipeline() error {
	g.tail = live.NewTail(g.store, g.hub, g.log)
	g.processor = ingest.NewProcessor(g.store, g.rules.Load, g.log)
	g.processor.Committed = g.tail.Wake
	g.acceptor = ingest.NewAcceptor(g.store)
	g.acceptor.Accepted = g.processor.Accepted
	g.group = channels.NewGroup(g.acceptor, g.log, channels.Backoff{})
	if g.metrics != nil {
		g.processor.Finished = g.metrics.finished
	}
	trust, err := mailsig.Load(g.cfg.Signatures.trust(), g.log)
	if err != nil {
		return fmt.Errorf("signatures: %w", err)
	}
	g.processor.Verify = trust.Verify
	return nil
}

func (g *Gateway) outbound(ctx context.Context, tokens *threading.Tokens) error {
	key, err := secret(ctx, g.store, "message-id")
	if err != nil {
		return err
	}
	g.desk = agent.New(g.store, agent.Options{MessageID: messageIDs(key, g.domain()), Own: g.own.own, Log: g.log})
	senders := map[desk.Channel]outbound.Sender{desk.ChannelChat: chatter.New(g.hub)}
	if g.cfg.Smarthost.Addr != "" {
		way := &exit{senders: g.cfg.Mail.Addresses, sent: func() { g.group.Received(smarthostName) }}
		m, err := g.mailer(tokens.Address, g.store, g.store, way.report)
		if err != nil {
			return err
		}
		way.mailer = m
		g.group.Add(smarthostName, &watch{exitEvery, way.look})
		senders[desk.ChannelEmail] = m
	}
	g.loop = outbound.New(g.store.Outbox(), senders, outbound.Options{Log: g.log})
	return nil
}

// domain is the right side of our Message-IDs and our name in EHLO.
func (g *Gateway) domain() string {
	if g.cfg.Mail.Domain != "" {
		return g.cfg.Mail.Domain
	}
	_, domain, _ := strings.Cut(g.own.first, "@")
	return domain
}

// http builds the handler of everything under "/".
func (g *Gateway) http(ctx context.Context) error {
	imageKey, err := secret(ctx, g.store, "image-url")
	if err != nil {
		return err
	}
	deps := api.From(g.store, acts{Desk: g.desk, hub: g.hub, committed: g.tail.Wake, replied: g.loop.Wake}, g.hub)
	deps.Images = newImages(g.store, g.cfg.Images, g.log)
	deps.Reconciler = &reconciler{g: g, busy: map[string]bool{}}
	g.api, err = api.New(api.Config{Version: Version, PublicURL: g.cfg.PublicURL, SafeHTML: viewHTML, ImageKey: imageKey, Log: g.log}, deps)
	if err != nil {
		return err
	}
	g.mux = http.NewServeMux()
	g.mux.Handle("/", g.api)
	g.handler = g.mux
	return nil
}

// viewHTML makes a mail's HTML safe, points its pictures to where they are
// served, and leaves out those from the net unless they are asked for.
func viewHTML(text string, p api.Pictures) string {
	safe, _ := normalize.SafeHTMLView(text, normalize.ViewOptions{CID: p.CID, RemoteImages: p.Remote != nil, Image: p.Remote})
	return safe
}

// entrances builds the channels.
func (g *Gateway) entrances() error {
	widgets := map[string]livechat.Widget{}
	for _, w := range g.cfg.Widgets {
		widgets[w.Key] = livechat.Widget{Key: w.Key, Name: w.Name, Origins: w.Origins}
	}
	chat := livechat.New(livechat.Config{Widgets: widgets, Committed: g.tail.Wake}, g.store.Visitors(), g.hub, g.log)
	g.mux.Handle("/chat", chat)
	g.group.Add("chat", chat)

	forms := map[string]webform.Form{}
	for _, f := range g.cfg.Forms {
		forms[f.Key] = webform.Form{Key: f.Key, Title: f.Title, Redirects: f.Redirects, Origins: f.Origins}
	}
	form := webform.New(webform.Config{Forms: forms}, g.log)
	g.mux.Handle("/f/", form)
	g.group.Add("forms", form)

	if err := g.mailboxes(); err != nil {
		return err
	}
	g.watches()
	return g.receive()
}

// Handle adds a page to the HTTP server; it must be called before Run.
func (g *Gateway) Handle(pattern string, h http.Handler) { g.mux.Handle(pattern, h) }

// Wrap puts a handler around all pages; it must be called before Run.
func (g *Gateway) Wrap(around func(http.Handler) http.Handler) { g.handler = around(g.handler) }

// Store is the database, for the verbs that work beside a running gateway.
func (g *Gateway) Store() *store.Store { return g.store }

// Desk is what agents may do.
func (g *Gateway) Desk() *agent.Desk { return g.desk }

// Sink is the journal's entrance; it accepts while Run runs.
func (g *Gateway) Sink() channels.Sink { return g.acceptor }

// Channels tells how every entrance is doing.
func (g *Gateway) Channels() []channels.Status { return g.group.Statuses() }

// HTTPAddr is the address the HTTP server listens on.
func (g *Gateway) HTTPAddr() net.Addr { return g.httpListener.Addr() }

// SMTPAddr is the address mail is received on; nil when that is off.
func (g *Gateway) SMTPAddr() net.Addr { return g.smtpAddr }

// SMTPSAddr is the address mail is received on by TLS from the first octet; nil
// when that is off.
func (g *Gateway) SMTPSAddr() net.Addr { return g.smtpsAddr }

// Close releases everything that New opened. Run calls it.
func (g *Gateway) Close() error {
	var errs []error
	if g.httpListener != nil {
		if err := g.httpListener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if g.metrics != nil {
		if err := g.metrics.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if g.leave != nil {
		errs = append(errs, g.leave())
	}
	if g.store != nil {
		errs = append(errs, g.store.Close())
	}
	if g.cluster != nil {
		errs = append(errs, g.cluster.Stop())
	}
	return errors.Join(errs...)
}

// drain bounds how long a stop may take.
const drain = 15 * time.Second

// WithStore opens the database of a configuration for a verb, and closes it
// again. A gateway that runs on the same private database lends it.
func WithStore(ctx context.Context, cfg Config, log *slog.Logger, fn func(context.Context, *store.Store) error) error {
	if cfg.DB.URL == "" {
		cfg.DB.URL = localpg.Running(filepath.Join(cfg.Data, "postgres"), "switchboard")
	}
	g := &Gateway{cfg: cfg, log: log}
	err := g.openStore(ctx)
	if err == nil {
		err = fn(ctx, g.store)
	}
	return errors.Join(err, g.Close())
}
