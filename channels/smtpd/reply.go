package smtpd

import (
	"errors"
	"strings"

	"github.com/emersion/go-smtp"

	"switchboard/desk"
)

// Replies (RFC 5321 section 4.2.3) with their enhanced codes (RFC 3463). Their texts
// are fixed: internal errors go to the log, not to the sender.
var (
	errUnknownRecipient = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such address here"}
	errGuessing         = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "Too many unknown recipients, closing the connection"}
	errTooLarge         = &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: "Message exceeds the size limit"}
	errBareLineEnd      = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "Bare <CR> or <LF> in the message (RFC 5321 section 2.3.8)"}
	errLoop             = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 4, 6}, Message: "Too many hops, possible mail loop"}
	errContent          = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "Message cannot be accepted"}
	errDenied           = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Not allowed"}
	errInternal         = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Temporary failure, try again later"}
	errBusy             = &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "Too much mail at once, try again later"}
	errNoMemory         = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "Busy with other large messages, try again later"}
	errNoStorage        = &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "Not enough storage, try again later"}
	errShutdown         = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Shutting down, try again later"}
)

// Refusal is the reply to a message that a check rejects: 550 5.7.1, or 451 4.7.1 if
// the sender should retry. Text is shown to the sender; it is reduced to one line of
// ASCII.
type Refusal struct {
	Text      string
	Temporary bool
}

func (r *Refusal) Error() string { return r.Text }

// reply returns the SMTP reply to a refused message.
func (r *Refusal) reply() *smtp.SMTPError {
	text := printableLine(r.Text)
	if r.Temporary {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: text}
	}
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: text}
}

// printableLine reduces a text to one line of printable ASCII.
func printableLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return '?'
		}
		return r
	}, s[:min(len(s), 200)])
}

// kindReplies maps kinds of journal errors to replies. All other kinds are temporary
// failures: an internal error must never make a sender give up.
var kindReplies = map[desk.Kind]*smtp.SMTPError{
	desk.KindInvalid: errContent,
	desk.KindDenied:  errDenied,
}

// reply returns the reply to an error. The library would turn an unknown error into a
// permanent 554 with the error's text.
func reply(err error) error {
	var known *smtp.SMTPError
	if errors.As(err, &known) {
		return known
	}
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal.reply()
	}
	var full interface{ NoStorage() bool }
	if errors.As(err, &full) && full.NoStorage() {
		return errNoStorage
	}
	if r, ok := kindReplies[desk.KindOf(err)]; ok {
		return r
	}
	return errInternal
}
