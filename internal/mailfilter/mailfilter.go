// Package mailfilter asks content filters about a mail, over their own protocols:
// rspamd by HTTP, ClamAV's clamd by INSTREAM. It decides nothing; an error means
// that nobody has looked.
package mailfilter

import (
	"errors"
	"net/netip"
	"time"
)

// timeout is for one filter's answer on one mail: its sender waits.
const timeout = 20 * time.Second

// pingTimeout is for a filter that has nothing to look at.
const pingTimeout = 5 * time.Second

// ErrOther means that something answers a Ping, and that it is no such filter.
var ErrOther = errors.New("something else answers")

// Mail is what a filter is shown.
type Mail struct {
	ClientIP netip.Addr // the zero value: not known
	Helo     string     // as the client wrote it
	From     string     // reverse-path without angle brackets; "" is the null path
	To       []string   // forward-paths without angle brackets
	Content  []byte
}
