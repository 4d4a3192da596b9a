package smtpclient

import (
	"context"

	"github.com/emersion/go-smtp"

	"switchboard/internal/imf"
	"switchboard/outbound/smtpreply"
)

// probesPerConn is how many senders are checked on one connection. Each check
// ends with RSET, after which go-smtp sends EHLO again, and Exim closes the
// connection after ten commands outside a mail transaction.
const probesPerConn = 4

// Probe connects, logs in and checks for each of senders that the server accepts
// it as reverse-path. It sends no message. The error is a *smtpreply.Fault.
func (c *Client) Probe(ctx context.Context, senders ...string) error {
	for {
		n := min(len(senders), probesPerConn)
		if err := c.probe(ctx, senders[:n]); err != nil {
			return err
		}
		if senders = senders[n:]; len(senders) == 0 {
			return nil
		}
	}
}

func (c *Client) probe(ctx context.Context, senders []string) error {
	s, phase, err := c.connect(ctx)
	if err != nil {
		return c.server.Fault(phase, err, "")
	}
	defer s.abort()
	defer context.AfterFunc(ctx, s.abort)()
	for _, from := range senders {
		if f := s.probeSender(imf.ASCIIAddr(from)); f != nil {
			return f
		}
	}
	s.quit()
	return nil
}

// probeSender starts a transaction from an address to itself and resets it. It
// ignores refusals that concern the recipient.
func (s *session) probeSender(from string) *smtpreply.Fault {
	if !imf.ValidAddr(from) || !isASCII(from) {
		return nil
	}
	phase, err := smtpreply.PhaseMail, s.client.Mail(from, &smtp.MailOptions{})
	if err == nil {
		phase, err = smtpreply.PhaseRcpt, s.client.Rcpt(from, nil)
	}
	if err != nil {
		if f := s.server.Fault(phase, err, from); f != nil {
			return f
		}
	}
	if err := s.client.Reset(); err != nil {
		return s.server.Fault(smtpreply.PhaseMail, err, "")
	}
	return nil
}
