package gateway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"switchboard/channels"
	"switchboard/desk"
)

// metrics are this node's figures for Prometheus, on a port of their own. No label
// holds an address or an account.
type metrics struct {
	listener net.Listener
	registry *prometheus.Registry
	received *prometheus.CounterVec
	visible  *prometheus.HistogramVec
}

func (g *Gateway) openMetrics() error {
	if g.cfg.MetricsAddr == "" {
		return nil
	}
	l, err := net.Listen("tcp", g.cfg.MetricsAddr)
	if err != nil {
		return listenFault("metrics_addr", g.cfg.MetricsAddr, err)
	}
	m := &metrics{
		listener: l, registry: prometheus.NewRegistry(),
		received: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_messages_received_total",
			Help: "Messages that left the pipeline, by channel and result (processed, quarantined)."}, []string{"channel", "result"}),
		visible: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "switchboard_received_to_visible_seconds",
			Help: "From the message's arrival here to its commit in a conversation.", Buckets: prometheus.ExponentialBuckets(0.005, 2, 16)}, []string{"channel"}),
	}
	m.registry.MustRegister(m.received, m.visible, &figures{g}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	g.metrics = m
	return nil
}

// MetricsAddr is the address of /metrics; nil when there are none.
func (g *Gateway) MetricsAddr() net.Addr {
	if g.metrics == nil {
		return nil
	}
	return g.metrics.listener.Addr()
}

func (m *metrics) finished(raw *desk.Raw, state desk.RawState) {
	m.received.WithLabelValues(string(raw.Channel), string(state)).Inc()
	if state == desk.RawProcessed {
		m.visible.WithLabelValues(string(raw.Channel)).Observe(time.Since(raw.ReceivedAt).Seconds())
	}
}

// serveMetrics answers /metrics until ctx ends.
func (g *Gateway) serveMetrics(ctx context.Context) error {
	if g.metrics == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(g.metrics.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(g.metrics.listener); ctx.Err() == nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

// figures are read when somebody asks.
type figures struct{ g *Gateway }

var (
	channelState   = described("channel_state", "1 for the state that an entrance is in.", "name", "state")
	channelAlarm   = described("channel_alarm", "1 when a person should look at the entrance.", "name")
	channelSuccess = described("channel_last_success_timestamp_seconds", "When the entrance last worked.", "name")
	backlogDone    = described("channel_backlog_done", "Mails read of the backlog being imported.", "name")
	backlogTotal   = described("channel_backlog_total", "Mails in the backlog being imported.", "name")
	backlogRate    = described("channel_backlog_rate", "Mails of the backlog read in a second, since it was found.", "name")
	backlogETA     = described("channel_backlog_eta_seconds", "How long the backlog will take at that rate; absent while that cannot be told.", "name")
	certificateEnd = described("certificate_expiry_timestamp_seconds", "When the certificate of smtp.tls_cert ends.")
	pending        = described("journal_pending", "Messages journaled and not yet in a conversation.")
	oldest         = described("journal_oldest_pending_seconds", "Age of the oldest of them.")
	quarantined    = described("journal_quarantined", "Messages set apart for a person.")
	queueDepth     = described("outbound_queue_depth", "Deliveries that wait.", "channel")
	queueLate      = described("outbound_overdue_seconds", "How long the most urgent delivery is overdue.", "channel")
)

func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("switchboard_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{channelState, channelAlarm, channelSuccess, backlogDone, backlogTotal, backlogRate, backlogETA, certificateEnd, pending, oldest, quarantined, queueDepth, queueLate} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (f *figures) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	now := time.Now()
	for _, s := range f.g.group.Statuses() {
		f.channel(gauge, s, now)
	}
	if c := f.g.cfg.SMTP; c.TLSCert != "" {
		if leaf, _, _ := certificateState(c.TLSCert, c.TLSKey, now); leaf != nil {
			gauge(certificateEnd, float64(leaf.NotAfter.Unix()))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	q, err := f.g.store.Queues(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(pending, err)
		return
	}
	gauge(pending, float64(q.Pending))
	gauge(oldest, q.Oldest)
	gauge(quarantined, float64(q.Quarantined))
	for _, o := range q.Outbound {
		gauge(queueDepth, float64(o.Waiting), o.Channel)
		gauge(queueLate, o.Late, o.Channel)
	}
}

func (f *figures) channel(gauge func(*prometheus.Desc, float64, ...string), s channels.Status, now time.Time) {
	gauge(channelState, 1, s.Name, string(s.State))
	alarm := 0.0
	if _, on := s.Alarm(now, f.g.cfg.AlarmAfter); on {
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
