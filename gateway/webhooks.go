package gateway

import (
	"cmp"
	"time"

	"switchboard/config"
	"switchboard/internal/egress"
	"switchboard/internal/webhook/dispatch"
)

// webhookTimeout bounds an attempt if the configuration does not.
const webhookTimeout = 15 * time.Second

// buildWebhooks builds the loop that tells other systems what happens.
func (g *Gateway) buildWebhooks() {
	timeout := cmp.Or(g.cfg.Webhooks.Timeout, webhookTimeout)
	opt := dispatch.Options{Timeout: timeout, Log: g.log}
	if g.metrics != nil {
		opt.Attempted = g.metrics.Webhook
	}
	g.webhooks = dispatch.New(g.store, egress.NewPoster(config.Networks(g.cfg.Webhooks.AllowNetworks), g.cfg.Webhooks.AllowHTTP, timeout), opt)
}
