package gateway

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"switchboard/channels"
	"switchboard/desk"
	"switchboard/internal/oauth"
	"switchboard/outbound/mailer"
)

// Smarthost takes the mail we send; an empty address keeps replies queued.
type Smarthost struct {
	Addr         string `koanf:"addr"` // host:port; the provider's if empty
	User         string `koanf:"user"`
	Password     string `koanf:"password"`
	PasswordFile string `koanf:"password_file"` // holds Password
	TLS          string `koanf:"tls"`           // implicit, starttls, none

	OAuth `koanf:",squash"`
}

// complete fills in what the provider says, and reads the files of secrets.
func (s *Smarthost) complete() (problems []Problem) {
	const at = "smarthost."
	problems = secretFile(at, "password", s.PasswordFile, &s.Password)
	if s.Provider == providerGoogle {
		s.Addr = cmp.Or(s.Addr, "smtp.gmail.com:587")
	}
	if s.Provider == providerMicrosoft {
		s.Addr = cmp.Or(s.Addr, "smtp.office365.com:587")
	}
	return append(problems, s.OAuth.complete(at, "https://outlook.office.com/SMTP.Send")...)
}

func (v *validator) smarthost(s *Smarthost) {
	const at = "smarthost."
	v.address(at+"addr", s.Addr, false)
	v.oneOf(at+"tls", s.TLS, "implicit", "starttls", "none")
	v.oauth(at, s.OAuth)
	if s.Auth == authOAuth2 && s.User == "" {
		v.add(at+"user", "name the account that sends")
	}
}

// smarthostTLS maps the words of the configuration, which are the mailboxes' too.
var smarthostTLS = map[string]mailer.TLSMode{"implicit": mailer.TLSImplicit, "starttls": mailer.TLSStart, "none": mailer.TLSNone}

// smarthostName names the way out among the entrances, and its kept token.
const smarthostName = "smarthost"

// mailer makes the sender of mail; what it learns of the smarthost goes to report.
func (g *Gateway) mailer(reply func(base string, c desk.ConversationID, recipient string) string, keeper oauth.Keeper, archive mailer.Archive, report func(*mailer.Fault)) (*mailer.Mailer, error) {
	c := &g.cfg.Smarthost
	cfg := mailer.Config{Addr: c.Addr, User: c.User, Password: c.Password, TLS: smarthostTLS[c.TLS], Hostname: g.domain(),
		ReplyAddress: reply, Report: report, Log: g.log}
	if c.Auth == authOAuth2 {
		cfg.Tokens = oauth.New(c.source(smarthostName), keeper, g.log.With("channel", smarthostName))
	}
	return mailer.New(cfg, archive)
}

// exit learns how the smarthost is from looking at it and from the mail it takes:
// mail that cannot leave is seen before anybody asks where his answer is.
type exit struct {
	mailer  *mailer.Mailer
	senders []string
	sent    func() // a mail was taken by the smarthost

	mu      sync.Mutex
	sink    channels.Sink // nil before the watch runs
	refused error         // an address of ours, and no mail taken since
}

// exitEvery is how often a smarthost is looked at that works, beside the mail.
const exitEvery = 10 * time.Minute

// look asks the smarthost. That it would take mail does not yet mean that it takes
// what it refused for its sender.
func (e *exit) look(ctx context.Context, sink channels.Sink) (hint, fault error) {
	e.mu.Lock()
	e.sink = sink
	refused := e.refused
	e.mu.Unlock()
	if err := e.mailer.Probe(ctx, e.senders...); err != nil {
		return nil, exitFault(err)
	}
	return nil, refused
}

// report is told how each attempt to send went.
func (e *exit) report(f *mailer.Fault) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case f == nil:
		e.refused = nil
		e.sent()
		if e.sink != nil {
			channels.Healthy(e.sink)
		}
		return
	case f.Sender:
		e.refused = exitFault(f)
	}
	if e.sink != nil {
		channels.Failing(e.sink, exitFault(f))
	}
}

func exitFault(err error) error {
	f, ok := errors.AsType[*mailer.Fault](err)
	if !ok {
		return err
	}
	return &channels.Fault{What: f.What, Err: f.Err, Advice: f.Advice, Unauthorised: f.Unauthorised}
}
