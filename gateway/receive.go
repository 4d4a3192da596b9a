package gateway

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"switchboard/channels/smtpd"
	"switchboard/internal/mailauth"
)

// SMTP is how mail is received; every address that is empty stays closed.
type SMTP struct {
	Addr    string `koanf:"addr"`     // host:port of SMTP, with STARTTLS when there is a certificate
	TLSAddr string `koanf:"tls_addr"` // host:port of SMTP with TLS from the first octet
	LMTP    string `koanf:"lmtp"`     // path of the Unix socket of LMTP
	MaxSize int64  `koanf:"max_size"` // octets; 0: 50 MiB
	TLSCert string `koanf:"tls_cert"` // files; both or none; read again when they change
	TLSKey  string `koanf:"tls_key"`
	// ProxyFrom are the networks of proxies that send the PROXY protocol.
	ProxyFrom []string `koanf:"proxy_from"`
	// TrustedRelays are the networks of our own relays, and "lmtp" for the socket:
	// their Authentication-Results are believed, if they bear a relay's name.
	TrustedRelays []string `koanf:"trusted_relays"`
	RelayNames    []string `koanf:"relay_names"` // authserv-ids; empty: what the relay calls itself in EHLO
	DNS           string   `koanf:"dns"`         // host:port of the DNS server to ask; empty: the machine's

	Rspamd Rspamd `koanf:"rspamd"`
	Clamd  Clamd  `koanf:"clamd"`
}

// Limit is the largest mail in octets.
func (c *SMTP) Limit() int64 {
	if c.MaxSize == 0 {
		return smtpd.DefaultMaxSize
	}
	return c.MaxSize
}

// viaLMTP stands among TrustedRelays for whoever can open the socket.
const viaLMTP = "lmtp"

func (v *validator) smtp(c *SMTP) {
	v.address("smtp.addr", c.Addr, false)
	v.address("smtp.tls_addr", c.TLSAddr, false)
	v.address("smtp.dns", c.DNS, false)
	if (c.TLSCert == "") != (c.TLSKey == "") {
		v.add("smtp.tls_cert", "set smtp.tls_cert and smtp.tls_key together")
	}
	if c.TLSAddr != "" && c.TLSCert == "" {
		v.add("smtp.tls_addr", "TLS needs smtp.tls_cert and smtp.tls_key")
	}
	if c.MaxSize < 0 {
		v.add("smtp.max_size", "name a number of octets, or 0 for 50 MiB")
	}
	if c.LMTP != "" && !filepath.IsAbs(c.LMTP) {
		v.add("smtp.lmtp", fmt.Sprintf("%q is not an absolute path", c.LMTP))
	}
	v.filters(c)
	v.networks("smtp.proxy_from", c.ProxyFrom)
	v.networks("smtp.trusted_relays", slices.DeleteFunc(slices.Clone(c.TrustedRelays), func(s string) bool { return s == viaLMTP }))
}

func (v *validator) networks(key string, list []string) {
	for _, text := range list {
		if _, err := network(text); err != nil {
			v.add(key, fmt.Sprintf("%q is neither an address nor a network like 192.0.2.0/24", text))
		}
	}
}

// network reads a prefix, or one address.
func network(text string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen())
}

// networks reads a list that was validated; what is no network is left out.
func networks(list []string) (out []netip.Prefix) {
	for _, text := range list {
		if p, err := network(text); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// receive opens the ways by which mail comes in.
func (g *Gateway) receive() error {
	c := &g.cfg.SMTP
	base := smtpd.Config{Domain: g.domain(), Recipients: g.own.accepts, MaxSize: c.MaxSize, Log: g.log,
		ProxyFrom: networks(c.ProxyFrom), Check: newEntryCheck(g.domain(), c, g.log).check}
	if c.TLSCert != "" {
		cert, err := loadCertificate(c.TLSCert, c.TLSKey, g.log)
		if err != nil {
			return startFault("smtp.tls_cert", certificateFault(c.TLSCert, c.TLSKey, err))
		}
		base.TLS = &tls.Config{GetCertificate: cert.get, MinVersion: tls.VersionTLS12}
	}
	smtps := base
	smtps.ImplicitTLS = true
	local := base
	local.LMTP, local.TLS, local.ProxyFrom = true, nil, nil
	var err error
	if g.smtpAddr, err = g.listen("smtp", "smtp.addr", c.Addr, base); err != nil {
		return err
	}
	if g.smtpsAddr, err = g.listen("smtps", "smtp.tls_addr", c.TLSAddr, smtps); err != nil {
		return err
	}
	_, err = g.listen("lmtp", "smtp.lmtp", c.LMTP, local)
	return err
}

func (g *Gateway) listen(name, key, addr string, cfg smtpd.Config) (net.Addr, error) {
	if addr == "" {
		return nil, nil
	}
	cfg.Addr = addr
	server, err := smtpd.New(cfg)
	if err != nil {
		return nil, err
	}
	bound, err := server.Listen()
	if err != nil {
		return nil, listenFault(key, addr, err)
	}
	g.group.Add(name, server)
	return bound, nil
}

// entryCheck is what a mail goes through between its last octet and the journal.
type entryCheck struct {
	domain  string
	auth    *mailauth.Checker
	relays  []netip.Prefix
	socket  bool // the LMTP socket's peers are relays
	names   []string
	filters []filter
}

func newEntryCheck(domain string, c *SMTP, log *slog.Logger) *entryCheck {
	return &entryCheck{domain: domain, filters: filters(c, log), auth: mailauth.New(domain, mailauth.NewCache(mailauth.System(c.DNS))), relays: networks(c.TrustedRelays),
		socket: slices.Contains(c.TrustedRelays, viaLMTP), names: c.RelayNames}
}

func (e *entryCheck) check(ctx context.Context, mail smtpd.Reception) (v smtpd.Verdict, err error) {
	found := make([]finding, len(e.filters))
	for i, filter := range e.filters {
		if found[i], err = filter(ctx, mail, &v); err != nil {
			return v, err
		}
	}
	v.AuthResults = record(e.authenticate(ctx, mail), e.domain, found)
	return v, nil
}

// authenticate says who vouches for the mail. A relay saw the client, we did not:
// its word counts, or what the signatures say. This machine's own programs are
// nobody to check, unless they are such a relay.
func (e *entryCheck) authenticate(ctx context.Context, mail smtpd.Reception) string {
	facts := mailauth.Facts{ClientIP: mail.ClientIP, Helo: mail.Helo, From: mail.From, Content: mail.Content}
	switch {
	case e.relay(mail.ClientIP):
		names := e.names
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
	return e.auth.Check(ctx, facts)
}

func (e *entryCheck) relay(ip netip.Addr) bool {
	if !ip.IsValid() {
		return e.socket
	}
	return slices.ContainsFunc(e.relays, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// domains checks a list of domain names.
func (v *validator) domains(key string, list []string) {
	for _, d := range list {
		if d == "" || strings.ContainsAny(d, "@ *<>") || !strings.Contains(d, ".") {
			v.add(key, fmt.Sprintf("%q is not a domain like example.com", d))
		}
	}
}
