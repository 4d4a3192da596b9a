package mailer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"switchboard/desk"
)

// envelope is a mail on its way to one recipient.
type envelope struct {
	from string // reverse-path; "" is the null path
	to   string // forward-path
	id   string // RFC 3461 ENVID
	data []byte
}

// usable says what a connection is good for after an attempt.
type usable int

const (
	broken   usable = iota // let it go
	reusable               // the next mail may use it
	stale                  // it was dead before anything of this mail was accepted
)

// session is one connection to the smarthost, ready for MAIL.
type session struct {
	client *smtp.Client
	wire   *wire
	cfg    *Config
	sent   int // mails accepted on it
	timer  *time.Timer
}

// send makes one mail transaction. The fault is ours or the smarthost's, not the
// recipient's; nil if there is none.
func (s *session) send(ctx context.Context, e envelope) (desk.Result, *Fault, usable) {
	defer context.AfterFunc(ctx, s.abort)()
	p, err := s.transaction(e)
	if err == nil {
		s.sent++
		return desk.Result{State: desk.DeliverySent, Code: 250, Detail: "accepted by " + s.cfg.Addr}, nil, reusable
	}
	if p == phaseMail && s.sent > 0 && goodbye(err) && ctx.Err() == nil {
		return desk.Result{}, nil, stale
	}
	r, f := s.cfg.judge(p, err, e.from)
	return r, f, broken
}

// transaction follows RFC 5321 §3.3 and returns how far it got.
func (s *session) transaction(e envelope) (phase, error) {
	utf8 := !ascii(e.from) || !ascii(e.to) || !ascii(string(headerPart(e.data)))
	if ok, _ := s.client.Extension("SMTPUTF8"); utf8 && !ok {
		return phaseRcpt, &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 6, 7}, Message: "the server takes no internationalized addresses (RFC 6531)"}
	}
	opts := &smtp.MailOptions{Size: int64(len(e.data)), UTF8: utf8, Return: smtp.DSNReturnHeaders, EnvelopeID: e.id}
	if err := s.client.Mail(e.from, opts); err != nil {
		return phaseMail, err
	}
	rcpt := &smtp.RcptOptions{}
	if e.from != "" { // nothing is reported to the null path
		rcpt.Notify = []smtp.DSNNotify{smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed}
	}
	if err := s.client.Rcpt(e.to, rcpt); err != nil {
		return phaseRcpt, err
	}
	w, err := s.client.Data()
	if err != nil {
		return phaseData, err
	}
	if _, err := w.Write(e.data); err != nil {
		return phaseBody, err
	}
	s.wire.patience(s.cfg.Answer)
	defer s.wire.patience(s.cfg.Timeout)
	if _, err = w.CloseWithResponse(); err != nil && s.wire.cut() {
		// The final dot did not leave in full, so the server cannot have taken the mail.
		return phaseBody, err
	}
	return phaseAnswer, err
}

// abort cuts the connection without a word; it never blocks.
func (s *session) abort() { s.wire.Close() }

// quit ends the session politely, in a few seconds at most.
func (s *session) quit() {
	s.wire.limit(5 * time.Second)
	_ = s.client.Quit() // nobody is left who would want to know
	s.abort()
}

// phase is how far an attempt got.
type phase int

const (
	phaseToken phase = iota // of the token server
	phaseConnect
	phaseTLS
	phaseGreeting
	phaseAuth
	phaseMail
	phaseRcpt
	phaseData
	phaseBody
	phaseAnswer // the final dot is on its way
)

var phaseNames = [...]string{"the access token", "connect", "TLS", "greeting", "AUTH", "MAIL", "RCPT", "DATA", "the message", "the final dot"}

// classify turns how an attempt ended into what it means for the delivery.
// RFC 5321 §4.2.1: 4yz may work later, 5yz will not.
func classify(p phase, err error) desk.Result {
	var e *smtp.SMTPError
	if err == nil {
		return desk.Result{State: desk.DeliverySent, Code: 250}
	}
	if !errors.As(err, &e) {
		r := desk.Result{State: desk.DeliveryDelayed, Detail: "at " + phaseNames[p] + ": " + excerpt(err.Error())}
		if p == phaseAnswer {
			r.State = desk.DeliveryUnknown
			r.Detail = "the connection broke after the mail was sent, before the server answered: " + excerpt(err.Error())
		}
		return r
	}
	r := desk.Result{State: desk.DeliveryDelayed, Code: e.Code, EnhancedCode: enhanced(e.EnhancedCode), Detail: excerpt(e.Message)}
	switch {
	case e.Code/100 == 2 && p == phaseAnswer:
		r.State = desk.DeliverySent
	case e.Code/100 == 3 && p == phaseAnswer, e.Code/100 == 1:
		r.State = desk.DeliveryUnknown
	case e.Code/100 != 5:
	case p <= phaseAuth, e.Code == 530, e.Code == 534, e.Code == 535, e.Code == 538:
		// The smarthost does not talk to us: our set-up is at fault, not the
		// recipient. The mail waits until that is put right.
		r.Detail = "at " + phaseNames[p] + ": " + r.Detail
	default:
		r.State = desk.DeliveryFailed
	}
	return r
}

func enhanced(c smtp.EnhancedCode) string {
	if c[0] < 2 || c[0] > 5 {
		return "" // none was given
	}
	return fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2])
}

// goodbye reports that the server has ended an idle connection.
func goodbye(err error) bool {
	var e *smtp.SMTPError
	return !errors.As(err, &e) || e.Code == 421
}

// excerpt is one line of a peer's text, short enough for a person.
func excerpt(s string) string {
	s = oneLine(s)
	if len(s) > 400 {
		s = strings.ToValidUTF8(s[:400], "") + "..."
	}
	return s
}

func headerPart(data []byte) []byte {
	head, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	return head
}

func ascii(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) }
