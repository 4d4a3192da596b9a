package mailaccount

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"switchboard/channels"
	"switchboard/config"
	"switchboard/desk"
	"switchboard/internal/oauth"
	"switchboard/outbound/smtpclient"
	"switchboard/outbound/smtpreply"
)

// SmarthostName is the smarthost's name in the list of channels and the key under
// which its tokens are stored.
const SmarthostName = "smarthost"

var tlsModes = map[string]smtpclient.TLSMode{"implicit": smtpclient.TLSImplicit, "starttls": smtpclient.TLSStart, "none": smtpclient.TLSNone}

// Smarthost submits mail and knows the smarthost's state from periodic checks and from
// the result of every attempt, so that an outage is visible before anyone misses a
// reply.
type Smarthost struct {
	Name string // in the list of channels

	client  *smtpclient.Client
	senders []string
	sent    func()

	mu      sync.Mutex
	sink    channels.Sink // nil before the first check
	refused error         // a sender address was refused, and no mail accepted since
}

// SmarthostOptions are the parts that a Smarthost works with. Only Tokens is needed
// for Check.
type SmarthostOptions struct {
	Name     string   // SmarthostName, or another one
	Hostname string   // in EHLO
	Senders  []string // support addresses whose mail it relays
	Tokens   oauth.Keeper
	Sent     func() // called for every mail that the smarthost accepted
	Log      *slog.Logger
}

// OpenSmarthost returns a smarthost; nothing is connected yet.
func OpenSmarthost(c *config.Smarthost, opt SmarthostOptions) (*Smarthost, error) {
	s := &Smarthost{Name: opt.Name, senders: opt.Senders, sent: opt.Sent}
	settings := smtpclient.Config{Addr: c.Addr, User: c.User, Password: c.Password, TLS: tlsModes[c.TLS], Hostname: opt.Hostname,
		Report: s.report}
	if c.Auth == config.AuthOAuth2 {
		settings.Tokens = oauth.New(tokenSource(&c.OAuth, opt.Name), opt.Tokens, opt.Log.With("channel", opt.Name))
	}
	client, err := smtpclient.New(settings)
	if err != nil {
		return nil, err
	}
	s.client = client
	return s, nil
}

// Submit implements mailer.Submitter.
func (s *Smarthost) Submit(ctx context.Context, m smtpclient.Mail) desk.Result {
	return s.client.Submit(ctx, m)
}

// Check is a health.Probe's check. That the smarthost accepts a test transaction does
// not mean that it accepts a sender that it refused: that fault lasts until it
// accepts a mail.
func (s *Smarthost) Check(ctx context.Context, sink channels.Sink) (hint, fault error) {
	s.mu.Lock()
	s.sink = sink
	refused := s.refused
	s.mu.Unlock()
	if err := s.Probe(ctx); err != nil {
		return nil, err
	}
	return nil, refused
}

// Probe checks that the smarthost accepts the login and mail from its support
// addresses; no mail is sent. Its error is a *channels.Fault if the cause is known.
func (s *Smarthost) Probe(ctx context.Context) error {
	return channelFault(s.client.Probe(ctx, s.senders...))
}

// Senders are the support addresses whose mail it relays.
func (s *Smarthost) Senders() []string { return s.senders }

// Close ends idle connections to the smarthost.
func (s *Smarthost) Close() { s.client.Close() }

// report receives the result of each attempt to send; nil is a success.
func (s *Smarthost) report(f *smtpreply.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case f == nil:
		s.refused = nil
		if s.sent != nil {
			s.sent()
		}
		if s.sink != nil {
			channels.Healthy(s.sink)
		}
		return
	case f.Sender:
		s.refused = channelFault(f)
	}
	if s.sink != nil {
		channels.Failing(s.sink, channelFault(f))
	}
}

func channelFault(err error) error {
	f, ok := errors.AsType[*smtpreply.Fault](err)
	if !ok {
		return err
	}
	return &channels.Fault{What: f.What, Err: f.Err, Advice: f.Advice, Unauthorised: f.Unauthorised}
}
