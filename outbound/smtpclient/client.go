// Package smtpclient submits messages to a smarthost over SMTP (RFC 5321,
// submission by RFC 6409), or to a mail exchanger of the recipient's domain. It keeps
// connections open between messages, and pipelines commands (RFC 2920) if the server can.
package smtpclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/outbound/smtpreply"
)

// TLSMode is how the connection to the smarthost is protected.
type TLSMode string

const (
	TLSStart    TLSMode = "starttls" // RFC 3207, required; the default
	TLSImplicit TLSMode = "tls"      // RFC 8314 §3.3, usually port 465
	TLSNone     TLSMode = "none"     // only for a relay on this machine or a trusted network
	// TLSOpportunistic is STARTTLS if it works, for mail exchangers (RFC 7435 §3).
	TLSOpportunistic TLSMode = "opportunistic"
)

// Config describes the server.
type Config struct {
	Addr string // host:port
	// Exchanger: it is a mail exchanger and not a smarthost, and Name is what it is called in
	// results.
	Exchanger bool
	Name      string
	// Control is called before each connection is made, see net.Dialer. May be nil.
	Control   func(network, address string, c syscall.RawConn) error
	User      string // empty: no AUTH
	Password  string
	Tokens    Tokens      // used instead of Password; may be nil
	TLS       TLSMode     // empty: TLSStart
	TLSConfig *tls.Config // nil: the system's root certificates; an empty ServerName is filled in
	Hostname  string      // the name for EHLO; empty: "localhost"

	// Timeout bounds each read and each write; 0: 2 minutes. Answer bounds the wait
	// for the reply to the final dot; 0: the 10 minutes of RFC 5321 §4.5.3.2.6.
	// Giving up earlier leads to duplicates.
	Timeout time.Duration
	Answer  time.Duration
	// Idle is how long a connection is kept for the next message; 0: 30 s.
	Idle time.Duration
	// Report is called with nil after a message was accepted, and with each fault,
	// but not with the refusal of a recipient or a message. May be nil.
	Report func(*smtpreply.Fault)
}

// Tokens provides OAuth 2.0 access tokens (RFC 6749) for the login (RFC 7628).
type Tokens interface {
	// Token returns a token other than refused, which is the one the server has
	// just rejected, or "". The error may be an *oauth.Error.
	Token(ctx context.Context, refused string) (string, error)
}

// Mail is a message for one recipient, with its envelope. Addresses are without
// angle brackets; their domains are sent as A-labels.
type Mail struct {
	From       string // reverse-path; "" is the null reverse-path
	To         string // forward-path
	EnvelopeID string // ENVID (RFC 3461 §4.4); may be empty
	Data       []byte // the message with CRLF line ends
	// Author is the address in the From field, which chooses the smarthost.
	Author string
	// Begin is called when the server is ready for Data and returns what is sent in its
	// place; if it returns an error, nothing of it is sent. May be nil.
	Begin func(context.Context) ([]byte, error)
}

// Client submits messages. It is safe for concurrent use.
type Client struct {
	cfg    Config
	server smtpreply.Server

	mu     sync.Mutex
	idle   []*session // most recently used last
	closed bool
}

// New checks the configuration and returns a Client; it does not connect. An
// invalid configuration is KindInvalid.
func New(cfg Config) (*Client, error) {
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, desk.Errorf(desk.KindInvalid, "smarthost address %q: %w", cfg.Addr, err)
	}
	switch cfg.TLS {
	case "":
		cfg.TLS = TLSStart
	case TLSStart, TLSImplicit, TLSNone, TLSOpportunistic:
	default:
		return nil, desk.Errorf(desk.KindInvalid, "smarthost TLS mode %q: must be starttls, tls or none", cfg.TLS)
	}
	if (cfg.TLS == TLSNone || cfg.TLS == TLSOpportunistic) && cfg.User != "" && !isLoopback(host) {
		return nil, desk.Errorf(desk.KindInvalid, "the smarthost's password would be sent unencrypted: set TLS to starttls or tls")
	}
	cfg.TLSConfig = cfg.TLSConfig.Clone()
	if cfg.TLSConfig == nil {
		cfg.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if cfg.TLSConfig.ServerName == "" {
		cfg.TLSConfig.ServerName = host
	}
	if cfg.Report == nil {
		cfg.Report = func(*smtpreply.Fault) {}
	}
	cfg.Hostname = cmp.Or(cfg.Hostname, "localhost")
	cfg.Timeout = cmp.Or(cfg.Timeout, 2*time.Minute)
	cfg.Answer = cmp.Or(cfg.Answer, 10*time.Minute)
	cfg.Idle = cmp.Or(cfg.Idle, 30*time.Second)
	cfg.Name = cmp.Or(cfg.Name, cfg.Addr)
	return &Client{cfg: cfg, server: smtpreply.Server{Addr: cfg.Name, User: cfg.User, Exchanger: cfg.Exchanger}}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// Submit makes one attempt to submit a message, on an idle connection if there is
// one. If the server has closed that connection in the meantime, Submit opens a
// new one: no part of the message was accepted on it.
func (c *Client) Submit(ctx context.Context, m Mail) desk.Result {
	m.From, m.To = imf.ASCIIAddr(m.From), imf.ASCIIAddr(m.To)
	r, f := c.submit(ctx, m)
	r.Server = c.cfg.Name
	// An attempt that was cut off by ctx says nothing about the smarthost.
	if ctx.Err() == nil && (f != nil || r.State == desk.DeliverySent) {
		c.cfg.Report(f)
	}
	return r
}

func (c *Client) submit(ctx context.Context, m Mail) (desk.Result, *smtpreply.Fault) {
	if s := c.takeIdle(); s != nil {
		r, f, state := s.send(ctx, m)
		if state != stale {
			c.release(s, state)
			return r, f
		}
		s.abort()
	}
	s, phase, err := c.connect(ctx)
	if err != nil {
		return c.server.Interpret(phase, err, m.From)
	}
	r, f, state := s.send(ctx, m)
	c.release(s, state)
	return r, f
}

// takeIdle returns an idle connection, or nil.
func (c *Client) takeIdle() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.idle) > 0 {
		s := c.idle[len(c.idle)-1]
		c.idle = c.idle[:len(c.idle)-1]
		if s.timer.Stop() {
			return s
		}
	}
	return nil
}

// release keeps a reusable connection for the next message and ends any other.
func (c *Client) release(s *session, state connState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if state != reusable || c.closed {
		go s.quit()
		return
	}
	s.timer = time.AfterFunc(c.cfg.Idle, func() { c.expire(s) })
	c.idle = append(c.idle, s)
}

func (c *Client) expire(s *session) {
	c.mu.Lock()
	c.idle = slices.DeleteFunc(c.idle, func(other *session) bool { return other == s })
	c.mu.Unlock()
	s.quit()
}

// Close ends the idle connections. Attempts in progress continue.
func (c *Client) Close() {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.closed = nil, true
	c.mu.Unlock()
	for _, s := range idle {
		if s.timer.Stop() {
			s.quit()
		}
	}
}
