// Package metrics exposes this node's metrics to Prometheus. No label contains an
// address or an account.
package metrics

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"switchboard/channels"
	"switchboard/desk"
	"switchboard/internal/tlscert"
	"switchboard/internal/webhook"
	"switchboard/store"
)

// Server serves /metrics on a listener of its own.
type Server struct {
	listener net.Listener
	registry *prometheus.Registry
	log      *slog.Logger
	received *prometheus.CounterVec
	visible  *prometheus.HistogramVec
	assigned *prometheus.CounterVec
	waited   *prometheus.HistogramVec
	lag      prometheus.Histogram
	breaches *prometheus.CounterVec
	fired    *prometheus.CounterVec
	webhooks *prometheus.HistogramVec
	answered *prometheus.CounterVec
	surveys  *prometheus.CounterVec
}

// Source is what the metrics are read from.
type Source struct {
	Statuses   func() []channels.Status
	Queues     func(context.Context) (store.Queues, error)
	Unassigned func(context.Context) (store.UnassignedQueue, error)
	FreeSpace  func() (octets int64, known bool) // of the disk of the database
	AlarmAfter time.Duration                     // see channels.Status.Alarm
	// TLSCert and TLSKey are the files of the server certificate; both may be empty.
	TLSCert, TLSKey string
	Log             *slog.Logger
}

// New returns a Server on a listener, which it closes.
func New(l net.Listener, src Source) *Server {
	s := &Server{
		listener: l, registry: prometheus.NewRegistry(), log: src.Log,
		received: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_messages_received_total",
			Help: "Messages that left the pipeline, by channel and result (processed, quarantined)."}, []string{"channel", "result"}),
		visible: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "switchboard_received_to_visible_seconds",
			Help: "Time from the reception of a message to its commit in a conversation.", Buckets: prometheus.ExponentialBuckets(0.005, 2, 16)}, []string{"channel"}),
	}
	s.lag = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "switchboard_sla_timer_lag_seconds",
		Help: "Time from when a timer of a conversation was due until it was done.", Buckets: prometheus.ExponentialBuckets(0.01, 2, 14)})
	s.breaches = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_sla_breaches_total", Help: "SLA clocks that were breached, by tier and target."}, []string{"tier", "target"})
	s.fired = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_escalations_total", Help: "Escalation rules that fired."}, []string{"rule"})
	s.assigned = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_assignments_total",
		Help: "Automatic assignments, by strategy and result (assigned; skipped: somebody else was working on the conversation)."}, []string{"strategy", "result"})
	s.waited = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "switchboard_assignment_wait_seconds",
		Help: "Time for which a conversation waited for an assignee, until it was assigned automatically.", Buckets: prometheus.ExponentialBuckets(0.01, 4, 10)}, []string{"strategy"})
	s.webhooks = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "switchboard_webhook_attempt_seconds",
		Help: "Time of an attempt to deliver to a webhook, by result (delivered, pending: it is tried again, failed).", Buckets: prometheus.ExponentialBuckets(0.01, 3, 8)}, []string{"result"})
	s.answered = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_automatic_mail_total",
		Help: "Automatic mail to customers, by kind and result (sent, or the rule that withheld it)."}, []string{"kind", "result"})
	s.surveys = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_survey_answers_total",
		Help: "Answers of customers to surveys, changed ones too, by what was asked and the score."}, []string{"survey", "score"})
	s.registry.MustRegister(s.answered, s.surveys, s.received, s.webhooks, s.visible, s.assigned, s.waited, s.lag, s.breaches, s.fired, &collector{src}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return s
}

// Addr is the address of the listener.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close closes the listener.
func (s *Server) Close() error { return s.listener.Close() }

// Finished counts a message that left the pipeline.
func (s *Server) Finished(raw *desk.Raw, state desk.RawState) {
	s.received.WithLabelValues(string(raw.Channel), string(state)).Inc()
	if state == desk.RawProcessed {
		s.visible.WithLabelValues(string(raw.Channel)).Observe(time.Since(raw.ReceivedAt).Seconds())
	}
}

// Timer counts what the timers of a conversation did, and how late.
func (s *Server) Timer(events []desk.Event, lag time.Duration) {
	s.lag.Observe(lag.Seconds())
	for i := range events {
		switch events[i].Kind {
		case desk.EventPromiseBreached:
			var data desk.PromiseBreached
			if json.Unmarshal(events[i].Data, &data) == nil {
				s.breaches.WithLabelValues(strconv.Itoa(int(data.Tier)), string(data.Metric)).Inc()
			}
		case desk.EventEscalationFired:
			var data desk.EscalationFired
			if json.Unmarshal(events[i].Data, &data) == nil {
				s.fired.WithLabelValues(data.Rule).Inc()
			}
		}
	}
}

// Decided counts an automatic assignment.
func (s *Server) Decided(strategy, result string, waited time.Duration) {
	s.assigned.WithLabelValues(strategy, result).Inc()
	if result == "assigned" {
		s.waited.WithLabelValues(strategy).Observe(waited.Seconds())
	}
}

// Webhook counts an attempt to deliver to a webhook.
func (s *Server) Webhook(state webhook.State, took time.Duration) {
	s.webhooks.WithLabelValues(string(state)).Observe(took.Seconds())
}

// Automatic counts an automatic mail to a customer that was sent or withheld.
func (s *Server) Automatic(kind desk.AutomaticKind, result string) {
	s.answered.WithLabelValues(string(kind), result).Inc()
}

// Survey counts the answer to a survey.
func (s *Server) Survey(kind desk.SurveyKind, score int) {
	s.surveys.WithLabelValues(string(kind), strconv.Itoa(score)).Inc()
}

// Run serves /metrics until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(s.listener); ctx.Err() == nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

// collector reads the current values when Prometheus scrapes.
type collector struct{ Source }

var (
	channelState   = described("channel_state", "1 for the current state of the channel.", "name", "state")
	channelAlarm   = described("channel_alarm", "1 while the channel raises an alarm.", "name")
	channelSuccess = described("channel_last_success_timestamp_seconds", "Time of the last success of the channel.", "name")
	backlogDone    = described("channel_backlog_done", "Messages already imported from the backlog.", "name")
	backlogTotal   = described("channel_backlog_total", "Messages in the backlog being imported.", "name")
	backlogRate    = described("channel_backlog_rate", "Messages imported per second since the backlog was found.", "name")
	backlogETA     = described("channel_backlog_eta_seconds", "Time until the backlog is imported at that rate; absent while unknown.", "name")
	certificateEnd = described("certificate_expiry_timestamp_seconds", "Expiry of the certificate in smtp.tls_cert.")
	diskFree       = described("disk_free_bytes", "Free space on the disk of the private database.")
	pending        = described("journal_pending", "Journaled messages that are not in a conversation yet.")
	oldest         = described("journal_oldest_pending_seconds", "Age of the oldest pending message.")
	quarantined    = described("journal_quarantined", "Messages in quarantine.")
	queueDepth     = described("outbound_queue_depth", "Deliveries waiting to be sent.", "channel")
	gaps           = described("gaps", "Conversations without owner, clock or next action for longer than the policy allows.", "gap")
	overdue        = described("sla_timers_overdue", "Conversations whose timers are due and not done.")
	unassigned     = described("unassigned_waiting", "Conversations that wait for an assignee.")
	unassignedAge  = described("unassigned_oldest_seconds", "How long the first customer without an assignee has been waiting.")
	overflowing    = described("inboxes_overflowing", "Inboxes that overflow: others help with their conversations.")
	webhookPending = described("webhook_pending", "Messages for webhooks that are not delivered yet.")
	webhookFailing = described("webhooks_failing", "Webhooks whose attempts have all failed for a while.")
	webhookDead    = described("webhooks_dead", "Webhooks that the desk has disabled.")
	queueLate      = described("outbound_overdue_seconds", "How long the most urgent delivery is overdue.", "channel")
)

func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("switchboard_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{channelState, channelAlarm, channelSuccess, backlogDone, backlogTotal, backlogRate, backlogETA, certificateEnd, diskFree, pending, oldest, quarantined, queueDepth, queueLate, gaps, overdue, unassigned, unassignedAge, overflowing, webhookPending, webhookFailing, webhookDead} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	now := time.Now()
	for _, s := range c.Statuses() {
		c.channel(gauge, s, now)
	}
	if c.TLSCert != "" {
		if leaf, _, _ := tlscert.Check(c.TLSCert, c.TLSKey, now); leaf != nil {
			gauge(certificateEnd, float64(leaf.NotAfter.Unix()))
		}
	}
	if free, known := c.FreeSpace(); known {
		gauge(diskFree, float64(free))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	q, err := c.Queues(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(pending, err)
		return
	}
	gauge(pending, float64(q.Pending))
	gauge(oldest, q.Oldest)
	gauge(quarantined, float64(q.Quarantined))
	gauge(overdue, float64(q.Overdue))
	for _, g := range q.Gaps {
		gauge(gaps, float64(g.N), g.Gap)
	}
	gauge(webhookPending, float64(q.WebhookPending))
	gauge(webhookFailing, float64(q.WebhookFailing))
	gauge(webhookDead, float64(q.WebhookDead))
	for _, o := range q.Outbound {
		gauge(queueDepth, float64(o.Waiting), o.Channel)
		gauge(queueLate, o.Late, o.Channel)
	}
	u, err := c.Unassigned(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(unassigned, err)
		return
	}
	gauge(unassigned, float64(u.Waiting))
	gauge(unassignedAge, u.Oldest)
	gauge(overflowing, float64(u.Overflows))
}

func (c *collector) channel(gauge func(*prometheus.Desc, float64, ...string), s channels.Status, now time.Time) {
	gauge(channelState, 1, s.Name, string(s.State))
	alarm := 0.0
	if _, on := s.Alarm(now, c.AlarmAfter); on {
		alarm = 1
	}
	gauge(channelAlarm, alarm, s.Name)
	if !s.LastSuccess.IsZero() {
		gauge(channelSuccess, float64(s.LastSuccess.UnixMilli())/1000, s.Name)
	}
	if p := s.Progress; p != nil {
		gauge(backlogDone, float64(p.Done), s.Name)
		gauge(backlogTotal, float64(p.Total), s.Name)
		gauge(backlogRate, p.Rate, s.Name)
		if p.ETA > 0 {
			gauge(backlogETA, p.ETA, s.Name)
		}
	}
}
