// Package direct delivers mail to the mail exchangers of the recipient's domain, without a
// smarthost.
package direct

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"maps"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/outbound/mtasts"
	"switchboard/outbound/smtpclient"
)

// Policies knows the MTA-STS policies of domains.
type Policies interface {
	Policy(ctx context.Context, domain string) (mtasts.Policy, error)
}

// Options configures a Sender.
type Options struct {
	DNS      Resolver
	Hostname string   // in EHLO
	Port     int      // 0: 25
	Policies Policies // nil: none are followed
	// RequireTLS: without TLS nothing is sent; certificates are not checked even then.
	RequireTLS bool
	Control    func(network, address string, c syscall.RawConn) error // see net.Dialer; may be nil
	Roots      *x509.CertPool                                         // nil: those of the system
	Timeout    time.Duration                                          // of each reply; 0: 2 minutes
	Accepted   func()                                                 // called for every mail that was accepted; may be nil
	Log        *slog.Logger
}

// maxTried bounds the connections of an attempt (RFC 5321 §5.1 asks for at least two).
const maxTried = 6

// Sender delivers mail. It is safe for concurrent use.
type Sender struct {
	opt Options

	mu      sync.Mutex
	clients map[server]*client
}

// server is a mail exchanger at one of its addresses, and how it has to be protected.
type server struct {
	host     string
	addr     netip.AddrPort
	verified bool
}

type client struct {
	*smtpclient.Client
	used time.Time
}

// New returns a Sender.
func New(opt Options) *Sender {
	opt.Port = cmp.Or(opt.Port, 25)
	return &Sender{opt: opt, clients: map[server]*client{}}
}

// Submit makes one attempt to deliver a mail. It tries the domain's mail exchangers and their
// addresses until one of them accepts the connection; that one's answer counts.
func (s *Sender) Submit(ctx context.Context, m smtpclient.Mail) desk.Result {
	to := strings.ToLower(imf.ASCIIAddr(m.To))
	domain := to[strings.LastIndexByte(to, '@')+1:]
	if domain == "" || strings.HasPrefix(domain, "[") {
		return desk.Result{State: desk.DeliveryFailed, EnhancedCode: "5.1.3", Detail: "the address has no domain that mail could be delivered to"}
	}
	var policy mtasts.Policy
	if s.opt.Policies != nil {
		var err error
		if policy, err = s.opt.Policies.Policy(ctx, domain); err != nil {
			return desk.Result{State: desk.DeliveryDelayed, Detail: "the MTA-STS policy of " + domain + " could not be read: " + err.Error()}
		}
	}
	hosts, r := exchangers(ctx, s.opt.DNS, domain, s.opt.Hostname)
	if len(hosts) == 0 {
		return r
	}
	r = s.try(ctx, m, domain, hosts, policy)
	if r.State == desk.DeliverySent && s.opt.Accepted != nil {
		s.opt.Accepted()
	}
	return r
}

// try offers a mail to one server after the other until one is reached.
func (s *Sender) try(ctx context.Context, m smtpclient.Mail, domain string, hosts []string, policy mtasts.Policy) desk.Result {
	var last desk.Result
	tried, missing := 0, 0
	for _, host := range hosts {
		if policy.Mode == mtasts.Enforce && !policy.Permits(host) {
			last = desk.Result{State: desk.DeliveryDelayed, EnhancedCode: "4.7.5", Unreached: true,
				Detail: "the MTA-STS policy of " + domain + " does not permit its mail exchanger " + host}
			continue
		}
		list, err := addresses(ctx, s.opt.DNS, host)
		switch {
		case absent(err), err == nil && len(list) == 0:
			missing++
			continue
		case err != nil:
			last = notResolved(host, err)
			continue
		}
		for _, ip := range list {
			if tried++; tried > maxTried {
				return last
			}
			client, err := s.client(server{host, netip.AddrPortFrom(ip, uint16(s.opt.Port)), policy.Mode == mtasts.Enforce})
			if err != nil {
				return desk.Result{State: desk.DeliveryDelayed, Detail: err.Error()}
			}
			if last = client.Submit(ctx, m); !last.Unreached || ctx.Err() != nil {
				return last
			}
		}
	}
	switch {
	case missing < len(hosts):
		return last
	case len(hosts) == 1 && hosts[0] == domain:
		return desk.Result{State: desk.DeliveryFailed, EnhancedCode: "5.1.2", Detail: "the domain " + domain + " does not exist, or has no mail server"}
	}
	return desk.Result{State: desk.DeliveryFailed, EnhancedCode: "5.4.4", Detail: "the mail exchangers of " + domain + " do not exist: " + strings.Join(hosts, ", ")}
}

const (
	manyClients = 256         // above them, those that are not used are forgotten
	unusedAfter = time.Minute // longer than connections are kept
)

// client returns the client for a server, with its idle connections.
func (s *Sender) client(at server) (*smtpclient.Client, error) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.clients[at]; c != nil {
		c.used = now
		return c.Client, nil
	}
	if len(s.clients) >= manyClients {
		maps.DeleteFunc(s.clients, func(_ server, c *client) bool {
			if now.Sub(c.used) < unusedAfter {
				return false
			}
			c.Close()
			return true
		})
	}
	cfg := smtpclient.Config{Addr: at.addr.String(), Name: at.host + "[" + at.addr.Addr().String() + "]:" + strconv.Itoa(int(at.addr.Port())), Exchanger: true,
		Hostname: s.opt.Hostname, Control: s.opt.Control, Timeout: s.opt.Timeout, TLS: smtpclient.TLSOpportunistic,
		// A certificate that nobody asked for proves nothing (RFC 7435 §3).
		TLSConfig: &tls.Config{ServerName: at.host, InsecureSkipVerify: !at.verified, RootCAs: s.opt.Roots, MinVersion: tls.VersionTLS12}} //nolint:gosec // see above
	if at.verified || s.opt.RequireTLS {
		cfg.TLS = smtpclient.TLSStart
	}
	c, err := smtpclient.New(cfg)
	if err != nil {
		return nil, err
	}
	s.clients[at] = &client{c, now}
	return c, nil
}

// Close ends the idle connections. Attempts in progress continue.
func (s *Sender) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		c.Close()
	}
}
