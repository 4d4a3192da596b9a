package smtpreply

import (
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

// Fault is a problem with the smarthost or its configuration. An operator has to
// fix it before mail can be sent; it does not concern a single recipient.
type Fault struct {
	What         string // what happened, one sentence without a full stop
	Err          error  // the underlying error
	Advice       string // what to do, in sentences
	Unauthorised bool   // the server rejected our credentials
	Sender       bool   // the server rejected the sender's address; other senders may be accepted
}

func (f *Fault) Error() string { return f.What }

func (f *Fault) Unwrap() error { return f.Err }

// Server identifies the smarthost in messages.
type Server struct {
	Addr string // host:port
	User string // the account that logs in; empty: no login
	// Exchanger: it is not a smarthost but a server of the recipient's domain. What it refuses
	// is about this message; there is nothing that an operator could set up there.
	Exchanger bool
}

// Interpret returns the delivery result of an attempt that ended with err in
// phase p, and the fault behind it; nil if the recipient or the message was
// refused or if it is not known what happened. from is the reverse-path.
func (s Server) Interpret(p Phase, err error, from string) (desk.Result, *Fault) {
	r := classify(p, err)
	r.Unreached = p <= PhaseAuth
	f := s.Fault(p, err, from)
	if f == nil {
		return r, nil
	}
	if !f.Sender && r.State == desk.DeliveryFailed {
		r.State = desk.DeliveryDelayed // keep the message until the fault is fixed
	}
	if r.State != desk.DeliveryUnknown {
		r.Detail = Excerpt(f.What)
	}
	return r, f
}

// Fault returns the fault behind err, see Interpret.
func (s Server) Fault(p Phase, err error, from string) *Fault {
	f := &Fault{}
	reply, replied := errors.AsType[*smtp.SMTPError](err)
	switch {
	case replied && p == PhaseTLS:
		f.What, f.Advice = fmt.Sprintf("%s rejected STARTTLS: %s", s.Addr, quote(reply)), "Set smarthost.tls to implicit and use port 465."
	case replied && p == PhaseGreeting:
		f.What = fmt.Sprintf("%s refused the connection: %s", s.Addr, quote(reply))
		f.Advice = "Ask its administrator why. It may require a different EHLO name (mail.domain) or not accept connections from this machine's address. " + retried
	case replied && p == PhaseAuth:
		s.loginFault(f, err, reply)
	case replied && s.Exchanger:
		return nil
	case replied:
		return s.transactionFault(p, err, reply, from)
	case p == PhaseDot:
		return nil // the result is unknown
	default:
		s.connectionFault(f, p, err)
	}
	if f.What == "" {
		f.What, f.Advice = netfault.Explain(s.Addr, err)
	}
	if f.What == "" {
		f.What, f.Advice = fmt.Sprintf("%s failed at %s: %s", s.Addr, p, Excerpt(err.Error())), "Check the smarthost's log. "+retried
	}
	f.Err = fmt.Errorf("%s: %s: %w", s.Addr, p, err)
	return f
}

const retried = "Sending is retried automatically."

// connectionFault explains errors that are not SMTP replies; What stays empty for
// those that netfault explains.
func (s Server) connectionFault(f *Fault, p Phase, err error) {
	if token, ok := errors.AsType[*oauth.Error](err); ok {
		f.What, f.Advice, f.Unauthorised = token.Error(), token.Advice, token.Refused
		return
	}
	record, unencrypted := errors.AsType[tls.RecordHeaderError](err)
	_, garbled := errors.AsType[textproto.ProtocolError](err)
	connected := p > PhaseConnect && p <= PhaseGreeting
	switch {
	case errors.Is(err, ErrNoPasswordMechanism):
		f.What, f.Unauthorised = s.Addr+" does not accept a password on this connection: "+ErrNoPasswordMechanism.Error(), true
		f.Advice = "Set smarthost.tls to starttls or implicit. If it already is, use a submission port (587 or 465) or auth = oauth2."
	case errors.Is(err, ErrNoTokenMechanism):
		f.What, f.Unauthorised = s.Addr+" does not accept an access token on this connection: "+ErrNoTokenMechanism.Error(), true
		f.Advice = "Set smarthost.tls to starttls or implicit. If it already is, the server does not support OAuth 2.0: set auth to password."
	case unencrypted && strings.HasPrefix(string(record.RecordHeader[:]), "220"):
		f.What, f.Advice = s.Addr+" does not start with TLS: an unencrypted SMTP server answered", "Set smarthost.tls to starttls, or use port 465."
	case garbled:
		f.What, f.Advice = s.Addr+" does not speak SMTP", "Check the port in smarthost.addr: 587 with tls = starttls, 465 with tls = implicit."
	case p == PhaseTLS && strings.Contains(err.Error(), "STARTTLS"): // go-smtp has no error type for this
		f.What, f.Advice = s.Addr+" does not offer STARTTLS", "Set smarthost.tls to implicit and use port 465. Use none only for a relay on this machine."
	case connected && netfault.TimedOut(err):
		f.What = s.Addr + " accepted the connection but sent nothing"
		f.Advice = "Check the port and smarthost.tls: a server that expects TLS from the start, as on port 465, needs implicit."
	case connected && netfault.Closed(err):
		f.What = s.Addr + " closed the connection without a reply"
		f.Advice = "Check smarthost.tls: a server that expects TLS from the start, as on port 465, needs implicit. A server that restricts client addresses does this too."
	}
}

// loginFault explains a rejected AUTH (RFC 4954 section 6).
func (s Server) loginFault(f *Fault, err error, reply *smtp.SMTPError) {
	f.What = fmt.Sprintf("%s rejected the login of %q: %s", s.Addr, s.User, quote(reply))
	f.Unauthorised = reply.Code/100 == 5
	switch enhanced := enhancedCode(reply); {
	case reply.Code/100 == 4:
		f.What = fmt.Sprintf("%s cannot process logins right now: %s", s.Addr, quote(reply))
		f.Advice = retried
	case enhanced == "5.7.139", strings.Contains(reply.Message, "SmtpClientAuthentication"):
		f.Advice = "Microsoft 365 has password login for sending disabled. Use smarthost.auth = oauth2, or have SMTP AUTH enabled for the account."
	case errors.Is(err, ErrTokenRefused):
		f.Advice = fmt.Sprintf("The server rejects even a new access token for %q. Check that this account granted the permission, that the scopes include sending (SMTP.Send), and that SMTP AUTH is enabled for the account.", s.User)
	case enhanced == "5.7.9", reply.Code == 534:
		f.Advice = "The server requires a stronger login method: an application password, or smarthost.auth = oauth2."
	default:
		f.Advice = fmt.Sprintf("Check smarthost.user and smarthost.password. With two-factor authentication the account %q needs an application password. Replies stay queued meanwhile.", s.User)
	}
}

// transactionFault explains a 5yz reply to MAIL, RCPT or the message that rejects
// the gateway or its sender address; nil if it rejects the recipient or the
// message.
func (s Server) transactionFault(p Phase, err error, reply *smtp.SMTPError, from string) *Fault {
	f := &Fault{Err: fmt.Errorf("%s: %s: %w", s.Addr, p, err)}
	switch {
	case reply.Code/100 != 5:
		return nil
	case requiresLogin(reply):
		f.What, f.Unauthorised = fmt.Sprintf("%s requires a login before it accepts mail: %s", s.Addr, quote(reply)), true
		f.Advice = "Set smarthost.user and smarthost.password, and smarthost.tls to starttls or implicit."
	case p == PhaseRcpt && refusesRelay(reply):
		f.What = fmt.Sprintf("%s does not relay mail from this gateway: %s", s.Addr, quote(reply))
		f.Advice = "Set smarthost.user and smarthost.password, or have this machine's address allowed there. Replies stay queued meanwhile."
	case refusesSender(p, reply, from):
		f.What, f.Sender = fmt.Sprintf("%s does not allow sending as %s: %s", s.Addr, from, quote(reply)), true
		f.Advice = fmt.Sprintf("Give the account %q the right to send as that address and its subaddresses (+...), or remove it from mail.addresses.", s.User)
		if s.User == "" {
			f.Advice = "Have that address allowed there, or remove it from mail.addresses."
		}
	default:
		return nil
	}
	return f
}

// refusesRelay looks for the word "relay", as there is no reply code for it. Words
// with an "@" are skipped because an address may contain it. So are replies about
// the recipient's address (RFC 3463's 5.1.z): Postfix mentions its "relay
// recipient table" when it rejects an unknown user.
func refusesRelay(reply *smtp.SMTPError) bool {
	if strings.HasPrefix(enhancedCode(reply), "5.1.") {
		return false
	}
	return slices.ContainsFunc(strings.Fields(strings.ToLower(reply.Message)), func(word string) bool {
		return strings.Contains(word, "relay") && !strings.Contains(word, "@")
	})
}

// refusesSender reports a rejected sender address: by RFC 3463's codes (5.1.7,
// 5.1.8) or Exchange's (5.7.60), because MAIL was rejected, or by the text of a
// reply to RCPT, as some servers check the sender only then.
func refusesSender(p Phase, reply *smtp.SMTPError, from string) bool {
	switch enhancedCode(reply) {
	case "5.1.7", "5.1.8", "5.7.60":
		return true
	case "5.3.4", "5.2.3": // message too large: MAIL announces the size
		return false
	}
	if p == PhaseMail {
		return reply.Code != 552
	}
	text := strings.ToLower(reply.Message)
	return p == PhaseRcpt && from != "" && strings.Contains(text, strings.ToLower(from)) && strings.Contains(text, "sender")
}
