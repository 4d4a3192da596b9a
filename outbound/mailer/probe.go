package mailer

import (
	"context"

	"github.com/emersion/go-smtp"

	"switchboard/internal/imf"
)

// askedAtOnce is of how many senders one connection is asked. Each ends with RSET,
// after which the library greets anew, and Exim hangs up after ten commands that
// belong to no mail.
const askedAtOnce = 4

// Probe connects and logs in as for a mail, and asks whether it may send as each
// of senders; it sends nothing. An error is a *Fault.
func (m *Mailer) Probe(ctx context.Context, senders ...string) error {
	for {
		n := min(len(senders), askedAtOnce)
		if err := m.ask(ctx, senders[:n]); err != nil {
			return err
		}
		if senders = senders[n:]; len(senders) == 0 {
			return nil
		}
	}
}

func (m *Mailer) ask(ctx context.Context, senders []string) error {
	s, p, err := m.connect(ctx)
	if err != nil {
		return m.cfg.fault(p, err, "")
	}
	defer s.abort()
	defer context.AfterFunc(ctx, s.abort)()
	for _, from := range senders {
		if err := s.may(asciiDomain(from)); err != nil {
			return err
		}
	}
	s.quit()
	return nil
}

// may begins a mail from one of our addresses to itself and gives it up. What is
// refused about the recipient does not matter here.
func (s *session) may(from string) error {
	if !imf.ValidAddr(from) || !ascii(from) {
		return nil
	}
	p, err := phaseMail, s.client.Mail(from, &smtp.MailOptions{})
	if err == nil {
		p, err = phaseRcpt, s.client.Rcpt(from, nil)
	}
	if err != nil {
		if f := s.cfg.fault(p, err, from); f != nil {
			return f
		}
	}
	if err := s.client.Reset(); err != nil {
		if f := s.cfg.fault(phaseMail, err, ""); f != nil {
			return f
		}
	}
	return nil
}
