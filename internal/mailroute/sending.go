package mailroute

import (
	"context"
	"log/slog"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/internal/egress"
	"switchboard/internal/mailaccount"
	"switchboard/internal/mailauth"
	"switchboard/internal/oauth"
	"switchboard/outbound/direct"
	"switchboard/outbound/mailer"
	"switchboard/outbound/mtasts"
	"switchboard/outbound/smtpclient"
)

// Options are the parts that sending works with. Only Tokens and Log are needed to check the
// smarthosts.
type Options struct {
	Tokens   oauth.Keeper
	Policies mtasts.Keeper // of MTA-STS
	Sign     mailer.Sign   // may be nil
	Sent     func(channel string)
	Log      *slog.Logger
}

// Sending submits mail to the smarthost of its sender, or to the recipient's mail exchangers.
type Sending struct {
	Smarthosts []*mailaccount.Smarthost

	routes  map[string]string
	by      map[string]mailer.Submitter // by destination; "" is the recipient's domain
	sign    mailer.Sign
	closers []func()
}

// Open returns what mail leaves through; nothing is connected yet.
func Open(cfg *config.Config, opt Options) (*Sending, error) {
	if opt.Sent == nil {
		opt.Sent = func(string) {}
	}
	s := &Sending{routes: Routes(cfg), by: map[string]mailer.Submitter{}, sign: opt.Sign}
	if cfg.Smarthost.Addr != "" {
		if err := s.add(cfg, "", &cfg.Smarthost, opt); err != nil {
			return nil, err
		}
	}
	for i := range cfg.Smarthosts {
		if err := s.add(cfg, cfg.Smarthosts[i].Name, &cfg.Smarthosts[i].Smarthost, opt); err != nil {
			return nil, err
		}
	}
	if cfg.Delivery.Direct {
		sender := exchangers(cfg, opt)
		s.by[""] = sender
		s.closers = append(s.closers, sender.Close)
	}
	return s, nil
}

// channelName is a smarthost's name in the list of channels.
func channelName(name string) string {
	if name == "" {
		return mailaccount.SmarthostName
	}
	return mailaccount.SmarthostName + " " + name
}

func (s *Sending) add(cfg *config.Config, name string, c *config.Smarthost, opt Options) error {
	channel, to := channelName(name), destination(name)
	h, err := mailaccount.OpenSmarthost(c, mailaccount.SmarthostOptions{Name: channel, Hostname: cfg.Mail.Hostname(), Senders: senders(cfg, to),
		Tokens: opt.Tokens, Sent: func() { opt.Sent(channel) }, Log: opt.Log})
	if err != nil {
		return err
	}
	s.Smarthosts, s.by[to], s.closers = append(s.Smarthosts, h), h, append(s.closers, h.Close)
	return nil
}

// maxPolicy is the largest MTA-STS policy that is read (RFC 8461 §3.3).
const maxPolicy = 64 << 10

// exchangers returns the sender to mail exchangers.
func exchangers(cfg *config.Config, opt Options) *direct.Sender {
	d, allow := &cfg.Delivery, config.Networks(cfg.Delivery.AllowNetworks)
	dns := mailauth.NewCache(mailauth.System(cfg.SMTP.DNS))
	to := direct.Options{DNS: dns, Hostname: cfg.Mail.Hostname(), Port: d.Port, RequireTLS: d.TLS == config.TLSRequired,
		Control: egress.Exchangers(allow), Log: opt.Log}
	if d.MTASTS && opt.Policies != nil {
		web := egress.NewStrict(allow, mailauth.NetResolver(cfg.SMTP.DNS))
		to.Policies = mtasts.New(dns, func(ctx context.Context, url string) ([]byte, error) {
			return web.Get(ctx, url, "text/plain", maxPolicy)
		}, opt.Policies, opt.Log)
	}
	return direct.New(to)
}

// Submit implements mailer.Submitter.
func (s *Sending) Submit(ctx context.Context, m smtpclient.Mail) desk.Result {
	by := s.by[routeOf(s.routes, m.Author)]
	if by == nil { // the configuration has changed
		return desk.Result{State: desk.DeliveryDelayed, Detail: "there is no server for mail from " + m.Author}
	}
	return by.Submit(ctx, m)
}

// SubmitAutomatic implements noticemail.Submitter.
func (s *Sending) SubmitAutomatic(ctx context.Context, from, to string, data []byte) desk.Result {
	if s.sign != nil {
		signed, err := s.sign(from, data)
		if err != nil {
			return desk.Result{State: desk.DeliveryDelayed, Detail: err.Error()}
		}
		data = signed
	}
	return s.Submit(ctx, smtpclient.Mail{To: to, Author: from, Data: data})
}

// Close ends idle connections.
func (s *Sending) Close() {
	for _, end := range s.closers {
		end()
	}
}
