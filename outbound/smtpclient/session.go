package smtpclient

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"switchboard/desk"
	"switchboard/outbound/smtpreply"
)

// connState is the state of a connection after an attempt.
type connState int

const (
	broken   connState = iota // close it
	reusable                  // ready for the next message
	stale                     // it was closed before any part of this message was accepted
)

// session is one connection to the smarthost, ready for MAIL.
type session struct {
	client     *smtp.Client
	conn       *deadlineConn
	pipe       *pipeline // what client uses
	pipelining bool
	cfg        *Config
	server     smtpreply.Server
	accepted   int    // messages accepted on this connection
	answer     string // to the last of them, "2.0.0 Ok: queued as 4Y2kfD"
	timer      *time.Timer
}

// send runs one mail transaction. The fault is nil if it succeeded or if the
// recipient or the message was refused.
func (s *session) send(ctx context.Context, m Mail) (desk.Result, *smtpreply.Fault, connState) {
	defer context.AfterFunc(ctx, s.abort)()
	phase, err := s.transaction(ctx, m)
	if err == nil {
		s.accepted++
		return desk.Result{State: desk.DeliverySent, Code: 250, Detail: cmp.Or(s.answer, "accepted")}, nil, reusable
	}
	if phase == smtpreply.PhaseMail && s.accepted > 0 && connectionEnded(err) && ctx.Err() == nil {
		return desk.Result{}, nil, stale
	}
	if stopped, ok := errors.AsType[notBegun](err); ok {
		// The server is not at fault. To close the connection is the only way to leave DATA
		// without a message (RFC 5321 §4.1.1.4): before QUIT, go-smtp would send the final dot.
		s.abort()
		return desk.Result{State: desk.DeliveryDelayed, Detail: stopped.Error()}, nil, broken
	}
	r, f := s.server.Interpret(phase, err, m.From)
	return r, f, broken
}

// notBegun is the error of Mail.Begin.
type notBegun struct{ error }

// transaction sends MAIL, RCPT and DATA (RFC 5321 §3.3) and returns the phase it
// got to.
func (s *session) transaction(ctx context.Context, m Mail) (smtpreply.Phase, error) {
	header, _, _ := bytes.Cut(m.Data, []byte("\r\n\r\n"))
	utf8 := !isASCII(m.From) || !isASCII(m.To) || !isASCII(string(header))
	if ok, _ := s.client.Extension("SMTPUTF8"); utf8 && !ok {
		return smtpreply.PhaseRcpt, &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 6, 7}, Message: "the server does not support internationalized addresses (RFC 6531)"}
	}
	opts := &smtp.MailOptions{Size: int64(len(m.Data)), UTF8: utf8, Return: smtp.DSNReturnHeaders, EnvelopeID: m.EnvelopeID}
	if s.pipelining {
		s.pipe.hold()
		defer s.pipe.drop()
	}
	if err := s.client.Mail(m.From, opts); err != nil {
		return smtpreply.PhaseMail, err
	}
	rcpt := &smtp.RcptOptions{}
	if m.From != "" { // no reports are sent to the null reverse-path
		rcpt.Notify = []smtp.DSNNotify{smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed}
		// A report names it even if the mail was forwarded (RFC 3461 §4.2).
		rcpt.OriginalRecipient, rcpt.OriginalRecipientType = m.To, smtp.DSNAddressTypeRFC822
		if !isASCII(m.To) {
			rcpt.OriginalRecipientType = smtp.DSNAddressTypeUTF8 // RFC 6533 §3
		}
	}
	if err := s.client.Rcpt(m.To, rcpt); err != nil {
		return smtpreply.PhaseRcpt, err
	}
	s.pipe.send()
	w, err := s.client.Data()
	if err != nil {
		return s.unanswered(err)
	}
	if m.Begin != nil {
		if m.Data, err = m.Begin(ctx); err != nil {
			return smtpreply.PhaseData, notBegun{err}
		}
	}
	if _, err := w.Write(m.Data); err != nil {
		return smtpreply.PhaseBody, err
	}
	s.conn.setReadTimeout(s.cfg.Answer)
	defer s.conn.setReadTimeout(s.cfg.Timeout)
	done, err := w.CloseWithResponse()
	if err == nil {
		s.answer = smtpreply.Excerpt(done.StatusText)
	} else if s.conn.writeFailed() {
		// The final dot was not sent completely, so the server cannot have accepted
		// the message.
		return smtpreply.PhaseBody, err
	}
	return smtpreply.PhaseDot, err
}

// unanswered returns which command of those before the content failed, and why.
func (s *session) unanswered(err error) (smtpreply.Phase, error) {
	if !s.pipelining {
		return smtpreply.PhaseData, err
	}
	if s.pipe.entered {
		// The server waits for the content of a message without recipients (RFC 2920 §3.1),
		// and takes QUIT for it.
		s.abort()
	}
	phase := []smtpreply.Phase{smtpreply.PhaseMail, smtpreply.PhaseRcpt, smtpreply.PhaseData}[s.pipe.replies]
	return phase, cmp.Or(s.pipe.refused, err)
}

// abort closes the connection without QUIT; it never blocks.
func (s *session) abort() { s.conn.Close() }

// quit ends the session with QUIT, within a few seconds.
func (s *session) quit() {
	s.conn.setTimeout(5 * time.Second)
	_ = s.client.Quit() // the connection is closed either way
	s.abort()
}

// connectionEnded reports that the server had closed an idle connection.
func connectionEnded(err error) bool {
	reply, ok := errors.AsType[*smtp.SMTPError](err)
	return !ok || reply.Code == 421
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) }
