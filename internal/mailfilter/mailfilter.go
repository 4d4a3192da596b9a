// Package mailfilter is the client of two content filters: rspamd, over HTTP, and
// ClamAV's clamd, with its INSTREAM command. It only returns their results; an
// error means that the message was not checked.
package mailfilter

import (
	"errors"
	"net/netip"
	"time"
)

// timeout bounds one filter's check of one message, while the client waits for
// the SMTP reply.
const timeout = 20 * time.Second

// pingTimeout bounds a Ping.
const pingTimeout = 5 * time.Second

// ErrWrongServer is returned by Ping if a different kind of server answered.
var ErrWrongServer = errors.New("not the expected filter")

// Mail is the message to check, with its envelope.
type Mail struct {
	ClientIP netip.Addr // zero value: unknown
	Helo     string     // as sent by the client
	From     string     // reverse-path without angle brackets; "" is the null path
	To       []string   // forward-paths without angle brackets
	Content  []byte
}
