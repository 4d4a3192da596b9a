// Package gateway is the composition root: it opens the database, starts the
// channels, the pipeline, the outbound loop and the HTTP server, and stops them in
// order. It runs inside tests as well as in the program.
package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"switchboard/agent"
	"switchboard/api"
	"switchboard/channels"
	"switchboard/channels/livechat"
	"switchboard/channels/mailbox"
	"switchboard/config"
	"switchboard/desk"
	"switchboard/htmlview"
	"switchboard/ingest"
	"switchboard/internal/advisory"
	"switchboard/internal/assigner"
	"switchboard/internal/database"
	"switchboard/internal/health"
	"switchboard/internal/imageproxy"
	"switchboard/internal/listen"
	"switchboard/internal/localaddr"
	"switchboard/internal/mailroute"
	"switchboard/internal/mailsig"
	"switchboard/internal/memory"
	"switchboard/internal/metrics"
	"switchboard/internal/noticemail"
	"switchboard/internal/reconcile"
	"switchboard/internal/redact"
	"switchboard/internal/reportmail"
	"switchboard/internal/responder"
	"switchboard/internal/survey"
	"switchboard/internal/webhook/dispatch"
	"switchboard/lifecycle"
	"switchboard/live"
	"switchboard/normalize"
	"switchboard/outbound"
	"switchboard/outbound/chatter"
	"switchboard/outbound/mailer"
	"switchboard/outbound/render"
	"switchboard/store"
	"switchboard/threading"
)

// Version is the version of the program: set by the linker, else from the build.
var Version = builtVersion(debug.ReadBuildInfo())

// Gateway is the whole program except flags and signals.
type Gateway struct {
	cfg    config.Config
	log    *slog.Logger
	db     *database.DB
	store  *store.Store // of db
	leave  func() error // ends the membership among the nodes that write, see Store.Join
	local  localaddr.Set
	rules  atomic.Pointer[ingest.Rules]
	people *people

	policyWake chan struct{}
	watched    struct{ holidays, automatic sync.Once } // the probes that the policy in force needs

	hub       *live.Hub
	tail      *live.Tail
	acceptor  *ingest.Acceptor
	processor *ingest.Processor
	space     *health.Space // nil if the disk of the database is not known
	desk      *agent.Desk
	outbox    *outbound.Loop
	notices   *noticemail.Sender // nil: they are not sent by mail
	reports   *reportmail.Sender // nil: nothing is sent by mail
	assigner  *assigner.Assigner
	webhooks  *dispatch.Loop
	responder *responder.Responder
	surveys   *survey.Links
	optOuts   *advisory.Links // of advisories
	helpKey   []byte          // makes visits of the help pages out of clients
	group     *channels.Group
	reconcile *reconcile.Reconciler
	api       *api.Handler
	mux       *http.ServeMux
	handler   http.Handler // mux and the middleware around it

	node         string         // name of this process, unique on the database
	receiving    *memory.Budget // for the large messages that SMTP receives
	mailboxes    *mailbox.Node  // holds the leases of the mailboxes that this node reads
	smtpAddr     net.Addr       // of smtp.addr
	smtpsAddr    net.Addr       // of smtp.tls_addr
	agents       agentMail      // of the agents' mail programs
	httpListener net.Listener
	metrics      *metrics.Server // nil when metrics are off
	held         chan struct{}   // closed when timers may run; nil: they always may
}

// New opens the database and the listeners and builds every part; nothing runs
// before Run. If a port is in use, the data folder unusable or the database
// unreachable, the error says what to do.
func New(ctx context.Context, cfg config.Config, log *slog.Logger) (*Gateway, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	log = slog.New(redact.Handler(log.Handler()))
	g := &Gateway{cfg: cfg, log: log, local: localaddr.New(cfg.Mail.Addresses, cfg.Mail.CatchAll), hub: live.New(), node: nodeName(), policyWake: make(chan struct{}, 1)}
	if err := g.build(ctx); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// build opens the listeners and the database and builds every part.
func (g *Gateway) build(ctx context.Context) error {
	var err error
	if g.httpListener, err = listen.TCP("addr", g.cfg.Addr); err != nil {
		return err
	}
	if err := g.openMetrics(); err != nil {
		return err
	}
	if g.db, err = database.Open(ctx, &g.cfg, g.log); err != nil {
		return err
	}
	g.store = g.db.Store
	g.watchSpace(ctx)
	if _, err := g.store.RebaseEvents(ctx); err != nil {
		return err
	}
	keys, err := replyKeys(ctx, g.store, g.cfg.Mail.ReplyKeys)
	if err != nil {
		return err
	}
	tokens := threading.NewTokens(keys...)
	g.surveys, g.optOuts = surveyLinks(g.cfg.PublicURL, keys), optOutLinks(g.cfg.PublicURL, keys)
	g.helpKey = bytes.Clone(keys[0].Secret)
	g.people = &people{store: g.store}
	if err := g.people.load(ctx); err != nil {
		return err
	}
	rules, err := g.loadRules(ctx, tokens)
	if err != nil {
		return err
	}
	g.rules.Store(rules)
	g.store.SetPolicy(g.policy)
	if g.leave, err = g.store.Join(ctx); err != nil {
		return err
	}
	if err := g.buildPipeline(); err != nil {
		return err
	}
	if err := g.buildOutbound(ctx, tokens); err != nil {
		return err
	}
	g.reconcile = reconcile.New(g.cfg.Mailboxes, wakingStore{g.store, g.space, g.processor.Wake}, g.log)
	if err := g.buildHTTP(ctx); err != nil {
		return err
	}
	if err := g.buildAgentMail(); err != nil {
		return err
	}
	return g.buildChannels()
}

// openMetrics opens the listener of /metrics, if it is configured.
func (g *Gateway) openMetrics() error {
	if g.cfg.MetricsAddr == "" {
		return nil
	}
	l, err := listen.TCP("metrics_addr", g.cfg.MetricsAddr)
	if err != nil {
		return err
	}
	g.metrics = metrics.New(l, metrics.Source{
		Statuses:   func() []channels.Status { return g.group.Statuses() },
		Queues:     func(ctx context.Context) (store.Queues, error) { return g.store.Queues(ctx) },
		Unassigned: func(ctx context.Context) (store.UnassignedQueue, error) { return g.store.UnassignedQueue(ctx) },
		FreeSpace:  func() (int64, bool) { return g.space.FreeSpace(), g.space != nil },
		TLSCert:    g.cfg.SMTP.TLSCert, TLSKey: g.cfg.SMTP.TLSKey, AlarmAfter: g.cfg.AlarmAfter, Log: g.log,
	})
	return nil
}

// nodeName returns a name that no other process on the same database has.
func nodeName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unnamed"
	}
	return fmt.Sprintf("%s-%d-%.6s", host, os.Getpid(), strings.ToLower(rand.Text()))
}

// The memory for large messages. Reception and processing have a share each: the
// processor would otherwise wait for senders, and chat for both.
const (
	receivingMemory  = 128 << 20
	receivingCopies  = 3 // the message, the parameter of the journal's statement and the driver's buffer
	processingMemory = 128 << 20
	processingCopies = 4 // the message and what is decoded from it: a file, or text several times over
)

// buildPipeline connects journal, processor and event tail by their wake-ups.
func (g *Gateway) buildPipeline() error {
	g.tail = live.NewTail(g.store, g.hub, g.log)
	g.processor = ingest.NewProcessor(g.store, normalize.Message, g.rules.Load, g.log)
	g.receiving = memory.New(receivingMemory, receivingCopies)
	g.processor.Reserve = memory.New(processingMemory, processingCopies).Reserve
	g.processor.Committed = g.tail.Wake
	g.acceptor = ingest.NewAcceptor(g.store, g.processor)
	g.group = channels.NewGroup(g.Sink(), g.log, channels.Backoff{})
	if g.metrics != nil {
		g.processor.Finished = g.metrics.Finished
	}
	trust, err := mailsig.Load(g.cfg.Signatures.Trust(), g.log)
	if err != nil {
		return fmt.Errorf("signatures: %w", err)
	}
	g.processor.Verify = trust.Verify
	return nil
}

// policy returns the rules that package lifecycle needs, as they are now.
func (g *Gateway) policy() lifecycle.Policy { return g.rules.Load().Lifecycle() }

// buildOutbound builds the agents' operations and the outbound loop with its senders.
func (g *Gateway) buildOutbound(ctx context.Context, tokens *threading.Tokens) error {
	key, err := secret(ctx, g.store, "message-id")
	if err != nil {
		return err
	}
	opt := agent.Options{MessageID: messageIDs(key, g.cfg.Mail.Hostname()), Own: g.local.Contains, OwnDomain: g.local.OwnDomain, Address: g.local.Base(""), Log: g.log, Policy: g.policy, Resend: render.Resent, Undo: g.cfg.Mail.Undo, Company: g.cfg.Mail.Name,
		Replied: livechat.Publisher{Hub: g.hub}.Sent}
	if g.metrics != nil {
		opt.TimerFired = g.metrics.Timer
	}
	g.desk = agent.New(g.store, opt)
	senders := map[desk.Channel]outbound.Sender{desk.ChannelChat: chatter.New(g.hub)}
	if g.cfg.Sends() {
		if err := g.buildSending(ctx, tokens, senders); err != nil {
			return err
		}
	}
	g.buildAssigner()
	g.buildWebhooks()
	g.buildResponder(opt.MessageID, g.surveys)
	g.outbox = outbound.New(g.store.Outbox().Limited(mailroute.Limits(&g.cfg)), senders, outbound.Options{Log: g.log, Warn: g.cfg.Mail.DelayWarning,
		Parallel: g.cfg.Delivery.Attempts()})
	return nil
}

// buildSending builds the sender of mail and of notices.
func (g *Gateway) buildSending(ctx context.Context, tokens *threading.Tokens, senders map[desk.Channel]outbound.Sender) error {
	signers, err := g.cfg.DKIMKeys()
	if err != nil {
		return fmt.Errorf("dkim: %w", err)
	}
	if err := g.store.Routes(ctx, mailroute.Routes(&g.cfg)); err != nil {
		return err
	}
	sending, err := mailroute.Open(&g.cfg, mailroute.Options{Tokens: g.store, Policies: g.store, Sign: signers.Sign, Sent: func(channel string) { g.group.Received(channel) }, Log: g.log})
	if err != nil {
		return err
	}
	for _, s := range sending.Smarthosts {
		g.group.Add(s.Name, &health.Probe{Interval: smarthostInterval, Check: s.Check})
	}
	senders[desk.ChannelEmail] = mailer.New(sending, g.store, mailer.Options{ReplyAddress: tokens.Address, Complete: g.revealLinks, Sign: signers.Sign})
	if g.cfg.NoticeMail > 0 {
		g.notices = noticemail.New(g.store, sending, noticemail.Options{From: g.cfg.Mail.Addresses[0], Domain: g.cfg.Mail.Hostname(), Age: g.cfg.NoticeMail,
			Own: g.local.Contains, PublicURL: g.cfg.PublicURL, Render: render.Message, Log: g.log})
	}
	g.buildReportMail(sending)
	return nil
}

// smarthostInterval is how often a working smarthost is checked; every mail that it
// accepts is a check, too.
const smarthostInterval = 10 * time.Minute

// buildHTTP builds the handler of everything under "/".
func (g *Gateway) buildHTTP(ctx context.Context) error {
	imageKey, err := secret(ctx, g.store, "image-url")
	if err != nil {
		return err
	}
	deps := api.From(g.store, g.names(), actions{Desk: g.desk, committed: g.tail.Wake, queued: g.outbox.Wake}, g.hub)
	deps.Images = imageproxy.New(g.store, config.Networks(g.cfg.Images.AllowNetworks), g.log)
	deps.Reconciler = g.reconcile
	known := versions{g.store, g.tail.Wake}
	deps.Policies, deps.Simulator, deps.PilotCare = known, known, known
	deps.Drafts = readMarks{g.store, g.wakeMail}
	deps.PlainWebhooks = g.cfg.Webhooks.AllowHTTP
	g.api, err = api.New(api.Config{Version: Version, PublicURL: g.cfg.PublicURL, SafeHTML: viewHTML, ImageKey: imageKey, Log: g.log, Own: g.local.Contains, AdvisoryBudget: g.cfg.Advisories.Budget(), NoAdvisories: g.noAdvisories(), RateLimit: g.cfg.API.RateLimit}, deps)
	if err != nil {
		return err
	}
	g.mux = http.NewServeMux()
	g.mux.Handle("/", g.api)
	g.handler = g.mux
	return nil
}

// viewHTML sanitizes a mail's HTML and points its images to where they are served;
// remote images are left out unless they were requested.
func viewHTML(text string, p api.Pictures) string {
	safe, _ := htmlview.Render(text, htmlview.Options{CID: p.CID, Location: p.Location, Drawn: p.Drawn, RemoteImages: p.Remote != nil, Image: p.Remote})
	return safe
}

// Handle adds a page to the HTTP server; it must be called before Run.
func (g *Gateway) Handle(pattern string, h http.Handler) { g.mux.Handle(pattern, h) }

// Wrap adds middleware around all pages; it must be called before Run.
func (g *Gateway) Wrap(middleware func(http.Handler) http.Handler) { g.handler = middleware(g.handler) }

// Store returns the database.
func (g *Gateway) Store() *store.Store { return g.store }

// Desk returns the agents' operations.
func (g *Gateway) Desk() *agent.Desk { return g.desk }

// Sink returns the sink of the pipeline; it accepts while Run is running.
func (g *Gateway) Sink() channels.Sink { return guardedSink{g.acceptor, g.space} }

// Channels returns the state of every channel.
func (g *Gateway) Channels() []channels.Status { return g.group.Statuses() }

// HTTPAddr is the address the HTTP server listens on.
func (g *Gateway) HTTPAddr() net.Addr { return g.httpListener.Addr() }

// SMTPAddr is the address of the SMTP listener; nil when it is off.
func (g *Gateway) SMTPAddr() net.Addr { return g.smtpAddr }

// SMTPSAddr is the address of the SMTP listener with implicit TLS; nil when it is off.
func (g *Gateway) SMTPSAddr() net.Addr { return g.smtpsAddr }

// MetricsAddr is the address of /metrics; nil when metrics are off.
func (g *Gateway) MetricsAddr() net.Addr {
	if g.metrics == nil {
		return nil
	}
	return g.metrics.Addr()
}

// Close releases everything that New opened. Run calls it.
func (g *Gateway) Close() error {
	var errs []error
	if g.httpListener != nil {
		if err := g.httpListener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	errs = append(errs, g.closeAgentMail())
	if g.metrics != nil {
		if err := g.metrics.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if g.leave != nil {
		errs = append(errs, g.leave())
	}
	if g.db != nil {
		errs = append(errs, g.db.Close())
	}
	return errors.Join(errs...)
}
