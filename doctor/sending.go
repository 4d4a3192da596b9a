package doctor

import (
	"context"
	"strings"

	"switchboard/config"
	"switchboard/internal/mailaccount"
	"switchboard/internal/mailroute"
	"switchboard/store"
)

// sending checks what mail leaves through.
func (x *checker) sending(ctx context.Context, st *store.Store) {
	if !x.cfg.Sends() {
		x.add("smarthost", Warn, "not configured", "Replies by mail stay queued until smarthost.addr or delivery.direct is set.")
		return
	}
	sending, err := mailroute.Open(x.cfg, mailroute.Options{Tokens: st, Log: x.log})
	if err != nil {
		x.fault("smarthost", err, "Check smarthost.addr.")
		return
	}
	defer sending.Close()
	for _, h := range sending.Smarthosts {
		x.smarthost(ctx, h)
	}
}

// smarthost logs in to a smarthost and asks whether it accepts each sender address.
func (x *checker) smarthost(ctx context.Context, h *mailaccount.Smarthost) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	if err := h.Probe(ctx); err != nil {
		x.fault(h.Name, err, "Check smarthost.addr, tls (implicit: port 465, starttls: port 587), user and password. Replies stay queued until then.")
		return
	}
	c := x.relay(h.Name)
	detail := c.Addr + " accepts"
	if c.User != "" {
		detail += " the login of " + c.User + " and"
	}
	x.add(h.Name, OK, detail+" mail from "+strings.Join(h.Senders(), ", "), "")
}

// relay returns the settings of a smarthost by its name.
func (x *checker) relay(name string) *config.Smarthost {
	for i := range x.cfg.Smarthosts {
		if mailaccount.SmarthostName+" "+x.cfg.Smarthosts[i].Name == name {
			return &x.cfg.Smarthosts[i].Smarthost
		}
	}
	return &x.cfg.Smarthost
}
