// Package mailroute builds what outgoing mail leaves through, from the configuration: the
// smarthosts, the delivery to mail exchangers, and which mail goes where.
package mailroute

import (
	"strings"
	"time"

	"switchboard/config"
	"switchboard/internal/imf"
	"switchboard/internal/mailaccount"
	"switchboard/outbound"
)

// destination is a smarthost's name as the destination of deliveries, which is never a domain.
func destination(name string) string {
	if name == "" {
		return mailaccount.SmarthostName
	}
	return mailaccount.SmarthostName + ":" + name
}

// Routes returns the destination of mail by its sender, see store.Routes.
func Routes(cfg *config.Config) map[string]string {
	out := map[string]string{"": ""}
	if cfg.Smarthost.Addr != "" {
		out[""] = destination("")
	}
	for i := range cfg.Smarthosts {
		for _, sender := range cfg.Smarthosts[i].Senders {
			out[senderKey(sender)] = destination(cfg.Smarthosts[i].Name)
		}
	}
	return out
}

// senderKey is the form in which senders are compared.
func senderKey(sender string) string {
	if domain, ok := strings.CutPrefix(sender, "@"); ok {
		return strings.TrimPrefix(imf.NormalizeAddr("any@"+domain), "any")
	}
	return imf.NormalizeAddr(sender)
}

// longestPause bounds how long a smarthost that cannot be reached is not tried: all mail waits
// for it, also what is written in the meantime.
const longestPause = time.Minute

// Limits returns what may be sent to each destination at once.
func Limits(cfg *config.Config) outbound.Limits {
	l := outbound.Limits{Warn: cfg.Mail.DelayWarning, Named: map[string]outbound.Limit{
		destination(""): {Most: cfg.Smarthost.Connections, Rate: cfg.Smarthost.Rate, Wait: longestPause}}}
	for i := range cfg.Smarthosts {
		s := &cfg.Smarthosts[i]
		l.Named[destination(s.Name)] = outbound.Limit{Most: s.Connections, Rate: s.Rate, Wait: longestPause}
	}
	if cfg.Delivery.Direct {
		l.Limit = outbound.Limit{Most: cfg.Delivery.PerDomain, Rate: cfg.Delivery.Rate}
	}
	return l
}

// senders returns the support addresses whose mail goes to a destination.
func senders(cfg *config.Config, to string) (out []string) {
	routes := Routes(cfg)
	for _, address := range cfg.Mail.Addresses {
		if routeOf(routes, address) == to {
			out = append(out, address)
		}
	}
	return out
}

// routeOf returns the destination of the mail of a sender, as the SQL function
// delivery_destination does.
func routeOf(routes map[string]string, sender string) string {
	sender = imf.NormalizeAddr(sender)
	if to, ok := routes[sender]; ok {
		return to
	}
	if to, ok := routes[sender[max(strings.LastIndexByte(sender, '@'), 0):]]; ok {
		return to
	}
	return routes[""]
}
