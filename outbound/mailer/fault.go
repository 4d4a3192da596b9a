package mailer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"

	"switchboard/desk"
	"switchboard/internal/netfault"
	"switchboard/internal/oauth"
)

// Fault is what a person has to mend before mail can be sent: it is no
// recipient's.
type Fault struct {
	What         string // what happened, a sentence without its full stop
	Err          error  // as the libraries tell it
	Advice       string
	Unauthorised bool // the smarthost refuses our credentials
	Sender       bool // it refuses the sender's address, perhaps not every one of ours
}

func (f *Fault) Error() string { return f.What }

func (f *Fault) Unwrap() error { return f.Err }

// judge says what the end of an attempt means for the delivery, and what there is
// to mend; nil if that is nothing.
func (c *Config) judge(p phase, err error, from string) (desk.Result, *Fault) {
	r := classify(p, err)
	f := c.fault(p, err, from)
	if f == nil {
		return r, nil
	}
	if !f.Sender && r.State == desk.DeliveryFailed {
		r.State = desk.DeliveryDelayed // it waits until that is put right
	}
	if r.State != desk.DeliveryUnknown {
		r.Detail = excerpt(f.What)
	}
	return r, f
}

// fault is nil when the recipient or the mail itself was refused.
func (c *Config) fault(p phase, err error, from string) *Fault {
	f := &Fault{}
	refused, answered := errors.AsType[*smtp.SMTPError](err)
	switch {
	case answered && p == phaseTLS:
		f.What, f.Advice = fmt.Sprintf("%s refuses STARTTLS: %s", c.Addr, said(refused)), "Set smarthost.tls to implicit and use port 465."
	case answered && p == phaseGreeting:
		f.What = fmt.Sprintf("%s turns us away: %s", c.Addr, said(refused))
		f.Advice = "Ask its administrator why; it may want another name in EHLO (mail.domain), or not know this machine's address. This is tried again by itself."
	case answered && p == phaseAuth:
		c.login(f, err, refused)
	case answered:
		return c.transaction(p, refused, from, err)
	case p == phaseAnswer:
		return nil // nobody knows
	default:
		c.unanswered(f, p, err)
	}
	if f.What == "" {
		f.What, f.Advice = netfault.Explain(c.Addr, err)
	}
	if f.What == "" {
		f.What, f.Advice = fmt.Sprintf("%s breaks off at %s: %s", c.Addr, phaseNames[p], excerpt(err.Error())), "Look into the smarthost's log. This is tried again by itself."
	}
	f.Err = fmt.Errorf("%s: %s: %w", c.Addr, phaseNames[p], err)
	return f
}

// unanswered is for what is no SMTP reply.
func (c *Config) unanswered(f *Fault, p phase, err error) {
	if token, ok := errors.AsType[*oauth.Error](err); ok {
		f.What, f.Advice, f.Unauthorised = token.Error(), token.Advice, token.Refused
		return
	}
	record, inClear := errors.AsType[tls.RecordHeaderError](err)
	_, garbled := errors.AsType[textproto.ProtocolError](err)
	what, _ := netfault.Explain(c.Addr, err)
	switch {
	case errors.Is(err, errNoPasswords):
		f.What, f.Unauthorised = c.Addr+" takes no password on this connection: "+errNoPasswords.Error(), true
		f.Advice = "Set smarthost.tls to starttls or implicit; if it is, use the port for submission (587, 465), or auth = oauth2."
	case errors.Is(err, errNoTokens):
		f.What, f.Unauthorised = c.Addr+" takes no access token on this connection: "+errNoTokens.Error(), true
		f.Advice = "Set smarthost.tls to starttls or implicit; if it is, the server knows no OAuth 2.0, and auth must be password."
	case inClear && strings.HasPrefix(string(record.RecordHeader[:]), "220"):
		f.What, f.Advice = c.Addr+" does not start with TLS; an SMTP server answers in clear", "Set smarthost.tls to starttls, or use port 465."
	case garbled:
		f.What, f.Advice = c.Addr+" does not speak SMTP", "Check the port of smarthost.addr: 587 with tls = starttls, 465 with implicit."
	case p == phaseTLS && strings.Contains(err.Error(), "STARTTLS"): // the library's own words, which have no type
		f.What, f.Advice = c.Addr+" offers no STARTTLS", "Set smarthost.tls to implicit and use port 465; none is for a relay on this machine alone."
	case p <= phaseGreeting && p != phaseConnect && (errors.Is(err, context.DeadlineExceeded) || strings.HasSuffix(what, " does not answer")):
		f.What = c.Addr + " takes the connection and says nothing"
		f.Advice = "Check the port, and smarthost.tls: a server that expects TLS at once, as on port 465, needs implicit."
	case p <= phaseGreeting && p != phaseConnect && strings.HasSuffix(what, " hung up"):
		f.What = c.Addr + " hangs up without a word"
		f.Advice = "Check smarthost.tls: a server that expects TLS at once, as on port 465, needs implicit. A list of addresses that may connect does this too."
	}
}

// login is for a refused AUTH (RFC 4954 section 6).
func (c *Config) login(f *Fault, err error, refused *smtp.SMTPError) {
	f.What = fmt.Sprintf("%s refuses the login of %q: %s", c.Addr, c.User, said(refused))
	f.Unauthorised = refused.Code/100 == 5
	switch enhanced := enhanced(refused.EnhancedCode); {
	case refused.Code/100 == 4:
		f.What = fmt.Sprintf("%s can log nobody in just now: %s", c.Addr, said(refused))
		f.Advice = "This is tried again by itself."
	case enhanced == "5.7.139", strings.Contains(refused.Message, "SmtpClientAuthentication"):
		f.Advice = "Microsoft 365 has sending with a password switched off. Use smarthost.auth = oauth2, or have SMTP AUTH switched on for the account."
	case errors.Is(err, errTokenRefused):
		f.Advice = fmt.Sprintf("The server refuses even a fresh access token for %q. Check that this is the account that gave the permission, that the scopes cover sending (SMTP.Send), and that SMTP AUTH is switched on for the account.", c.User)
	case enhanced == "5.7.9", refused.Code == 534:
		f.Advice = "The server wants a stronger way to log in: an application password, or smarthost.auth = oauth2."
	default:
		f.Advice = fmt.Sprintf("Check smarthost.user and password; with two-factor login the account %q needs an application password. Answers wait meanwhile.", c.User)
	}
}

// transaction is for a refusal of MAIL, RCPT or the mail itself that says
// something of us and nothing of the recipient.
func (c *Config) transaction(p phase, refused *smtp.SMTPError, from string, err error) *Fault {
	f := &Fault{Err: fmt.Errorf("%s: %s: %w", c.Addr, phaseNames[p], err)}
	text := strings.ToLower(refused.Message)
	switch {
	case refused.Code/100 != 5:
		return nil
	case refused.Code == 530, refused.Code == 534, refused.Code == 535, refused.Code == 538:
		f.What, f.Unauthorised = fmt.Sprintf("%s wants a login before it takes mail: %s", c.Addr, said(refused)), true
		f.Advice = "Set smarthost.user and smarthost.password, and smarthost.tls to starttls or implicit."
	case p == phaseRcpt && relaying(refused):
		f.What = fmt.Sprintf("%s does not pass mail on for us: %s", c.Addr, said(refused))
		f.Advice = "Set smarthost.user and smarthost.password, or have this machine's address allowed there. Answers wait meanwhile."
	case refusesSender(p, refused, text, from):
		f.What, f.Sender = fmt.Sprintf("%s does not let us send as %s: %s", c.Addr, from, said(refused)), true
		f.Advice = fmt.Sprintf("Have the account %q given the right to send as that address and as its subaddresses (+...), or take it out of mail.addresses.", c.User)
		if c.User == "" {
			f.Advice = "Have that address allowed there, or take it out of mail.addresses."
		}
	default:
		return nil
	}
	return f
}

// relaying goes by the word, for which there is no code of its own. An address may
// hold it, and what is wrong with the recipient's address (RFC 3463's 5.1.z) may be
// told with it: Postfix has a table of relay recipients.
func relaying(refused *smtp.SMTPError) bool {
	if strings.HasPrefix(enhanced(refused.EnhancedCode), "5.1.") {
		return false
	}
	return slices.ContainsFunc(strings.Fields(strings.ToLower(refused.Message)), func(word string) bool {
		return strings.Contains(word, "relay") && !strings.Contains(word, "@")
	})
}

// refusesSender goes by the command, by RFC 3463's codes for the sender's address
// (5.1.7, 5.1.8), by Exchange's (5.7.60), and by the words: some servers refuse
// the sender only when they are told a recipient.
func refusesSender(p phase, refused *smtp.SMTPError, text, from string) bool {
	switch enhanced(refused.EnhancedCode) {
	case "5.1.7", "5.1.8", "5.7.60":
		return true
	case "5.3.4", "5.2.3": // the size, which MAIL announces
		return false
	}
	address := strings.ToLower(from)
	return p == phaseMail && refused.Code != 552 || from != "" && p == phaseRcpt && strings.Contains(text, address) && strings.Contains(text, "sender")
}

// said is the server's answer, in its words.
func said(e *smtp.SMTPError) string {
	code := fmt.Sprint(e.Code)
	if e := enhanced(e.EnhancedCode); e != "" {
		code += " " + e
	}
	return strings.TrimSpace(code + " " + excerpt(e.Message))
}
