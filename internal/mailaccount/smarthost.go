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
	"switchboard/outbound/mailer"
	"switchboard/outbound/smtpclient"
	"switchboard/outbound/smtpreply"
)

// SmarthostName is the smarthost's name in the list of channels and the key under
// which its tokens are stored.
const SmarthostName = "smarthost"

var tlsModes = map[string]smtpclient.TLSMode{"implicit": smtpclient.TLSImplicit, "starttls": smtpclient.TLSStart, "none": smtpclient.TLSNone}

// Smarthost sends mail and knows the smarthost's state from periodic checks and from
// the result of every attempt, so that an outage is visible before anyone misses a
// reply.
type Smarthost struct {
	Mailer *mailer.Mailer

	client  *smtpclient.Client
	sign    mailer.Sign
	senders []string
	sent    func()

	mu      sync.Mutex
	sink    channels.Sink // nil before the first check
	refused error         // a sender address was refused, and no mail accepted since
}

// SmarthostOptions are the parts that a Smarthost works with. Only Tokens is needed
// for Check.
type SmarthostOptions struct {
	ReplyAddress mailer.ReplyAddress // may be nil
	Sign         mailer.Sign         // may be nil
	Tokens       oauth.Keeper
	Archive      mailer.Archive
	Sent         func() // called for every mail that the smarthost accepted
	Log          *slog.Logger
}

// OpenSmarthost returns the sender of mail; nothing is connected yet.
func OpenSmarthost(cfg *config.Config, opt SmarthostOptions) (*Smarthost, error) {
	c, s := &cfg.Smarthost, &Smarthost{senders: cfg.Mail.Addresses, sign: opt.Sign, sent: opt.Sent}
	settings := smtpclient.Config{Addr: c.Addr, User: c.User, Password: c.Password, TLS: tlsModes[c.TLS], Hostname: cfg.Mail.Hostname(),
		Report: s.report}
	if c.Auth == config.AuthOAuth2 {
		settings.Tokens = oauth.New(tokenSource(&c.OAuth, SmarthostName), opt.Tokens, opt.Log.With("channel", SmarthostName))
	}
	client, err := smtpclient.New(settings)
	if err != nil {
		return nil, err
	}
	s.client, s.Mailer = client, mailer.New(client, opt.Archive, mailer.Options{ReplyAddress: opt.ReplyAddress, Sign: opt.Sign})
	return s, nil
}

// SubmitAutomatic implements noticemail.Submitter.
func (s *Smarthost) SubmitAutomatic(ctx context.Context, from, to string, data []byte) desk.Result {
	if s.sign != nil {
		signed, err := s.sign(from, data)
		if err != nil {
			return desk.Result{State: desk.DeliveryDelayed, Detail: err.Error()}
		}
		data = signed
	}
	return s.client.Submit(ctx, smtpclient.Mail{To: to, Data: data})
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

// Probe checks that the smarthost accepts the login and mail from every support
// address; no mail is sent. Its error is a *channels.Fault if the cause is known.
func (s *Smarthost) Probe(ctx context.Context) error {
	return channelFault(s.client.Probe(ctx, s.senders...))
}

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
