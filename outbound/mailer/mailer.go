// Package mailer sends mail to a smarthost: it renders a message (RFC 5322),
// keeps the bytes so that every attempt sends the same ones, and hands them over
// by SMTP (RFC 5321, submission by RFC 6409).
package mailer

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
	"switchboard/outbound"
)

// Archive keeps renderings and holds the bytes of attachments.
type Archive interface {
	// Rendering returns the bytes a message was rendered to; false: not yet.
	Rendering(ctx context.Context, id desk.MessageID) ([]byte, bool, error)
	// SaveRendering keeps them and returns the ones that stay: the first ones.
	SaveRendering(ctx context.Context, id desk.MessageID, bytes []byte) ([]byte, error)
	// Blob returns an attachment's content by its BlobID.
	Blob(ctx context.Context, id string) ([]byte, error)
}

// TLSMode says how the connection to the smarthost is protected.
type TLSMode string

const (
	TLSStart    TLSMode = "starttls" // RFC 3207, required; the default
	TLSImplicit TLSMode = "tls"      // RFC 8314 §3.3, usually port 465
	TLSNone     TLSMode = "none"     // only for a relay on this machine or a trusted network
)

// Config describes the smarthost.
type Config struct {
	Addr      string // host:port
	User      string // empty: no AUTH
	Password  string
	Tokens    Tokens      // instead of Password; may be nil
	TLS       TLSMode     // empty: TLSStart
	TLSConfig *tls.Config // nil: the system's roots; ServerName is filled in
	Hostname  string      // our name in EHLO; empty: "localhost"

	// ReplyAddress puts a reply token into base, one of our addresses, bound to the
	// conversation and the recipient; nil: no tokens. The token in Reply-To is the
	// primary recipient's, as all recipients get the same bytes; the one in the
	// reverse-path is each recipient's own, so that a bounce tells who it is about.
	ReplyAddress func(base string, c desk.ConversationID, recipient string) string

	// Timeout bounds every single read and write; 0: 2 minutes. Answer bounds the
	// wait for the answer to the final dot; 0: the 10 minutes of RFC 5321
	// §4.5.3.2.6, since giving up early is how duplicates are made.
	Timeout time.Duration
	Answer  time.Duration
	// Idle is how long a connection is kept for the next mail; 0: 30 s.
	Idle time.Duration
	// Report is told how the smarthost is doing: nil after a mail that it took, and
	// each fault that no other recipient would have been spared. May be nil.
	Report func(*Fault)
	Log    *slog.Logger // nil: slog.DiscardHandler
}

// Tokens gives OAuth 2.0 access tokens (RFC 6749) for logging in (RFC 7628).
type Tokens interface {
	// Token returns one that is not refused, which is what the server has just
	// turned down, or "". An error may be an *oauth.Error.
	Token(ctx context.Context, refused string) (string, error)
}

// Mailer is the sender for desk.ChannelEmail. It is safe for concurrent use.
type Mailer struct {
	cfg     Config
	host    string
	archive Archive

	mu     sync.Mutex
	idle   []*session // most recently used last
	closed bool
}

var _ outbound.Sender = (*Mailer)(nil)

// New checks the configuration and returns a Mailer; it does not connect. What
// is wrong with the configuration is KindInvalid.
func New(cfg Config, archive Archive) (*Mailer, error) {
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, desk.Errorf(desk.KindInvalid, "smarthost address %q: %w", cfg.Addr, err)
	}
	switch cfg.TLS {
	case "":
		cfg.TLS = TLSStart
	case TLSStart, TLSImplicit, TLSNone:
	default:
		return nil, desk.Errorf(desk.KindInvalid, "smarthost TLS mode %q is none of starttls, tls, none", cfg.TLS)
	}
	if cfg.TLS == TLSNone && cfg.User != "" && !loopback(host) {
		return nil, desk.Errorf(desk.KindInvalid, "the smarthost's password would cross the network unprotected: set TLS to starttls or tls")
	}
	cfg.TLSConfig = cfg.TLSConfig.Clone()
	if cfg.TLSConfig == nil {
		cfg.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if cfg.TLSConfig.ServerName == "" {
		cfg.TLSConfig.ServerName = host
	}
	if cfg.Hostname == "" {
		cfg.Hostname = "localhost"
	}
	if cfg.ReplyAddress == nil {
		cfg.ReplyAddress = func(base string, _ desk.ConversationID, _ string) string { return base }
	}
	cfg.Timeout = orDefault(cfg.Timeout, 2*time.Minute)
	cfg.Answer = orDefault(cfg.Answer, 10*time.Minute)
	cfg.Idle = orDefault(cfg.Idle, 30*time.Second)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Report == nil {
		cfg.Report = func(*Fault) {}
	}
	return &Mailer{cfg: cfg, host: host, archive: archive}, nil
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// Send implements outbound.Sender.
func (m *Mailer) Send(ctx context.Context, msg desk.Message, d desk.Delivery) (desk.Result, error) {
	data, err := m.rendering(ctx, msg)
	if desk.KindOf(err) == desk.KindInvalid && err != nil {
		return desk.Result{State: desk.DeliveryFailed, EnhancedCode: "5.6.0", Detail: err.Error()}, nil
	}
	if err != nil {
		return desk.Result{}, err
	}
	if !imf.ValidAddr(d.Recipient) {
		return desk.Result{State: desk.DeliveryFailed, EnhancedCode: "5.1.3", Detail: "the recipient's address is not one that mail can be sent to"}, nil
	}
	e := envelope{to: asciiDomain(d.Recipient), id: d.EnvelopeID, data: data}
	if d.ReturnPath != "" { // empty is the null reverse-path, for what a machine answers (RFC 3834 §3.3)
		e.from = asciiDomain(m.cfg.ReplyAddress(d.ReturnPath, d.ConversationID, d.Recipient))
	}
	return m.transmit(ctx, e), nil
}

// rendering returns the message's bytes, made at the first attempt and the same
// ever after.
func (m *Mailer) rendering(ctx context.Context, msg desk.Message) ([]byte, error) {
	if b, ok, err := m.archive.Rendering(ctx, msg.ID); err != nil || ok {
		return b, err
	}
	for i := range msg.Attachments {
		p := &msg.Attachments[i]
		if p.Data != nil {
			continue
		}
		var err error
		if p.Data, err = m.archive.Blob(ctx, p.BlobID); err != nil {
			return nil, err
		}
	}
	var replyTo string
	if len(msg.From) > 0 && len(msg.To) > 0 {
		replyTo = m.cfg.ReplyAddress(msg.From[0].Email, msg.ConversationID, msg.To[0].Email)
		if replyTo == msg.From[0].Email {
			replyTo = ""
		}
	}
	b, err := Render(msg, replyTo)
	if err != nil {
		return nil, err
	}
	return m.archive.SaveRendering(ctx, msg.ID, b)
}

// transmit makes one attempt, over a kept connection if there is one. A kept
// connection that the server has closed meanwhile is replaced: nothing of the
// mail has been said on it.
func (m *Mailer) transmit(ctx context.Context, e envelope) desk.Result {
	if s := m.take(); s != nil {
		r, f, o := s.send(ctx, e)
		if o != stale {
			m.release(s, o)
			m.report(ctx, r, f)
			return r
		}
		s.abort()
	}
	s, p, err := m.connect(ctx)
	if err != nil {
		r, f := m.cfg.judge(p, err, e.from)
		m.report(ctx, r, f)
		return r
	}
	r, f, o := s.send(ctx, e)
	m.release(s, o)
	m.report(ctx, r, f)
	return r
}

// report tells what an attempt says of the smarthost. One that was cut off from
// here says nothing.
func (m *Mailer) report(ctx context.Context, r desk.Result, f *Fault) {
	if ctx.Err() == nil && (f != nil || r.State == desk.DeliverySent) {
		m.cfg.Report(f)
	}
}

// take returns a kept connection, or nil.
func (m *Mailer) take() *session {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.idle) > 0 {
		s := m.idle[len(m.idle)-1]
		m.idle = m.idle[:len(m.idle)-1]
		if s.timer.Stop() {
			return s
		}
	}
	return nil
}

// release keeps a connection for the next mail, or lets it go.
func (m *Mailer) release(s *session, o usable) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o != reusable || m.closed {
		go s.quit()
		return
	}
	s.timer = time.AfterFunc(m.cfg.Idle, func() { m.expire(s) })
	m.idle = append(m.idle, s)
}

func (m *Mailer) expire(s *session) {
	m.mu.Lock()
	for i, other := range m.idle {
		if other == s {
			m.idle = append(m.idle[:i], m.idle[i+1:]...)
			break
		}
	}
	m.mu.Unlock()
	s.quit()
}

// Close lets the kept connections go. Attempts in progress are not disturbed.
func (m *Mailer) Close() {
	m.mu.Lock()
	idle := m.idle
	m.idle, m.closed = nil, true
	m.mu.Unlock()
	for _, s := range idle {
		if s.timer.Stop() {
			s.quit()
		}
	}
}
