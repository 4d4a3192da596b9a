// Package smtpreply interprets how an attempt to submit a message over SMTP
// ended: what it means for the delivery, and whether an operator has to fix
// something.
package smtpreply

import "errors"

// Phase is how far an attempt got when it ended.
type Phase int

// The phases, in the order of a session and of RFC 5321 §3.3.
const (
	PhaseToken Phase = iota // requesting an access token
	PhaseConnect
	PhaseTLS
	PhaseGreeting // the server's greeting, or its reply to EHLO
	PhaseAuth
	PhaseMail
	PhaseRcpt
	PhaseData
	PhaseBody // sending the message
	PhaseDot  // waiting for the reply to the final dot
)

var phaseNames = [...]string{"the access token", "connect", "TLS", "the greeting", "AUTH", "MAIL", "RCPT", "DATA", "the message", "the final dot"}

// String returns a phase's name for error messages.
func (p Phase) String() string { return phaseNames[p] }

// Login failures that are not SMTP replies. ErrTokenRefused wraps one that is.
var (
	ErrNoPasswordMechanism = errors.New("the server offers neither AUTH PLAIN nor AUTH LOGIN")
	ErrNoTokenMechanism    = errors.New("the server offers neither AUTH OAUTHBEARER nor AUTH XOAUTH2")
	ErrTokenRefused        = errors.New("the access token was refused")
)
