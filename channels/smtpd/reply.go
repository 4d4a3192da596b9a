package smtpd

import (
	"errors"

	"github.com/emersion/go-smtp"

	"switchboard/desk"
)

// Replies (RFC 5321 section 4.2.3) with their enhanced codes (RFC 3463). Their
// texts are fixed: what went wrong inside is for the log, not for the sender.
var (
	errUnknownRecipient = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such address here"}
	errTooLarge         = &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: "Message exceeds the size limit"}
	errBareLineEnd      = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "Bare <CR> or <LF> in the message (RFC 5321 section 2.3.8)"}
	errLoop             = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 4, 6}, Message: "Too many hops, mail loop"}
	errContent          = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "Message cannot be taken"}
	errDenied           = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Not allowed"}
	errInternal         = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Temporary failure, try again later"}
	errBusy             = &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "Too much mail at once, try again later"}
	errShutdown         = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Shutting down, try again later"}
)

// kindReplies is the one table from a journal's error to an answer. What is not
// in it is temporary: a fault of ours must never make a sender give up its mail.
var kindReplies = map[desk.Kind]*smtp.SMTPError{
	desk.KindInvalid: errContent,
	desk.KindDenied:  errDenied,
}

// reply turns any error into an answer; the library would make a plain one a
// permanent 554 that shows its text.
func reply(err error) error {
	var known *smtp.SMTPError
	if errors.As(err, &known) {
		return known
	}
	if r, ok := kindReplies[desk.KindOf(err)]; ok {
		return r
	}
	return errInternal
}
