package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
)

// SMTP configures the reception of mail. A listener whose address is empty is off.
type SMTP struct {
	Addr    string `koanf:"addr"`     // host:port of SMTP; STARTTLS is offered when there is a certificate
	TLSAddr string `koanf:"tls_addr"` // host:port of SMTP with implicit TLS
	LMTP    string `koanf:"lmtp"`     // path of the LMTP Unix socket
	MaxSize int64  `koanf:"max_size"` // octets; 0 means DefaultMaxSize
	TLSCert string `koanf:"tls_cert"` // PEM files, both or neither; read again when they change
	TLSKey  string `koanf:"tls_key"`
	// ProxyFrom are the networks of proxies that send the PROXY protocol.
	ProxyFrom []string `koanf:"proxy_from"`
	// TrustedRelays are the networks of the site's own relays; "lmtp" stands for the
	// socket. Their Authentication-Results are accepted if they carry one of RelayNames.
	TrustedRelays []string `koanf:"trusted_relays"`
	RelayNames    []string `koanf:"relay_names"` // authserv-ids; default: the relay's EHLO name
	DNS           string   `koanf:"dns"`         // host:port of the DNS server; default: the system's resolver

	Rspamd Rspamd `koanf:"rspamd"`
	Clamd  Clamd  `koanf:"clamd"`
}

// DefaultMaxSize is the size limit of a received message in octets.
const DefaultMaxSize = 50 << 20

// Limit is the size of the largest accepted message in octets.
func (c *SMTP) Limit() int64 {
	if c.MaxSize == 0 {
		return DefaultMaxSize
	}
	return c.MaxSize
}

// RelayLMTP in SMTP.TrustedRelays means any client of the LMTP socket.
const RelayLMTP = "lmtp"

// Rspamd is the spam filter; it is off without a URL.
type Rspamd struct {
	URL       string `koanf:"url"` // of a worker: http://host:port
	Password  string `koanf:"password"`
	OnFailure string `koanf:"on_failure"` // accept, defer: for mail that could not be checked
}

// Clamd is the virus scanner; it is off without an address.
type Clamd struct {
	Addr      string `koanf:"addr"`     // host:port, or the absolute path of its socket
	OnVirus   string `koanf:"on_virus"` // reject, quarantine
	OnFailure string `koanf:"on_failure"`
}

// Values of Rspamd.OnFailure and Clamd.OnFailure, and of Clamd.OnVirus.
const (
	FilterAccept = "accept"
	FilterDefer  = "defer"

	VirusReject     = "reject"
	VirusQuarantine = "quarantine"
)

// smtp checks the [smtp] section.
func (v *validator) smtp(c *SMTP) {
	v.address("smtp.addr", c.Addr, false)
	v.address("smtp.tls_addr", c.TLSAddr, false)
	v.address("smtp.dns", c.DNS, false)
	if (c.TLSCert == "") != (c.TLSKey == "") {
		v.add("smtp.tls_cert", "set smtp.tls_cert and smtp.tls_key together")
	}
	if c.TLSAddr != "" && c.TLSCert == "" {
		v.add("smtp.tls_addr", "TLS requires smtp.tls_cert and smtp.tls_key")
	}
	if c.MaxSize < 0 {
		v.add("smtp.max_size", "must be a number of octets, or 0 for 50 MiB")
	}
	if c.LMTP != "" && !filepath.IsAbs(c.LMTP) {
		v.add("smtp.lmtp", fmt.Sprintf("%q is not an absolute path", c.LMTP))
	}
	v.filters(c)
	v.networks("smtp.proxy_from", c.ProxyFrom)
	v.networks("smtp.trusted_relays", slices.DeleteFunc(slices.Clone(c.TrustedRelays), func(s string) bool { return s == RelayLMTP }))
}

// filters checks the sections of rspamd and clamd.
func (v *validator) filters(c *SMTP) {
	if c.Rspamd.URL != "" {
		if u, err := url.Parse(c.Rspamd.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			v.add("smtp.rspamd.url", fmt.Sprintf("%q is not a URL like http://127.0.0.1:11333", c.Rspamd.URL))
		}
	}
	if !filepath.IsAbs(c.Clamd.Addr) {
		v.address("smtp.clamd.addr", c.Clamd.Addr, false)
	}
	v.oneOf("smtp.rspamd.on_failure", c.Rspamd.OnFailure, FilterAccept, FilterDefer)
	v.oneOf("smtp.clamd.on_failure", c.Clamd.OnFailure, FilterAccept, FilterDefer)
	v.oneOf("smtp.clamd.on_virus", c.Clamd.OnVirus, VirusReject, VirusQuarantine)
}

// networks checks a list of addresses and networks.
func (v *validator) networks(key string, list []string) {
	for _, text := range list {
		if _, err := parseNetwork(text); err != nil {
			v.add(key, fmt.Sprintf("%q is not an IP address or a network like 192.0.2.0/24", text))
		}
	}
}

// parseNetwork parses a CIDR prefix or a single IP address.
func parseNetwork(text string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen())
}

// Networks parses a validated list of addresses and networks; invalid entries are
// left out.
func Networks(list []string) (out []netip.Prefix) {
	for _, text := range list {
		if p, err := parseNetwork(text); err == nil {
			out = append(out, p)
		}
	}
	return out
}
