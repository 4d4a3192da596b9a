// Package screening checks a mail between its reception and its acceptance: who
// authenticated it (SPF, DKIM, DMARC or a trusted relay), and what the virus scanner
// and the spam filter say. The results become its Authentication-Results.
package screening

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"

	"switchboard/channels/smtpd"
	"switchboard/config"
	"switchboard/internal/mailauth"
)

// Screen checks received mail.
type Screen struct {
	domain      string // authserv-id of the results
	auth        *mailauth.Checker
	relays      []netip.Prefix
	trustSocket bool // clients of the LMTP socket are trusted relays
	relayNames  []string
	filters     []filter
}

// New returns the screen of a configuration; domain is the authserv-id under which
// results are recorded (RFC 8601).
func New(domain string, c *config.SMTP, log *slog.Logger) *Screen {
	return &Screen{
		domain: domain, auth: mailauth.New(domain, mailauth.NewCache(mailauth.System(c.DNS))),
		relays: config.Networks(c.TrustedRelays), trustSocket: slices.Contains(c.TrustedRelays, config.RelayLMTP), relayNames: c.RelayNames,
		filters: filters(c, log),
	}
}

// Check is a smtpd.Config.Check function. Its error is a *smtpd.Refusal.
func (s *Screen) Check(ctx context.Context, mail smtpd.Reception) (v smtpd.Verdict, err error) {
	results := make([]result, len(s.filters))
	for i, filter := range s.filters {
		if results[i], err = filter(ctx, mail, &v); err != nil {
			return v, err
		}
	}
	v.AuthResults = record(s.authenticate(ctx, mail), s.domain, results)
	return v, nil
}

// authenticate returns the Authentication-Results of a mail, "" if there are none.
// A relay saw the client and this server did not: the relay's results count, or else
// the mail's signatures. Other local programs are not checked.
func (s *Screen) authenticate(ctx context.Context, mail smtpd.Reception) string {
	facts := mailauth.Facts{ClientIP: mail.ClientIP, Helo: mail.Helo, From: mail.From, Content: mail.Content}
	switch {
	case s.isRelay(mail.ClientIP):
		names := s.relayNames
		if len(names) == 0 {
			names = []string{mail.Helo}
		}
		if value, ok := mailauth.Upstream(mail.Content, names); ok {
			return value
		}
		facts.ClientIP = netip.Addr{}
	case !mail.ClientIP.IsValid() || mail.ClientIP.IsLoopback():
		return ""
	}
	return s.auth.Check(ctx, facts)
}

// isRelay reports whether a client is a trusted relay; the zero address is a client
// of the LMTP socket.
func (s *Screen) isRelay(ip netip.Addr) bool {
	if !ip.IsValid() {
		return s.trustSocket
	}
	return slices.ContainsFunc(s.relays, func(p netip.Prefix) bool { return p.Contains(ip) })
}
